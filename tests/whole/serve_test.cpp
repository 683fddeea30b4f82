// `holdfast serve` as an operator meets it: what it says, what it refuses, and what it shows to those who watch it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

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

/// Each line of a log in JSON.
std::vector<boost::json::object> lines_of(const std::string& log) {
  std::vector<boost::json::object> lines;
  std::istringstream in(log);
  for (std::string line; std::getline(in, line);) lines.push_back(boost::json::parse(line).as_object());
  return lines;
}

std::vector<std::string> messages_of(const std::string& log) {
  std::vector<std::string> messages;
  for (const boost::json::object& line : lines_of(log)) messages.emplace_back(line.at("message").as_string());
  return messages;
}

TEST_F(Serve, says_in_its_log_when_and_why_it_starts_and_stops) {
  ServerProcess server(here({"--log-format", "json"}));
  server.process().signal(SIGINT);
  server.process().wait();
  const std::vector<boost::json::object> lines = lines_of(server.process().errors());
  ASSERT_GE(lines.size(), 3U);
  const boost::json::object& started = lines[lines.size() - 3];
  EXPECT_EQ(started.at("message").as_string(), "started");
  EXPECT_EQ(started.at("version").as_string(), HOLDFAST_VERSION);
  EXPECT_EQ(started.at("listen").as_string(), fmt::format("http://127.0.0.1:{}", server.port()));
  EXPECT_EQ(lines[lines.size() - 2].at("why").as_string(), "SIGINT");
  EXPECT_EQ(lines.back().at("exit_status").as_string(), "0");
}

TEST_F(Serve, says_in_json_too_why_it_does_not_start) {
  ServerProcess server(here());
  const std::string data = scratch_.path() / "data";
  const Refusal held = refusal_of({"--data", data, "--listen", "127.0.0.1:0", "--log-format", "json"});
  const std::vector<boost::json::object> lines = lines_of(held.words);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back().at("level").as_string(), "ERROR");
  EXPECT_EQ(lines.back().at("message").as_string(), "not started");
  EXPECT_EQ(lines.back().at("exit_status").as_string(), std::to_string(held.status));
  EXPECT_THAT(std::string(lines.back().at("why").as_string()), HasSubstr("data directory"));
}

TEST_F(Serve, says_once_that_it_turns_connections_away_and_once_that_it_no_longer_does) {
  ServerProcess server(here({"--log-format", "json", "--config", write("few.toml", "connections_max = 2\n")}));
  const auto said = [&](std::string_view words) {
    int count = 0;
    for (const std::string& message : messages_of(server.process().errors())) count += message.find(words) == 0 ? 1 : 0;
    return count;
  };
  const auto until = [&](std::string_view words) {
    for (int tries = 0; said(words) == 0; ++tries) {
      if (tries > 3'000) return false;
      std::this_thread::sleep_for(10ms);  // Another process writes a file: there is no event for that.
    }
    return true;
  };
  Talk one(server.port()), two(server.port());
  one.get("/livez");
  two.get("/livez");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Talk(server.port()).receive().status, 503);
  EXPECT_TRUE(until("connections are turned away"));
  EXPECT_TRUE(until("no connection is turned away any more"));
  EXPECT_EQ(said("connections are turned away"), 1);
}

TEST_F(Serve, is_quiet_on_stdout_when_told_so) {
  ServerProcess::How how = here({"--quiet"});
  how.await_ready = false;  // What it waits for is the greeting.
  ServerProcess server(how);
  for (int tries = 0; tries < 3'000 && server.process().errors().find("started") == std::string::npos; ++tries) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(server.process().output(), "");
  EXPECT_THAT(server.process().errors(), HasSubstr("http://127.0.0.1:"));
}

TEST_F(Serve, writes_logs_as_json_lines_with_nothing_in_them_that_could_break_one) {
  ServerProcess server(here({"--log-format", "json", "--inject", "check-then-act=20ms", "--log-level", "debug"}));
  const std::string evil = R"(evil\u0022 \u202e\\)";  // As JSON: a quote, a turn of direction, a backslash.
  Talk one(server.port()), two(server.port());
  one.send(
      support::request_text("POST", "/v1/acquire/job", R"({"note": "a note stays out", "owner": ")" + evil + "1\"}"));
  two.send(
      support::request_text("POST", "/v1/acquire/job", R"({"note": "a note stays out", "owner": ")" + evil + "2\"}"));
  one.receive();
  two.receive();
  server.stop();
  EXPECT_THAT(server.process().errors(),
              AllOf(HasSubstr("multiple owners"), HasSubstr(R"(evil\" \u202e\\)"), testing::Not(HasSubstr("a note"))));
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
