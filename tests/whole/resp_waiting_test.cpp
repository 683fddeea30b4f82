// Clients of Redis that wait for a name, that go while they wait, and what is left of an OK after a kill -9.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/resp_talk.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::command_text;
using support::RespServer;
using support::RespTalk;
using support::Said;
using testing::HasSubstr;

std::vector<std::string> acquire(const std::string& name, const std::string& owner, const std::string& wait_ms = "0") {
  return {"LEASE.ACQUIRE", name, "OWNER", owner, "SESSION", owner, "TTL_MS", "600000", "WAIT_MS", wait_ms};
}

class RespWaiting : public testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(std::vector<std::string> more) {
    support::ServerProcess::How how{.arguments = {"--journal", "memory"}};
    how.arguments.insert(how.arguments.end(), more.begin(), more.end());
    server_ = std::make_unique<RespServer>(how);
    looking_ = std::make_unique<RespTalk>(server_->port());
  }

  std::string hold(const std::string& name, const std::string& owner) {
    const std::string token = looking_->ask_whole(acquire(name, owner)).field("token");
    EXPECT_NE(token, "");
    return token;
  }
  /// A connection on which `owner` waits for `name`; returns when its place is taken.
  RespTalk wait_for(const std::string& name, const std::string& owner) {
    const std::size_t before = waiting(name);
    RespTalk talk(server_->port());
    talk.send(command_text(acquire(name, owner, "600000")));
    await_waiting(name, before + 1);
    return talk;
  }
  std::size_t waiting(const std::string& name) {
    return std::stoul(looking_->ask_whole({"LEASE.GET", name}).field("waiting"));
  }
  void await_waiting(const std::string& name, std::size_t count) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (waiting(name) != count) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << waiting(name) << " wait instead of " << count;
    }
  }
  void release(const std::string& name, const std::string& owner, const std::string& token) {
    const Said said = looking_->ask_whole({"LEASE.RELEASE", name, "OWNER", owner, "TOKEN", token});
    ASSERT_EQ(said.field("released"), "1") << said.shown();
  }

  /// Does nothing any more, in none of its threads, when this returns.
  void freeze() {
    server_->process().signal(SIGSTOP);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(server_->process().pid()), &info, WSTOPPED), 0);
  }
  void thaw() { server_->process().signal(SIGCONT); }

  std::unique_ptr<RespServer> server_;
  std::unique_ptr<RespTalk> looking_;
};

TEST_F(RespWaiting, is_in_order_and_each_gets_it_when_the_one_before_lets_go) {
  std::string token = hold("job", "alice");
  std::vector<RespTalk> queue;
  for (const char* owner : {"bob", "carol", "dave"}) queue.push_back(wait_for("job", owner));
  std::string holder = "alice";
  for (std::size_t i = 0; i < queue.size(); ++i) {
    release("job", holder, token);
    const Said grant = queue[i].receive();
    holder = grant.field("owner");
    token = grant.field("token");
    EXPECT_EQ(holder, (std::vector<std::string>{"bob", "carol", "dave"})[i]) << grant.shown();
  }
}

TEST_F(RespWaiting, who_hangs_up_leaves_the_queue) {
  const std::string token = hold("job", "alice");
  RespTalk closing = wait_for("job", "closing"), crashing = wait_for("job", "crashing");
  RespTalk half = wait_for("job", "half"), bob = wait_for("job", "bob");
  closing.raw().close();
  await_waiting("job", 3);
  crashing.raw().reset();
  await_waiting("job", 2);
  half.raw().shut_down_writing();
  await_waiting("job", 1);
  release("job", "alice", token);
  EXPECT_EQ(bob.receive().field("owner"), "bob");
}

// What it asked for behind the waiting is not begun before, and not at all where it has gone.
TEST_F(RespWaiting, what_stands_behind_it_waits_too) {
  const std::string token = hold("job", "alice");
  RespTalk bob(server_->port()), ghost(server_->port());
  bob.send(command_text(acquire("job", "bob", "600000")) + command_text({"SET", "after-bob", "v", "NX"}) +
           command_text({"PING"}));
  await_waiting("job", 1);
  ghost.send(command_text(acquire("job", "ghost", "600000")) + command_text({"SET", "after-ghost", "v", "NX"}));
  await_waiting("job", 2);
  EXPECT_EQ(looking_->ask({"EXISTS", "after-bob", "after-ghost"}), "0");
  ghost.raw().close();
  await_waiting("job", 1);
  release("job", "alice", token);
  EXPECT_EQ(bob.receive().field("owner"), "bob");
  EXPECT_EQ(bob.receive().shown(), "OK");
  EXPECT_EQ(bob.receive().shown(), "PONG");
  EXPECT_EQ(looking_->ask({"EXISTS", "after-bob", "after-ghost"}), "1");
}

TEST_F(RespWaiting, ends_with_an_answer_when_its_time_is_over) {
  hold("job", "alice");
  RespTalk bob(server_->port());
  const auto began = std::chrono::steady_clock::now();
  const Said said = bob.ask_whole(acquire("job", "bob", "300"));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 300ms);
  EXPECT_THAT(said.shown(), HasSubstr("alice"));
  EXPECT_EQ(waiting("job"), 0U);
  EXPECT_EQ(bob.ask({"PING"}), "PONG");
}

/// The name is given to somebody who went a moment before, and the server learns of both at once: it is given on.
TEST_F(RespWaiting, what_cannot_be_told_any_more_is_given_to_the_next) {
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(round);
    const std::string name = fmt::format("job-{}", round);
    const std::string token = hold(name, "alice");
    RespTalk ghost = wait_for(name, "ghost"), bob = wait_for(name, "bob");
    freeze();
    const auto let_go = [&] {
      looking_->send(command_text({"LEASE.RELEASE", name, "OWNER", "alice", "TOKEN", token}));
    };
    if (round % 2 == 0) let_go();
    ghost.raw().reset();
    if (round % 2 == 1) let_go();
    thaw();
    ASSERT_EQ(looking_->receive().field("released"), "1");
    EXPECT_EQ(bob.receive().field("owner"), "bob");
  }
}

TEST_F(RespWaiting, a_free_key_is_not_lost_to_who_went_before_the_answer) {
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(round);
    const std::string key = fmt::format("key-{}", round);
    RespTalk ghost(server_->port());
    ASSERT_EQ(ghost.ask({"PING"}), "PONG");
    freeze();
    ghost.send(command_text({"SET", key, "ghost", "NX", "PX", "600000"}));
    ghost.raw().reset();
    thaw();
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (looking_->ask({"SET", key, "next", "NX", "PX", "600000"}) != "OK") {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "held by nobody who knows";
    }
  }
}

TEST_F(RespWaiting, is_told_when_the_server_stops) {
  hold("job", "alice");
  RespTalk bob = wait_for("job", "bob");
  server_->process().signal(SIGTERM);
  const Said said = bob.receive();
  EXPECT_TRUE(said.error()) << said.shown();
  EXPECT_EQ(server_->process().wait().exit_status, 0);
}

TEST(RespDurable, what_was_answered_ok_is_held_after_kill_9) {
  const support::ScratchDirectory data;
  const auto start = [&] { return RespServer({.arguments = {"--data", data.path() / "data"}}); };
  std::vector<std::string> told;
  for (int life = 0; life < 3; ++life) {
    RespServer server = start();
    for (const std::string& key : told) {
      RespTalk talk(server.port());
      ASSERT_EQ(talk.ask({"GET", key}), "v") << key;
      ASSERT_EQ(talk.ask({"SET", key, "other", "NX", "PX", "600000"}), "nil") << key;
    }
    // In the middle of many: those that were answered count, and nothing is said of the others.
    RespTalk talk(server.port());
    std::string all;
    for (int i = 0; i < 500; ++i) {
      all += command_text({"SET", fmt::format("{}-{}", life, i), "v", "NX", "PX", "600000"});
    }
    talk.send(all);
    for (int i = 0; i < 20 + 100 * life; ++i) {
      ASSERT_EQ(talk.receive().shown(), "OK");
      told.push_back(fmt::format("{}-{}", life, i));
    }
    // And one that was given back stays free.
    RespTalk other(server.port());
    ASSERT_EQ(other.ask({"SET", "given-back", "v", "NX"}), "OK");
    ASSERT_EQ(other.ask({"DELIFEQ", "given-back", "v"}), "1");
    server.server().kill();
    RespServer again = start();
    EXPECT_EQ(RespTalk(again.port()).ask({"EXISTS", "given-back"}), "0");
    again.server().kill();
  }
}

}  // namespace
}  // namespace holdfast
