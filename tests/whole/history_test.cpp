// The history through the real doors: HTTP and the command line, restarts and kill -9 in between.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/http_talk.h"
#include "tests/whole/cli_process.h"

namespace holdfast::whole {
namespace {

namespace json = boost::json;
using support::Response;
using support::ServerProcess;
using support::Talk;

class History : public testing::Test {
 protected:
  std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"--data", (scratch.path() / "data").string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  support::ScratchDirectory scratch;
};

json::array holdings(const Response& response) {
  EXPECT_EQ(response.status, 200) << response.body;
  return response.json().as_object().at("holdings").as_array();
}

std::string text(const json::value& holding, std::string_view key) {
  const json::value* found = holding.as_object().if_contains(key);
  return found && found->is_string() ? std::string{found->get_string()} : std::string{};
}

std::uint64_t acquire(Talk& talk, const std::string& name, const std::string& owner, const std::string& more = "") {
  const Response got = talk.post("/v1/acquire/" + name, R"({"owner":")" + owner + R"(","session":"s")" + more + "}");
  EXPECT_EQ(got.status, 200) << got.body;
  return got.token();
}

void release(Talk& talk, const std::string& name, const std::string& owner, std::uint64_t token) {
  const Response got =
      talk.post("/v1/release/" + name, R"({"owner":")" + owner + R"(","token":)" + std::to_string(token) + "}");
  EXPECT_EQ(got.status, 200) << got.body;
}

TEST_F(History, tells_over_http_who_held_a_name_and_why_it_ended) {
  ServerProcess server({.arguments = arguments()});
  Talk talk(server.port());
  const std::uint64_t first = acquire(talk, "deploy/web", "alice", R"(,"note":"release 3")");
  release(talk, "deploy/web", "alice", first);
  const std::uint64_t second = acquire(talk, "deploy/web", "bob");
  const std::string reason = "bob is on holiday";
  const Response taken = talk.post("/v1/takeover/deploy/web", R"({"owner":"carol","session":"c","reason":")" + reason +
                                                                  R"(","token":)" + std::to_string(second) + "}");
  ASSERT_EQ(taken.status, 200) << taken.body;

  const json::array all = holdings(talk.get("/v1/history/deploy/web"));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(text(all[0], "owner"), "carol");
  EXPECT_EQ(text(all[0], "began"), "taken_over");
  EXPECT_EQ(text(all[0], "taken_from"), "bob");
  EXPECT_EQ(text(all[0], "taken_because"), reason);
  EXPECT_TRUE(all[0].at("open").as_bool());
  EXPECT_TRUE(all[0].at("until").is_null());
  EXPECT_EQ(text(all[1], "because"), "taken_over");
  EXPECT_EQ(text(all[1], "by"), "carol");
  EXPECT_EQ(text(all[1], "reason"), reason);
  EXPECT_EQ(all[1].at("token").to_number<std::uint64_t>(), second);
  EXPECT_EQ(all[1].at("previous").to_number<std::uint64_t>(), first);
  EXPECT_EQ(text(all[2], "because"), "released");
  EXPECT_EQ(text(all[2], "note"), "release 3");
  EXPECT_EQ(text(all[2], "address").substr(0, 9), "127.0.0.1");
}

TEST_F(History, has_a_takeover_with_a_window_before_it_acts) {  // L9
  ServerProcess server({.arguments = arguments()});
  Talk talk(server.port());
  const std::uint64_t token = acquire(talk, "doc", "alice");
  Talk taker(server.port());
  taker.send(support::request_text(
      "POST", "/v1/takeover/doc",
      R"({"owner":"bob","session":"b","reason":"urgent","flush_ms":20000,"token":)" + std::to_string(token) + "}"));
  json::array all;
  for (int looks = 0; looks < 200; ++looks) {
    all = holdings(talk.get("/v1/history/doc"));
    if (!all[0].at("steps").as_array().empty()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // No event says that the other connection was read.
  }
  ASSERT_EQ(all.size(), 1u);
  ASSERT_EQ(all[0].at("steps").as_array().size(), 1u);
  const json::value& step = all[0].at("steps").as_array()[0];
  EXPECT_EQ(text(step, "what"), "takeover_asked");
  EXPECT_EQ(text(step, "owner"), "bob");
  EXPECT_EQ(text(step, "reason"), "urgent");
  EXPECT_TRUE(all[0].at("open").as_bool());

  // The server is killed in the window: the takeover is dropped, and the history says so.
  server.kill();
  ServerProcess again({.arguments = arguments()});
  Talk after(again.port());
  all = holdings(after.get("/v1/history/doc"));
  ASSERT_EQ(all.size(), 1u);
  ASSERT_EQ(all[0].at("steps").as_array().size(), 2u);
  EXPECT_EQ(text(all[0].at("steps").as_array()[1], "what"), "takeover_dropped");
  EXPECT_EQ(text(all[0].at("steps").as_array()[1], "because"), "restart");
}

TEST_F(History, misses_nothing_that_was_answered_whenever_the_server_is_killed) {
  std::uint64_t given = 0;
  std::vector<std::uint64_t> tokens;
  // Small segments, so that kills meet folding too.
  const std::filesystem::path config = scratch.path() / "config.toml";
  std::ofstream(config) << "segment_bytes = 65536\nfold_after_bytes = 131072\nhistory_bytes_max = 8388608\n";
  for (int round = 0; round < 6; ++round) {
    ServerProcess server({.arguments = arguments({"--config", config.string()})});
    Talk talk(server.port());
    for (int i = 0; i < 250; ++i) {
      const std::string name = "name/" + std::to_string(given++);
      const std::uint64_t token = acquire(talk, name, "alice", R"(,"note":")" + std::string(200, 'n') + '"');
      if (i % 2 == 0) release(talk, name, "alice", token);
      tokens.push_back(token);
    }
    server.kill();
  }
  ServerProcess server({.arguments = arguments({"--config", config.string()})});
  Talk talk(server.port());
  for (std::uint64_t i = 0; i < given; ++i) {
    const Response answer = talk.get("/v1/history/name/" + std::to_string(i));
    const json::array all = holdings(answer);
    ASSERT_EQ(all.size(), 1u) << i << ' ' << answer.body;
    EXPECT_EQ(all[0].at("token").to_number<std::uint64_t>(), tokens[i]);
    EXPECT_TRUE(i % 250 % 2 != 0 || text(all[0], "because") == "released") << i;
    ASSERT_FALSE(answer.json().as_object().contains("gaps")) << answer.body;
  }
  EXPECT_FALSE(std::filesystem::is_empty(scratch.path() / "data" / "history")) << "nothing was folded: no point";
}

TEST_F(History, refuses_what_it_does_not_understand_and_pages_through_the_rest) {
  ServerProcess server({.arguments = {"--journal", "memory"}});
  Talk talk(server.port());
  for (const char* bad : {"/v1/history?from=yesterday", "/v1/history?after=x", "/v1/history?limit=1001",
                          "/v1/history?limit=0", "/v1/history/a?after=x", "/v1/history?prefx=a", "/v1/history/a//b"}) {
    EXPECT_EQ(talk.get(bad).status, 400) << bad;
  }
  for (const char* name : {"a:1", "b", "c/d"}) {
    for (int i = 0; i < 3; ++i) release(talk, name, "alice", acquire(talk, name, "alice"));
  }
  std::vector<std::string> seen;
  std::string target = "/v1/history?limit=2";
  while (true) {
    const Response page = talk.get(target);
    for (const json::value& one : holdings(page)) seen.push_back(text(one, "name"));
    EXPECT_TRUE(page.json().at("memory_only").as_bool());
    if (page.json().at("next").is_null()) break;
    target = "/v1/history?limit=2&after=" + page.field("next");
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"a:1", "a:1", "a:1", "b", "b", "b", "c/d", "c/d", "c/d"}));
  EXPECT_TRUE(holdings(talk.get("/v1/history?after=zzz:0")).empty());
  EXPECT_TRUE(holdings(talk.get("/v1/history?owner=nobody")).empty());
  EXPECT_TRUE(holdings(talk.get("/v1/history?to=2026-01-01T00:00:00Z")).empty());
  EXPECT_EQ(holdings(talk.get("/v1/history?from=2026-01-01T00:00:00%2B01:00")).size(), 9u);
  EXPECT_TRUE(holdings(talk.get("/v1/history/nothing")).empty());
}

TEST_F(History, can_be_switched_off) {
  ServerProcess server({.arguments = arguments({"--no-history"})});
  Talk talk(server.port());
  acquire(talk, "job", "alice");
  const Response answer = talk.get("/v1/history/job");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.field("code"), "history_off");
  EXPECT_FALSE(std::filesystem::exists(scratch.path() / "data" / "history"));
}

TEST_F(History, verb_says_it_so_that_it_can_be_read_at_night) {
  ServerProcess server({.arguments = arguments()});
  Talk talk(server.port());
  const std::uint64_t token = acquire(talk, "deploy/web", "alice", R"(,"note":"release 3")");
  talk.post("/v1/takeover/deploy/web",
            R"({"owner":"bob","session":"b","reason":"she is on holiday","token":)" + std::to_string(token) + "}");
  const Outcome told = run(server.port(), {"history", "deploy/web"});
  EXPECT_EQ(told.status, 0) << told.err;
  for (const char* part :
       {"bob (session b) holds it now", "taken over from alice: she is on holiday", "alice (session s)",
        "ended     taken over by bob: she is on holiday", "note      release 3"}) {
    EXPECT_NE(told.out.find(part), std::string::npos) << told.out;
  }
  EXPECT_LT(told.out.find("bob (session b) holds"), told.out.find("alice (session s)")) << "the newest comes first";

  const Outcome one = run(server.port(), {"history", "deploy/web", "--json", "--limit", "1"});
  EXPECT_EQ(json::parse(one.out).at("holdings").as_array().size(), 1u);
  EXPECT_NE(one.err.find("there is more: --after"), std::string::npos) << one.err << one.out;

  const Outcome of = run(server.port(), {"history", "--of", "alice"});
  EXPECT_NE(of.out.find("deploy/web: alice"), std::string::npos) << of.out;
  EXPECT_EQ(of.out.find("bob (session b) holds"), std::string::npos);

  const Outcome later = run(server.port(), {"history", "--until", "1h"});
  EXPECT_EQ(later.out, "");
  EXPECT_NE(later.err.find("nothing like that was held"), std::string::npos);

  EXPECT_EQ(run(server.port(), {"history", "a", "--prefix", "b"}).status, 64);
  EXPECT_EQ(run(server.port(), {"history", "--since", "yesterday"}).status, 64);
  EXPECT_EQ(run(1, {"history", "a"}).status, 69);
}

TEST_F(History, verb_exports_everything_a_line_each) {
  ServerProcess server({.arguments = arguments()});
  Talk talk(server.port());
  for (int i = 0; i < 1'200; ++i) acquire(talk, "name/" + std::to_string(i), "alice");
  const Outcome all = run(server.port(), {"history", "--export"});
  EXPECT_EQ(all.status, 0) << all.err;
  std::istringstream lines(all.out);
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);) names.insert(text(json::parse(line), "name"));
  EXPECT_EQ(names.size(), 1'200u);
}

}  // namespace
}  // namespace holdfast::whole
