// What /metrics shows after a bit of everything has been asked of a real server: the right figures, in a form that
// Prometheus finds no fault with, and nothing that tells who owns what.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/http_talk.h"
#include "tests/support/process.h"
#include "tests/support/promtool.h"

namespace holdfast {
namespace {

using support::Process;
using support::Response;
using support::ServerProcess;
using support::Talk;
using testing::IsEmpty;

/// /metrics, read the way a scraper does.
class Scraped {
 public:
  explicit Scraped(std::string text) : text_(std::move(text)) {
    std::istringstream lines(text_);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("# TYPE ")) families_.insert(line.substr(7, line.find(' ', 7) - 7));
      if (line.starts_with('#')) continue;
      const std::size_t space = line.rfind(' ');
      samples_[line.substr(0, space)] = std::stod(line.substr(space + 1));
    }
  }
  const std::string& text() const { return text_; }
  const std::set<std::string>& families() const { return families_; }
  const std::map<std::string, double>& samples() const { return samples_; }
  double operator[](const std::string& sample) const {
    const auto found = samples_.find(sample);
    if (found != samples_.end()) return found->second;
    ADD_FAILURE() << "there is no " << sample;
    return -1;
  }
  double requests(std::string_view operation, std::string_view outcome) const {
    return (*this)[fmt::format(R"(holdfast_requests_total{{operation="{}",door="http",outcome="{}"}})", operation,
                               outcome)];
  }

 private:
  std::string text_;
  std::set<std::string> families_;
  std::map<std::string, double> samples_;
};

std::string of(const char* owner, std::uint64_t token) {
  return fmt::format(R"({{"owner": "{}", "session": "{}-tab", "token": {}}})", owner, owner, token);
}

/// A server that was asked for a bit of everything; what exactly, the tests below say.
class Metrics : public testing::Test {
 protected:
  Metrics() : server_({.arguments = {"--data", scratch_.path() / "data"}}) {
    Talk talk(server_.port());
    const std::string alice = R"({"owner": "alice-secret", "session": "alice-secret-tab", "ttl_ms": 60000})";
    const std::string bob = R"({"owner": "bob-secret", "session": "bob-secret-tab", "wait_ms": 60000})";
    const std::string carol = R"({"owner": "carol-secret", "session": "c"})";
    const std::uint64_t token = talk.post("/v1/acquire/hidden/job", alice).token();
    talk.post("/v1/acquire/hidden/job", carol);                        // held
    talk.post("/v1/acquire/hidden/job", carol);                        // held, and asked again
    talk.post("/v1/renew/hidden/job", of("alice-secret", token));      // done
    talk.post("/v1/renew/hidden/job", of("alice-secret", 1));          // stale
    talk.post("/v1/check/hidden/job", R"({"token": 1})");              // stale
    talk.post("/v1/acquire/hidden/job", R"({"owner": "x", "a": 1})");  // unknown_field
    talk.post("/v1/acquire/hidden/job%0a", alice);                     // bad_name
    talk.post("/v1/nowhere", "{}");                                    // no operation
    talk.get("/v1/leases?prefix=hidden");
    Talk waiter(server_.port());
    waiter.send(support::request_text("POST", "/v1/acquire/hidden/job", bob));
    while (talk.get("/v1/leases/hidden/job").field("waiting") != "1") {
    }
    waits_ = scrape(talk);
    talk.post("/v1/release/hidden/job", of("alice-secret", token));
    waiter.receive();
    // One that lapses: whoever waits for it is told when it has.
    talk.post("/v1/acquire/hidden/short", R"({"owner": "dora-secret", "ttl_ms": 100})");
    talk.post("/v1/acquire/hidden/short", R"({"owner": "erik-secret", "wait_ms": 20000})");
    talk.post("/api/buffers/acquire", R"({"project": "hidden", "path": "main.c", "user": "frida-secret"})");
    after_ = scrape(talk);
  }
  static std::optional<Scraped> scrape(Talk& talk) { return Scraped(talk.get("/metrics").body); }
  std::string file(const std::string& text) const {
    std::ofstream(scratch_.path() / "metrics") << text;
    return scratch_.path() / "metrics";
  }

  support::ScratchDirectory scratch_;
  ServerProcess server_;
  std::optional<Scraped> waits_, after_;
};

TEST_F(Metrics, please_promtool) {
  Process check = support::promtool("check metrics < " + file(after_->text()));
  EXPECT_EQ(check.wait().exit_status, 0) << check.errors() << check.output();
  EXPECT_EQ(check.errors() + check.output(), "");
}

// Proof that the test above can fail.
TEST_F(Metrics, would_not_please_promtool_if_one_broke_the_conventions) {
  Process check = support::promtool("check metrics < " + file(after_->text() + "# HELP holdfast_total_things Things.\n"
                                                                               "# TYPE holdfast_total_things counter\n"
                                                                               "holdfast_total_things 1\n"));
  EXPECT_NE(check.wait().exit_status, 0);
}

TEST_F(Metrics, count_each_request_once_by_operation_door_and_outcome) {
  const Scraped& after = *after_;
  EXPECT_EQ(after.requests("lease.acquire", "done"), 4);  // Alice, Bob, Dora, Erik.
  EXPECT_EQ(after.requests("lease.acquire", "held"), 2);
  EXPECT_EQ(after.requests("lease.acquire", "unknown_field"), 1);
  EXPECT_EQ(after.requests("lease.acquire", "bad_name"), 1);
  EXPECT_EQ(after.requests("lease.renew", "done"), 1);
  EXPECT_EQ(after.requests("lease.renew", "stale"), 1);
  EXPECT_EQ(after.requests("lease.check", "stale"), 1);
  EXPECT_EQ(after.requests("lease.release", "done"), 1);
  EXPECT_EQ(after.requests("buffer.acquire", "done"), 1);
  EXPECT_EQ(after[R"(holdfast_request_duration_seconds_count{operation="lease.acquire",door="http"})"], 8);
  EXPECT_EQ(after["holdfast_bad_requests_total"], 1);
}

TEST_F(Metrics, tell_what_is_owned_and_what_became_of_it) {
  const Scraped& after = *after_;
  EXPECT_EQ((*waits_)["holdfast_waiters"], 1);
  EXPECT_EQ(after["holdfast_waiters"], 0);
  EXPECT_EQ(after["holdfast_leases"], 3);
  EXPECT_EQ(after["holdfast_grants_total"], 5);
  EXPECT_EQ(after["holdfast_releases_total"], 1);
  EXPECT_EQ(after["holdfast_lapses_total"], 1);
  EXPECT_EQ(after["holdfast_takeovers_total"], 0);
  EXPECT_EQ(after["holdfast_stale_writes_total"], 2);
  EXPECT_EQ(after["holdfast_lapse_lateness_seconds_count"], 1);
  EXPECT_EQ(after["buffer_conflicts_total"], 0);
  EXPECT_EQ(after["buffer_lock_retries_total"], 1);
  EXPECT_EQ(after["buffer_acquisition_duration_seconds_count"], 7);  // Those that were understood.
}

TEST_F(Metrics, tell_how_the_journal_the_connections_and_the_process_stand) {
  const Scraped& after = *after_;
  EXPECT_GT(after["holdfast_journal_commit_seconds_count"], 0);
  EXPECT_EQ(after["holdfast_journal_batch_effects_count"], after["holdfast_journal_commit_seconds_count"]);
  EXPECT_EQ(after["holdfast_journal_batch_effects_sum"],
            9);  // The start, five grants, a release, a lapse, a buffer's number.
  EXPECT_GT(after["holdfast_journal_bytes_total"], 0);
  EXPECT_EQ(after["holdfast_connections"], 2);
  EXPECT_GT(after["holdfast_connections_limit"], 2);
  EXPECT_EQ(after["holdfast_ready"], 1);
  EXPECT_EQ(after["holdfast_injected_faults"], 0);
  EXPECT_EQ(after["holdfast_journal_failed"], 0);
  EXPECT_EQ(after["holdfast_journal_behind"], 0);
  EXPECT_GT(after["process_open_fds"], 5);
  EXPECT_GT(after["process_max_fds"], after["process_open_fds"]);
  EXPECT_GT(after["process_resident_memory_bytes"], 1 << 20);
  const double now = static_cast<double>(std::time(nullptr));
  EXPECT_NEAR(after["process_start_time_seconds"], now, 60);
}

TEST_F(Metrics, never_tell_a_name_or_an_owner) {
  EXPECT_THAT(after_->text(), testing::Not(testing::ContainsRegex("secret|hidden|main\\.c|tab")));
  // What labels may say is a short list, so that no traffic can make more series of it.
  const std::set<std::string> known{"operation", "door", "outcome", "le", "version", "build", "injections"};
  const std::regex label(R"(([a-z_]+)=")");
  for (const auto& [sample, value] : after_->samples()) {
    for (std::sregex_iterator at(sample.begin(), sample.end(), label), end; at != end; ++at) {
      EXPECT_TRUE(known.contains((*at)[1])) << sample;
    }
  }
}

std::string text_of(const char* path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Everything in `text` that looks like one of our metrics.
std::set<std::string> metrics_in(const std::string& text) {
  std::set<std::string> out;
  const std::regex metric(R"(\b(holdfast_|process_|buffer_conflicts|buffer_lock|buffer_acquisition)[a-z_]+)");
  for (std::sregex_iterator at(text.begin(), text.end(), metric), end; at != end; ++at) {
    out.insert(std::regex_replace(at->str(), std::regex("_(bucket|count|sum)$"), ""));
  }
  return out;
}

TEST_F(Metrics, are_all_there_that_the_alerts_and_the_page_for_operators_name) {
  for (const char* path : {"ops/alerts.yml", "ops/alerts_test.yml", "docs/operating.md"}) {
    std::set<std::string> named = metrics_in(text_of(path));
    EXPECT_GT(named.size(), 5U) << path;
    for (const std::string& metric : named) EXPECT_TRUE(after_->families().contains(metric)) << path << ": " << metric;
  }
}

TEST(Alerts, are_rules_that_prometheus_takes) {
  Process check = support::promtool("check rules ops/alerts.yml");
  EXPECT_EQ(check.wait().exit_status, 0) << check.errors() << check.output();
}

TEST(Alerts, fire_when_they_should_each_of_them_and_only_then) {
  Process check = support::promtool("test rules ops/alerts_test.yml");
  EXPECT_EQ(check.wait().exit_status, 0) << check.errors() << check.output();
  const std::string tests = text_of("ops/alerts_test.yml"), rules = text_of("ops/alerts.yml"),
                    page = text_of("docs/operating.md");
  const std::regex alert(R"(- alert: (\w+))");
  int seen = 0;
  for (std::sregex_iterator at(rules.begin(), rules.end(), alert), end; at != end; ++at, ++seen) {
    EXPECT_NE(tests.find("\"" + (*at)[1].str() + "\""), std::string::npos) << (*at)[1] << " is not shown to fire";
    EXPECT_NE(page.find("`" + (*at)[1].str() + "`"), std::string::npos) << (*at)[1] << " is not explained";
  }
  EXPECT_GT(seen, 5);
}

}  // namespace
}  // namespace holdfast
