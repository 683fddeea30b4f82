// `holdfast serve` as an operator meets it: what it says, what it refuses, and what it shows to those who watch it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::Process;
using support::Response;
using support::ServerProcess;
using support::Talk;
using testing::AllOf;
using testing::HasSubstr;

constexpr int wrong_usage = 64;

/// What it says when it does not start, with its exit status.
struct Refusal {
  int status;
  std::string words;
};
Refusal refusal_of(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {HOLDFAST_PROGRAM, "serve"});
  Process process(arguments);
  const int status = process.wait().exit_status;
  return {status, process.errors()};
}

class Serve : public testing::Test {
 protected:
  ServerProcess::How here(std::vector<std::string> more = {}) const {
    ServerProcess::How how{.arguments = {"--data", scratch_.path() / "data"}};
    how.arguments.insert(how.arguments.end(), more.begin(), more.end());
    return how;
  }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(scratch_.path() / name) << text;
    return scratch_.path() / name;
  }
  support::ScratchDirectory scratch_;
};

TEST_F(Serve, says_where_it_listens_where_its_data_is_and_what_to_try) {
  ServerProcess server(here());
  EXPECT_THAT(server.process().output(),
              AllOf(HasSubstr(fmt::format("http://127.0.0.1:{}", server.port())),
                    HasSubstr((scratch_.path() / "data").string()), HasSubstr("holdfast run"), HasSubstr("curl")));
  EXPECT_EQ(server.stop().exit_status, 0);
}

TEST_F(Serve, refuses_another_address_than_loopback_unless_told_so) {
  const Refusal refused = refusal_of({"--listen", "0.0.0.0:0", "--journal", "memory"});
  EXPECT_EQ(refused.status, wrong_usage);
  EXPECT_THAT(refused.words, HasSubstr("--insecure"));
}

TEST_F(Serve, injects_nothing_where_others_can_reach_it) {
  const Refusal refused =
      refusal_of({"--listen", "0.0.0.0:0", "--insecure", "--journal", "memory", "--inject", "check-then-act"});
  EXPECT_EQ(refused.status, wrong_usage);
  EXPECT_THAT(refused.words, HasSubstr("loopback"));
}

TEST_F(Serve, names_the_injections_there_are) {
  const Refusal refused = refusal_of({"--journal", "memory", "--inject", "check-and-act"});
  EXPECT_EQ(refused.status, wrong_usage);
  EXPECT_THAT(refused.words,
              AllOf(HasSubstr("check-then-act"), HasSubstr("release-by-name"), HasSubstr("forget-waiter-check")));
}

TEST_F(Serve, names_what_is_wrong_in_its_configuration_and_where) {
  const Refusal unknown = refusal_of({"--config", write("a.toml", "io_threads = 1\nwaiter_max = 3\n")});
  EXPECT_EQ(unknown.status, wrong_usage);
  EXPECT_THAT(unknown.words, AllOf(HasSubstr("waiter_max"), HasSubstr("a.toml")));
  const Refusal bad = refusal_of({"--config", write("b.toml", "io_threads = \"two\"\n")});
  EXPECT_THAT(bad.words, HasSubstr("io_threads"));
  EXPECT_EQ(refusal_of({"--config", "/nowhere/c.toml"}).status, wrong_usage);
}

TEST_F(Serve, says_so_when_its_port_is_taken) {
  ServerProcess server(here());
  const Refusal refused = refusal_of({"--journal", "memory", "--listen", fmt::format("127.0.0.1:{}", server.port())});
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.words, HasSubstr(std::to_string(server.port())));
}

TEST_F(Serve, shows_metrics_that_prometheus_finds_no_fault_with) {
  ServerProcess server(here());
  Talk talk(server.port());
  const std::uint64_t token = talk.post("/v1/acquire/a", R"({"owner": "alice"})").token();
  talk.post("/v1/acquire/a", R"({"owner": "bob"})");
  talk.post("/v1/renew/a", fmt::format(R"({{"owner": "alice", "token": {}}})", token));
  talk.post("/v1/acquire/a%0a", R"({"owner": "alice"})");
  const Response metrics = talk.get("/metrics");
  EXPECT_THAT(metrics.headers.at("content-type"), HasSubstr("text/plain"));
  EXPECT_THAT(metrics.body,
              AllOf(HasSubstr("\nholdfast_leases 1\n"), HasSubstr("\nbuffer_conflicts_total 0\n"),
                    HasSubstr("buffer_lock_retries_total"), HasSubstr("buffer_acquisition_duration_seconds_bucket"),
                    HasSubstr("holdfast_journal_commit_seconds_bucket"), HasSubstr("holdfast_connections ")));
  EXPECT_THAT(metrics.body, testing::Not(HasSubstr("alice"))) << "never a name or an owner";

  const std::string file = write("metrics", metrics.body);
  Process promtool({"sh", "-c", "promtool check metrics < " + file});
  EXPECT_EQ(promtool.wait().exit_status, 0) << promtool.errors() << promtool.output();
  EXPECT_EQ(promtool.errors() + promtool.output(), "");
}

TEST_F(Serve, counts_an_owner_that_asks_again_after_a_refusal) {
  ServerProcess server(here());
  Talk talk(server.port());
  const std::string bob = R"({"project": "p", "path": "f", "user": "bob", "session": "b"})";
  talk.post("/api/buffers/acquire", R"({"project": "p", "path": "f", "user": "alice", "session": "a"})");
  talk.post("/api/buffers/acquire", bob);
  EXPECT_THAT(talk.get("/metrics").body, HasSubstr("\nbuffer_lock_retries_total 0\n"));
  talk.post("/api/buffers/acquire", bob);
  EXPECT_THAT(talk.get("/metrics").body, HasSubstr("\nbuffer_lock_retries_total 1\n"));
}

TEST_F(Serve, answers_who_asks_after_its_health_and_its_specification) {
  ServerProcess server(here());
  Talk talk(server.port());
  EXPECT_EQ(talk.get("/livez").body, "ok\n");
  EXPECT_EQ(talk.get("/readyz").status, 200);
  const Response document = talk.get("/v1/openapi.json");
  EXPECT_EQ(document.status, 200);
  EXPECT_EQ(document.field("openapi").substr(0, 3), "3.1");
  // What follows the head of an answer to HEAD is the next answer.
  talk.send("HEAD /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(talk.receive_head().headers.at("content-length"), "3");
  EXPECT_EQ(talk.get("/livez").body, "ok\n");
}

TEST_F(Serve, writes_logs_as_json_lines_with_nothing_in_them_that_could_break_one) {
  ServerProcess server(here({"--log-format", "json", "--inject", "check-then-act"}));
  server.stop();
  std::istringstream lines(server.process().errors());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const boost::json::object entry = boost::json::parse(line).as_object();
    EXPECT_TRUE(entry.contains("time") && entry.contains("level") && entry.contains("message")) << line;
  }
  EXPECT_GE(count, 3);
}

TEST_F(Serve, leaves_a_journal_that_can_be_looked_into) {
  const std::string data = scratch_.path() / "data";
  {
    ServerProcess server(here());
    ASSERT_EQ(Talk(server.port()).post("/v1/acquire/docs/plan", R"({"owner": "alice"})").status, 200);
    Process refused({HOLDFAST_PROGRAM, "journal", "verify", "--data", data});
    EXPECT_NE(refused.wait().exit_status, 0) << "a server uses it";
    server.kill();
  }
  Process verify({HOLDFAST_PROGRAM, "journal", "verify", "--data", data});
  EXPECT_EQ(verify.wait().exit_status, 0) << verify.errors();
  Process show({HOLDFAST_PROGRAM, "journal", "show", "--data", data});
  EXPECT_EQ(show.wait().exit_status, 0) << show.errors();
  EXPECT_THAT(show.output(), AllOf(HasSubstr("granted"), HasSubstr("docs/plan"), HasSubstr("alice")));
}

}  // namespace
}  // namespace holdfast
