#include "api/write_shown.h"

#include <gtest/gtest.h>

namespace holdfast::api {
namespace {

using namespace std::chrono_literals;

const Context asked_in{"s-fresh", "", 7};

std::string written(std::string_view name, std::shared_ptr<const core::Shown> shown, bool unsettled = false) {
  core::Reply reply;
  reply.shown = std::move(shown);
  reply.position = {12};
  reply.unsettled = unsettled;
  for (const Operation& operation : operations()) {
    if (operation.name == name) return write_reply(operation, reply, asked_in).body;
  }
  return {};
}

TEST(WriteTree, says_of_each_child_its_name_and_the_segment_that_is_new) {
  auto tree = std::make_shared<ShownTree>();
  tree->prefix = "projects/atlas";
  tree->children = {{"projects/atlas/src", 3, false, false}, {"projects/atlas/todo", 1000, true, true}};
  tree->next = "projects/atlas/todo";
  EXPECT_EQ(written("lease.tree", tree),
            R"({"prefix":"projects/atlas","children":[)"
            R"({"name":"projects/atlas/src","segment":"src","held":3,"more":false,"lease":false},)"
            R"({"name":"projects/atlas/todo","segment":"todo","held":1000,"more":true,"lease":true}],)"
            R"("next":"projects/atlas/todo","position":"7.12"})");
}

TEST(WriteTree, of_all_names_has_first_segments_and_says_that_it_is_unsettled) {
  auto tree = std::make_shared<ShownTree>();
  tree->children = {{"job", 1, false, true}};
  EXPECT_EQ(written("lease.tree", tree, true),
            R"({"prefix":"","children":[{"name":"job","segment":"job","held":1,"more":false,"lease":true}],)"
            R"("next":null,"unsettled":true,"position":"7.12"})");
}

TEST(WriteSessions, says_what_is_known_of_each_and_null_for_what_is_not) {
  auto sessions = std::make_shared<ShownSessions>();
  sessions->sessions.push_back({.who = {"alice", "tab\"1"},
                                .leases = 2,
                                .names = {"a", "b"},
                                .waits = 1,
                                .state = "hidden",
                                .connected = true,
                                .address = "127.0.0.1",
                                .heard = 1500us});
  sessions->sessions.push_back({.who = {"bob", "job"}, .leases = 1, .names = {"c"}, .state = {}, .address = {}});
  sessions->next = session_cursor({"bob", "job"});
  EXPECT_EQ(written("session.list", sessions),
            R"({"sessions":[{"owner":"alice","session":"tab\"1","leases":2,"names":["a","b"],"waits":1,)"
            R"("state":"hidden","connected":true,"address":"127.0.0.1","heard_ms":2},)"
            R"({"owner":"bob","session":"job","leases":1,"names":["c"],"waits":0,)"
            R"("state":null,"connected":false,"address":null,"heard_ms":null}],)"
            R"("next":"3:bobjob","position":"7.12"})");
}

TEST(WriteServer, says_how_the_server_stands) {
  ServerStanding server;
  server.build = "Release";
  server.injections = {"check-then-act=100ms"};
  server.journal = "keeps nothing";
  server.started = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 2 / 5}};
  server.now = server.started + 90s;
  server.uptime = 90s;
  server.ready = true;
  server.journal_behind = true;
  server.connections = 3;
  server.position = {40};
  server.demonstration = "http://127.0.0.1:7500";
  const Written out = write_server(server, asked_in);
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(out.body,
            R"({"version":")" HOLDFAST_VERSION R"(","build":"Release","injections":["check-then-act=100ms"],)"
            R"("journal":"keeps nothing","incarnation":7,"position":"7.40","started_at":"2026-02-05T00:00:00.000Z",)"
            R"("uptime_ms":90000,"now":"2026-02-05T00:01:30.000Z","ready":true,"journal_behind":true,)"
            R"("journal_failed":false,"out_of_room":false,"connections":3,"console":null,)"
            R"("demonstration":"http://127.0.0.1:7500"})");
}

}  // namespace
}  // namespace holdfast::api
