// What shows who owns what: a lease with its queue, the tree of names, sessions, the server itself.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/support/http_talk.h"
#include "tests/support/live_talk.h"
#include "tests/support/process.h"
#include "tests/support/resp_talk.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using support::LiveTalk;
using support::Response;
using support::RespServer;
using support::RespTalk;
using support::Talk;
using testing::HasSubstr;

class Looks : public testing::Test {
 protected:
  Looks() : server_({.arguments = {"--journal", "memory"}}) {}

  std::uint16_t port() { return server_.http_port(); }
  std::uint64_t acquire(const std::string& name, const std::string& owner, const std::string& session) {
    return talk_
        .post("/v1/acquire/" + name, fmt::format(R"({{"owner":"{}","session":"{}","note":"why"}})", owner, session))
        .token();
  }
  json::array list(const std::string& target, std::string_view key) {
    return talk_.get(target).json().at(key).as_array();
  }
  /// Until `name` is waited for by so many.
  void await_waiting(const std::string& name, int waiting) {
    while (talk_.get("/v1/leases/" + name).field("waiting") != std::to_string(waiting)) std::this_thread::yield();
  }

  RespServer server_;
  Talk talk_{server_.http_port()};
};

TEST_F(Looks, a_lease_shows_who_waits_for_it_in_order) {
  acquire("job", "alice", "a");
  Talk bob(port()), carol(port());
  bob.send(support::request_text("POST", "/v1/acquire/job", R"({"owner":"bob","session":"b","wait_ms":60000})"));
  await_waiting("job", 1);
  carol.send(support::request_text("POST", "/v1/acquire/job", R"({"owner":"carol","session":"c","wait_ms":60000})"));
  await_waiting("job", 2);
  const json::value job = talk_.get("/v1/leases/job").json();
  ASSERT_EQ(job.at("queue").as_array().size(), 2U);
  EXPECT_EQ(job.at("queue").at(0).at("owner").as_string(), "bob");
  EXPECT_EQ(job.at("queue").at(1).at("session").as_string(), "c");
  EXPECT_EQ(job.at("address").as_string(), "127.0.0.1");
  EXPECT_FALSE(job.at("text").as_bool());
  EXPECT_THAT(talk_.get("/metrics").body, HasSubstr("\nholdfast_contended 1\n"));
}

TEST_F(Looks, a_list_has_in_its_rows_what_a_table_of_owners_shows) {
  acquire("ci/build", "alice", "a");
  ASSERT_EQ(talk_.post("/v1/request/ci/build", R"({"owner":"bob","message":"may I?"})").status, 200);
  Talk again(port());
  again.send(support::request_text("PUT", "/v1/buffers/notes", R"({"owner":"alice","text":"Hello"})"));
  ASSERT_EQ(again.receive().status, 201);
  acquire("notes", "alice", "a");
  const json::array rows = list("/v1/leases", "leases");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].at("request").at("by").as_string(), "bob");
  EXPECT_EQ(rows[0].at("note").as_string(), "why");
  EXPECT_FALSE(rows[0].at("text").as_bool());
  EXPECT_TRUE(rows[1].at("text").as_bool());
  EXPECT_GE(rows[1].at("held_ms").as_int64(), 0);
  EXPECT_THAT(talk_.get("/metrics").body, HasSubstr("\nholdfast_texts 1\n"));
}

TEST_F(Looks, the_tree_counts_what_is_held_below_each_segment) {
  acquire("projects/atlas/a", "alice", "a");
  acquire("projects/atlas/b", "alice", "a");
  acquire("projects/zeus", "bob", "b");
  const json::array top = list("/v1/tree", "children");
  ASSERT_EQ(top.size(), 1U);
  EXPECT_EQ(json::serialize(top[0]), R"({"name":"projects","segment":"projects","held":3,"more":false,"lease":false})");
  const json::array below = list("/v1/tree?prefix=projects", "children");
  ASSERT_EQ(below.size(), 2U);
  EXPECT_EQ(below[0].at("segment").as_string(), "atlas");
  EXPECT_EQ(below[0].at("held").as_int64(), 2);
  EXPECT_TRUE(below[1].at("lease").as_bool());
  const json::value page = talk_.get("/v1/tree?prefix=projects&limit=1").json();
  EXPECT_EQ(page.at("children").as_array().size(), 1U);
  EXPECT_EQ(list("/v1/tree?prefix=projects&after=projects%2Fatlas%2Fa", "children").size(), 1U);
}

TEST_F(Looks, sessions_are_those_that_hold_wait_or_have_a_live_socket) {
  acquire("a", "alice", "holds");
  acquire("b", "alice", "holds");
  Talk waits(port());
  waits.send(support::request_text("POST", "/v1/acquire/a", R"({"owner":"bob","session":"waits","wait_ms":60000})"));
  await_waiting("a", 1);
  LiveTalk socket(port(), "carol", "tab");
  socket.ask("state", R"("state":"hidden")");
  LiveTalk both(port(), "alice", "holds");
  const json::array all = list("/v1/sessions", "sessions");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].at("session").as_string(), "holds");
  EXPECT_EQ(all[0].at("leases").as_int64(), 2);
  EXPECT_EQ(json::serialize(all[0].at("names")), R"(["a","b"])");
  EXPECT_EQ(all[0].at("state").as_string(), "active");
  EXPECT_EQ(all[1].at("session").as_string(), "waits");
  EXPECT_EQ(all[1].at("waits").as_int64(), 1);
  EXPECT_TRUE(all[1].at("state").is_null());
  EXPECT_TRUE(all[1].at("connected").as_bool());
  EXPECT_EQ(all[2].at("owner").as_string(), "carol");
  EXPECT_EQ(all[2].at("leases").as_int64(), 0);
  EXPECT_EQ(all[2].at("state").as_string(), "hidden");
  EXPECT_EQ(all[2].at("address").as_string(), "127.0.0.1");
  EXPECT_TRUE(all[2].at("heard_ms").is_int64());
  EXPECT_EQ(list("/v1/sessions?owner=carol", "sessions").size(), 1U);
  EXPECT_EQ(list("/v1/sessions?owner=nobody", "sessions").size(), 0U);
}

TEST_F(Looks, who_holds_by_a_connection_that_is_closed_is_shown_with_its_address_and_as_not_connected) {
  {
    Talk once(port());
    ASSERT_EQ(once.post("/v1/acquire/job", R"({"owner":"alice","session":"a"})").status, 200);
    EXPECT_TRUE(list("/v1/sessions", "sessions")[0].at("connected").as_bool());
  }
  while (list("/v1/sessions", "sessions")[0].at("connected").as_bool()) std::this_thread::yield();
  EXPECT_EQ(list("/v1/sessions", "sessions")[0].at("address").as_string(), "127.0.0.1");
  EXPECT_EQ(talk_.get("/v1/leases/job").field("address"), "127.0.0.1");
}

TEST_F(Looks, a_session_is_connected_if_any_connection_by_which_it_took_something_is_open) {
  for (int i = 0; i < 5; ++i) {
    Talk once(port());
    once.post(fmt::format("/v1/acquire/once/{}", i), R"({"owner":"alice","session":"a"})");
  }
  Talk open(port());
  ASSERT_EQ(open.post("/v1/acquire/open", R"({"owner":"alice","session":"a"})").status, 200);
  EXPECT_TRUE(list("/v1/sessions", "sessions")[0].at("connected").as_bool());
}

TEST_F(Looks, a_page_of_sessions_is_no_longer_than_others_however_long_their_names_are) {
  const std::string filling(480, 'x');
  for (int session = 0; session < 60; ++session) {
    for (int name = 0; name < 10; ++name) {
      acquire(fmt::format("{}{}/{}", filling, session, name), "alice", fmt::format("session{:02}", session));
    }
  }
  std::set<std::string> seen;
  std::string after;
  do {
    const Response answer = talk_.get("/v1/sessions?limit=1000" + after);
    EXPECT_LT(answer.body.size(), 290'000U);
    const json::value page = answer.json();
    for (const json::value& session : page.at("sessions").as_array()) {
      EXPECT_TRUE(seen.insert(std::string(session.at("session").as_string())).second);
    }
    const json::value& next = page.at("next");
    after = next.is_null() ? "" : "&after=" + std::string(next.as_string());
  } while (!after.empty());
  EXPECT_EQ(seen.size(), 60U);
}

TEST_F(Looks, a_stop_waits_for_nobody_who_asks_for_sessions) {
  RespTalk resp(server_.port());
  constexpr int leases = 20'000, together = 1'000;
  for (int begin = 0; begin < leases; begin += together) {
    std::string commands;
    for (int i = begin; i < begin + together; ++i) {
      commands += support::command_text({"LEASE.ACQUIRE", fmt::format("n{}", i), "OWNER", fmt::format("o{}", i),
                                         "SESSION", "s", "TTL_MS", "3600000"});
    }
    resp.send(commands);
    for (int i = 0; i < together; ++i) resp.receive();
  }
  std::vector<Talk> asking;
  for (int i = 0; i < 20; ++i) {
    asking.emplace_back(port()).send(support::request_text("GET", "/v1/sessions?limit=5", ""));
  }
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(server_.server().stop().exit_status, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(Looks, sessions_come_page_by_page_each_once) {
  std::set<std::string> expected, seen;
  std::vector<LiveTalk> sockets;
  for (int i = 0; i < 7; ++i) {
    const std::string owner = "owner" + std::to_string(i % 3), session = "s" + std::to_string(i);
    expected.insert(owner + "/" + session);
    if (i % 2 == 0) acquire("name/" + std::to_string(i), owner, session);
    if (i % 3 != 1) sockets.emplace_back(port(), owner, session);
    if (i % 2 != 0 && i % 3 == 1) expected.erase(owner + "/" + session);
  }
  std::string after;
  do {
    const json::value page = talk_.get("/v1/sessions?limit=2" + after).json();
    EXPECT_LE(page.at("sessions").as_array().size(), 2U);
    for (const json::value& session : page.at("sessions").as_array()) {
      const std::string who = fmt::format("{}/{}", std::string(session.at("owner").as_string()),
                                          std::string(session.at("session").as_string()));
      EXPECT_TRUE(seen.insert(who).second) << who;
    }
    after = page.at("next").is_null() ? "" : "&after=" + std::string(page.at("next").as_string());
  } while (!after.empty());
  EXPECT_EQ(seen, expected);
}

TEST_F(Looks, the_server_says_what_it_is_on_every_door) {
  const Response server = talk_.get("/v1/server");
  EXPECT_EQ(server.status, 200);
  EXPECT_EQ(server.field("version"), HOLDFAST_VERSION);
  EXPECT_EQ(server.field("ready"), "true");
  EXPECT_EQ(server.field("journal_behind"), "false");
  EXPECT_EQ(server.field("injections"), "[]");
  const std::string position = talk_.get("/v1/leases/nobody").field("position");
  EXPECT_EQ(talk_.get("/v1/server").field("position"), position) << "all of it is durable";
  EXPECT_EQ(LiveTalk(port(), "alice", "a").ask("server.get").field("incarnation"), server.field("incarnation"));
  EXPECT_EQ(RespTalk(server_.port()).ask_whole({"SERVER.GET"}).field("version"), HOLDFAST_VERSION);
}

TEST_F(Looks, what_is_looked_up_is_told_on_every_door) {
  acquire("ci/build", "alice", "a");
  LiveTalk live(port(), "bob", "b");
  EXPECT_THAT(live.ask("lease.tree").field("children"), HasSubstr(R"("held":1)"));
  EXPECT_THAT(live.ask("session.list", R"("owner":"alice")").field("sessions"), HasSubstr(R"("names":["ci/build"])"));
  EXPECT_EQ(live.ask("lease.list", R"("unsettled":true)").field("unsettled"), "true");
  RespTalk resp(server_.port());
  EXPECT_THAT(resp.ask({"LEASE.TREE", "PREFIX", "ci"}), HasSubstr("ci/build"));
  EXPECT_THAT(resp.ask({"SESSION.LIST", "LIMIT", "1"}), HasSubstr("alice"));
}

TEST_F(Looks, refuses_what_no_page_ended_with_and_what_it_does_not_know) {
  EXPECT_EQ(talk_.get("/v1/sessions?after=nonsense").field("field"), "after");
  EXPECT_EQ(talk_.get("/v1/sessions?limit=1001").field("code"), "bad_field");
  EXPECT_EQ(talk_.get("/v1/tree?prefix=%2F").field("code"), "bad_name");
  EXPECT_EQ(talk_.get("/v1/server?now=1").field("code"), "unknown_field");
}

}  // namespace
}  // namespace holdfast
