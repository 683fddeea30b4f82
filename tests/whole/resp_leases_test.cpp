// The catalogue's operations over RESP: what a client of Redis gets that speaks of leases, tokens and owners.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/resp_talk.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::command_text;
using support::RespTalk;
using support::Said;
using support::Talk;
using testing::HasSubstr;
using testing::StartsWith;

class RespLeases : public testing::Test {
 protected:
  void start(std::vector<std::string> more) {
    more.insert(more.begin(), {"--journal", "memory"});
    server_ = std::make_unique<support::RespServer>(support::ServerProcess::How{.arguments = std::move(more)});
  }
  void SetUp() override { start({}); }
  /// A connection in the version that has maps and pushes.
  RespTalk third() {
    RespTalk talk(server_->port());
    talk.ask({"HELLO", "3"});
    return talk;
  }
  double figure(const std::string& name) {
    const std::string all = Talk(server_->http_port()).get("/metrics").body;
    const std::size_t at = all.find('\n' + name + ' ');
    EXPECT_NE(at, std::string::npos) << name;
    return std::stod(all.substr(at + name.size() + 2));
  }
  void await(const std::string& name, double value) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (figure(name) != value) ASSERT_LT(std::chrono::steady_clock::now(), until) << name;
  }

  std::unique_ptr<support::RespServer> server_;
};

/// Of a push or, in the second version, a list: the map that is its event.
const Said& event_of(const Said& said) {
  EXPECT_EQ(said.items.size(), 2U) << said.shown();
  EXPECT_EQ(said.items.at(0).text, "watch");
  return said.items.at(1);
}

TEST_F(RespLeases, are_acquired_refused_renewed_taken_over_and_released_with_their_tokens) {
  RespTalk alice = third(), bob = third();
  const Said granted = alice.ask_whole({"LEASE.ACQUIRE", "docs/plan", "OWNER", "alice", "SESSION", "tab1"});
  EXPECT_EQ(granted.kind, '%');
  EXPECT_EQ(granted.field("owner"), "alice");
  const Said refused = bob.ask_whole({"LEASE.ACQUIRE", "docs/plan", "OWNER", "bob"});
  EXPECT_EQ(refused.field("code"), "held");
  EXPECT_EQ(refused.field("owner"), "alice");
  EXPECT_EQ(refused.field("token"), granted.field("token"));
  const std::vector<std::string> renew{"lease.renew", "docs/plan", "token", granted.field("token"), "owner", "alice"};
  EXPECT_EQ(alice.ask_whole(renew).field("token"), granted.field("token"));
  const Said taken = bob.ask_whole(
      {"LEASE.TAKEOVER", "docs/plan", "OWNER", "bob", "TOKEN", granted.field("token"), "REASON", "the release waits"});
  EXPECT_GT(std::stoull(taken.field("token")), std::stoull(granted.field("token")));
  const Said stale = alice.ask_whole(renew);
  EXPECT_EQ(stale.field("code"), "stale");
  EXPECT_EQ(stale.field("because"), "taken_over");
  EXPECT_EQ(stale.field("by"), "bob");
  EXPECT_EQ(bob.ask_whole({"LEASE.RELEASE", "docs/plan", "OWNER", "bob", "TOKEN", taken.field("token")}).field("held"),
            "f");
}

TEST_F(RespLeases, are_of_the_connections_name_where_nobody_else_is_named) {
  RespTalk talk(server_->port());
  EXPECT_THAT(talk.ask({"LEASE.ACQUIRE", "job"}), StartsWith("-OWNER_MISSING "));
  EXPECT_EQ(talk.ask({"CLIENT", "SETNAME", "carol"}), "OK");
  EXPECT_EQ(talk.ask_whole({"LEASE.ACQUIRE", "job"}).field("owner"), "carol");
  EXPECT_EQ(talk.ask_whole({"LEASE.ACQUIRE", "other", "OWNER", "dave"}).field("owner"), "dave");
}

TEST_F(RespLeases, say_which_word_is_wrong_and_that_nothing_was_done) {
  RespTalk talk(server_->port());
  EXPECT_THAT(talk.ask({"LEASE.ACQUIRE", "job", "OWNER", "a", "PX", "5"}),
              testing::AllOf(StartsWith("-UNKNOWN_FIELD "), HasSubstr("field: PX"), HasSubstr("fate: not_done")));
  EXPECT_EQ(talk.ask_whole({"LEASE.GET", "job"}).field("held"), "0");
}

TEST_F(RespLeases, that_were_taken_by_programs_show_their_tokens_too) {
  RespTalk talk(server_->port());
  EXPECT_EQ(talk.ask({"SET", "lock:a", "mine", "NX", "PX", "60000"}), "OK");
  const Said lease = talk.ask_whole({"LEASE.GET", "lock:a"});
  EXPECT_EQ(lease.field("session"), "mine");
  EXPECT_GT(std::stoull(lease.field("token")), 0U);
  EXPECT_EQ(talk.ask_whole({"LEASE.ACQUIRE", "lock:a", "OWNER", "bob"}).field("code"), "held");
  EXPECT_EQ(talk.ask_whole({"LEASE.LIST", "PREFIX", "lock:a"}).field("next"), "nil");
}

TEST_F(RespLeases, have_a_history_where_one_is_kept) {
  RespTalk alice(server_->port());
  const std::string token = alice.ask_whole({"LEASE.ACQUIRE", "job", "OWNER", "alice"}).field("token");
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (alice.ask({"HISTORY.GET", "job", "LIMIT", "5"}).find(token) == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << alice.ask({"HISTORY.GET", "job"});
  }
  start({"--no-history"});
  EXPECT_THAT(RespTalk(server_->port()).ask({"HISTORY.GET", "job"}), StartsWith("-HISTORY_OFF "));
}

TEST_F(RespLeases, are_watched_from_a_position_on) {
  RespTalk watcher = third(), alice = third();
  const Said first = alice.ask_whole({"LEASE.ACQUIRE", "deploy/web", "OWNER", "alice"});
  const Said begin = watcher.ask_whole({"LEASE.WATCH", "PREFIX", "deploy"});
  EXPECT_EQ(begin.kind, '%') << "the answer";
  EXPECT_EQ(begin.field("type"), "begin");
  EXPECT_EQ(begin.field("position"), first.field("position"));
  alice.ask({"LEASE.ACQUIRE", "other", "OWNER", "alice"});
  alice.ask({"LEASE.RELEASE", "deploy/web", "OWNER", "alice", "TOKEN", first.field("token")});
  const Said released = watcher.receive();
  EXPECT_EQ(released.kind, '>') << "a push, so that no client takes it for an answer";
  EXPECT_EQ(event_of(released).field("type"), "released");
  EXPECT_EQ(event_of(released).field("name"), "deploy/web");

  RespTalk again = third();
  again.ask({"LEASE.WATCH", "AFTER", begin.field("position")});
  EXPECT_EQ(event_of(again.receive()).field("name"), "other") << "all that came since, in order";
  EXPECT_EQ(event_of(again.receive()).field("type"), "released");
}

TEST_F(RespLeases, are_watched_in_lists_where_there_are_no_pushes) {
  RespTalk watcher(server_->port());
  const Said begin = watcher.ask_whole({"LEASE.WATCH"});
  EXPECT_EQ(begin.kind, '*');
  EXPECT_EQ(begin.field("type"), "begin");
  RespTalk(server_->port()).ask({"SET", "k", "v", "NX", "PX", "60000"});
  const Said granted = watcher.receive();
  EXPECT_EQ(granted.kind, '*');
  EXPECT_EQ(event_of(granted).field("type"), "granted");
  EXPECT_EQ(event_of(granted).field("name"), "k");
}

TEST_F(RespLeases, are_told_in_the_words_of_each_door_at_once) {
  RespTalk second(server_->port()), another = third();
  Talk over_http(server_->http_port());
  over_http.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(over_http.answered_within(10s));
  second.ask({"LEASE.WATCH"});
  another.ask({"LEASE.WATCH"});
  await("holdfast_watchers", 3);
  RespTalk alice(server_->port());
  for (int i = 0; i < 50; ++i) {
    alice.ask({"LEASE.ACQUIRE", fmt::format("n{}", i), "OWNER", "alice"});
    EXPECT_EQ(event_of(second.receive()).field("name"), fmt::format("n{}", i));
    EXPECT_EQ(event_of(another.receive()).field("name"), fmt::format("n{}", i));
  }
}

TEST_F(RespLeases, begin_a_watch_with_a_gap_where_the_position_is_of_nowhere) {
  RespTalk watcher = third();
  const Said reset = watcher.ask_whole({"LEASE.WATCH", "AFTER", "1.5"});
  EXPECT_EQ(reset.kind, '%') << "still the answer";
  EXPECT_EQ(reset.field("type"), "reset");
  EXPECT_EQ(reset.field("code"), "position_foreign");
  RespTalk(server_->port()).ask({"SET", "k", "v", "NX"});
  EXPECT_EQ(event_of(watcher.receive()).field("name"), "k");
}

TEST_F(RespLeases, answer_what_was_asked_before_a_watch_and_nothing_behind_it) {
  RespTalk watcher = third();
  std::string all;
  for (int i = 0; i < 100; ++i) all += command_text({"LEASE.ACQUIRE", fmt::format("n{}", i), "OWNER", "alice"});
  watcher.send(all + command_text({"LEASE.WATCH"}) + command_text({"SET", "behind", "v", "NX"}));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(watcher.receive().field("name"), fmt::format("n{}", i));
  EXPECT_EQ(watcher.receive().field("type"), "begin");
  EXPECT_EQ(RespTalk(server_->port()).ask({"GET", "behind"}), "nil");
  watcher.send(command_text({"SET", "later", "v", "NX"}));
  RespTalk(server_->port()).ask({"SET", "k", "v", "NX"});
  EXPECT_EQ(event_of(watcher.receive()).field("name"), "k") << "it has gone to those who watch";
}

TEST_F(RespLeases, count_their_watchers_and_notice_when_they_go) {
  std::unique_ptr<RespTalk> first = std::make_unique<RespTalk>(third());
  const double before = figure("holdfast_connections");
  first->ask({"LEASE.WATCH"});
  await("holdfast_watchers", 1);
  await("holdfast_connections", before);  // It is the same connection.
  first.reset();
  await("holdfast_watchers", 0);
}

TEST_F(RespLeases, let_no_more_watch_than_there_may_be_and_whoever_is_refused_goes_on) {
  const support::ScratchDirectory scratch;
  const std::filesystem::path file = scratch.path() / "holdfast.toml";
  std::ofstream(file) << "watchers_max = 1\n";
  start({"--config", file});
  RespTalk first = third(), second = third();
  first.ask({"LEASE.WATCH"});
  EXPECT_THAT(second.ask({"LEASE.WATCH"}), StartsWith("-TOO_MANY_WATCHERS "));
  EXPECT_EQ(second.ask({"PING"}), "PONG");
}

TEST_F(RespLeases, end_their_watchers_when_the_server_does) {
  RespTalk watcher = third();
  watcher.ask({"LEASE.WATCH"});
  server_->process().signal(SIGTERM);
  EXPECT_EQ(watcher.until_closed(), "");
  EXPECT_EQ(server_->process().wait().exit_status, 0);
}

}  // namespace
}  // namespace holdfast
