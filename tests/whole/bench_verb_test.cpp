// `holdfast bench` against real servers: what it says is what the server has counted, and nothing is left held.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <algorithm>
#include <boost/json.hpp>

#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using support::Ended;
using support::Process;
using support::ServerProcess;
using support::Talk;
using testing::HasSubstr;

using Words = std::vector<std::string>;

ServerProcess memory_server() {
  return ServerProcess({.arguments = {"--journal", "memory"}});
}

/// The value of the metric that `line` begins, labels and all.
std::uint64_t metric(const ServerProcess& server, const std::string& line) {
  const std::string text = "\n" + Talk(server.port()).get("/metrics").body;
  const std::size_t at = text.find("\n" + line + " ");
  if (at == std::string::npos) ADD_FAILURE() << "there is no " << line;
  return at == std::string::npos ? 0 : static_cast<std::uint64_t>(std::stod(text.substr(at + line.size() + 2)));
}

std::uint64_t counted(const ServerProcess& server, const std::string& operation, const std::string& outcome) {
  return metric(server,
                "holdfast_requests_total{operation=\"" + operation + "\",door=\"http\",outcome=\"" + outcome + "\"}");
}

/// One run of the verb, over.
struct Bench {
  explicit Bench(std::uint16_t port, const Words& words) : process(all_words(port, words)), ended(process.wait()) {}
  static Words all_words(std::uint16_t port, const Words& words) {
    Words all{HOLDFAST_PROGRAM, "bench", "--server", "http://127.0.0.1:" + std::to_string(port)};
    if (std::ranges::find(words, "--time") == words.end()) all.insert(all.end(), {"--time", "200ms"});
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }
  boost::json::object json() const { return boost::json::parse(process.output()).as_object(); }
  std::uint64_t number(const char* key) const { return json().at(key).to_number<std::uint64_t>(); }
  std::uint64_t of(const char* operation, const char* key) const {
    return json().at("operations").at(operation).at(key).to_number<std::uint64_t>();
  }
  Process process;
  Ended ended;
};

TEST(BenchVerb, says_of_acquire_release_what_the_server_counted_and_releases_the_rest) {
  ServerProcess server = memory_server();
  const Bench bench(server.port(), {"--clients", "8", "--names", "1000", "--json"});
  ASSERT_EQ(bench.ended.exit_status, 0) << bench.process.errors();
  EXPECT_GT(bench.number("requests"), 0U);
  EXPECT_EQ(bench.number("lost"), 0U);
  EXPECT_EQ(bench.of("acquire", "done"), counted(server, "lease.acquire", "done"));
  EXPECT_EQ(bench.of("release", "done") + bench.number("cleaned_up"), counted(server, "lease.release", "done"));
  EXPECT_EQ(metric(server, "holdfast_leases"), 0U);
}

TEST(BenchVerb, counts_refusals_by_their_code_as_the_server_does) {
  ServerProcess server = memory_server();
  const Bench bench(server.port(), {"--clients", "8", "--names", "1", "--json"});
  ASSERT_EQ(bench.ended.exit_status, 0) << bench.process.errors();
  const std::uint64_t refused =
      bench.json().at("operations").at("acquire").at("refused").at("held_by_you").to_number<std::uint64_t>();
  EXPECT_GT(refused, 0U);
  EXPECT_EQ(refused, counted(server, "lease.acquire", "held_by_you"));
  EXPECT_EQ(bench.of("acquire", "requests"), bench.of("acquire", "done") + refused);
}

TEST(BenchVerb, acquires_each_name_once_and_ends_when_there_are_no_more) {
  ServerProcess server = memory_server();
  const Bench bench(server.port(), {"--what", "acquire", "--names", "50", "--time", "1m", "--json"});
  ASSERT_EQ(bench.ended.exit_status, 0) << bench.process.errors();
  EXPECT_EQ(bench.of("acquire", "done"), 50U);
  EXPECT_EQ(bench.number("cleaned_up"), 50U);
  EXPECT_EQ(metric(server, "holdfast_leases"), 0U);
}

TEST(BenchVerb, renews_what_it_acquired_before_and_the_journal_is_not_written) {
  const support::ScratchDirectory scratch;
  ServerProcess server({.arguments = {"--data", (scratch.path() / "data").string()}});
  const Bench bench(server.port(), {"--what", "renew", "--clients", "4", "--json"});
  ASSERT_EQ(bench.ended.exit_status, 0) << bench.process.errors();
  EXPECT_EQ(bench.number("prepared"), 4U);
  EXPECT_GT(bench.of("renew", "done"), 0U);
  EXPECT_EQ(bench.of("renew", "done"), counted(server, "lease.renew", "done"));
  EXPECT_EQ(metric(server, "holdfast_journal_batch_effects_sum"), 9U);  // The start, four grants, four releases.
  EXPECT_EQ(metric(server, "holdfast_leases"), 0U);
}

TEST(BenchVerb, hands_one_name_through_all_who_contend_and_nobody_stays_in_the_queue) {
  ServerProcess server = memory_server();
  const Bench bench(server.port(), {"--what", "contend", "--clients", "50", "--json"});
  ASSERT_EQ(bench.ended.exit_status, 0) << bench.process.errors();
  EXPECT_GT(bench.of("acquire", "done"), 50U);
  EXPECT_EQ(bench.of("acquire", "done"), bench.of("release", "done") + bench.number("cleaned_up"));
  EXPECT_GT(bench.json().at("hand_over").at("p50_us").to_number<double>(), 0);
  EXPECT_EQ(metric(server, "holdfast_waiters"), 0U);
  EXPECT_EQ(metric(server, "holdfast_leases"), 0U);
}

TEST(BenchVerb, keeps_to_the_rate_it_is_given) {
  ServerProcess server = memory_server();
  const Bench bench(server.port(), {"--what", "livez", "--rate", "500", "--json"});
  ASSERT_EQ(bench.ended.exit_status, 0) << bench.process.errors();
  // 200 ms at 500 a second; fewer where this machine stood still, never more.
  EXPECT_GE(bench.number("requests"), 1U);
  EXPECT_LE(bench.number("requests"), 101U);
}

TEST(BenchVerb, prints_a_table_for_people) {
  ServerProcess server = memory_server();
  const Bench bench(server.port(), {});
  EXPECT_EQ(bench.ended.exit_status, 0);
  for (const char* word : {"acquire-release on http://127.0.0.1:", "per second", "p99.9", "together"}) {
    EXPECT_THAT(bench.process.output(), HasSubstr(word));
  }
  EXPECT_EQ(bench.process.errors(), "");  // Progress is for terminals.
}

TEST(BenchVerb, interrupted_it_still_releases_and_reports) {
  ServerProcess server = memory_server();
  Process bench(Bench::all_words(server.port(), {"--what", "acquire", "--names", "4000000", "--time", "1h", "--json"}));
  while (counted(server, "lease.acquire", "done") < 100) {
    ASSERT_TRUE(bench.running()) << bench.errors();
  }
  bench.signal(SIGINT);
  EXPECT_EQ(bench.wait().exit_status, 0) << bench.errors();
  EXPECT_GE(boost::json::parse(bench.output()).at("cleaned_up").to_number<std::uint64_t>(), 100U);
  EXPECT_EQ(metric(server, "holdfast_leases"), 0U);
}

TEST(BenchVerb, says_maybe_done_when_the_server_dies_under_it) {
  ServerProcess server = memory_server();
  Process bench(Bench::all_words(server.port(), {"--time", "1h", "--json"}));
  while (counted(server, "lease.acquire", "done") < 100) {
    ASSERT_TRUE(bench.running()) << bench.errors();
  }
  server.kill();
  EXPECT_EQ(bench.wait().exit_status, 2);
  EXPECT_GT(boost::json::parse(bench.output()).at("lost").to_number<std::uint64_t>(), 0U);
}

TEST(BenchVerb, says_that_nobody_is_there) {
  std::uint16_t port = 0;
  {
    ServerProcess server = memory_server();
    port = server.port();
    server.stop();
  }
  const Bench bench(port, {});
  EXPECT_EQ(bench.ended.exit_status, 69);
  EXPECT_THAT(bench.process.errors(), HasSubstr("127.0.0.1"));
}

TEST(BenchVerb, refuses_what_it_cannot_do) {
  for (const Words& words : {Words{"--what", "everything"}, Words{"--clients", "0"}, Words{"--names", "0"},
                             Words{"--clients", "1000000000"}, Words{"--server", "ftp://x"}}) {
    EXPECT_EQ(Bench(1, words).ended.exit_status, 64) << words[1];
  }
}

}  // namespace
}  // namespace holdfast
