// A peer whose machine is gone says nothing any more, not even that it goes: it is noticed within ten seconds (L8).
//
// In a network namespace of its own, whose packets can be dropped. Needs root.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

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

void run_program(const std::vector<std::string>& words) {
  Process process(words);
  ASSERT_EQ(process.wait().exit_status, 0) << words.front() << ": " << process.errors();
}

/// From here on this thread, and whatever it starts, has a network of its own, with nothing but loopback.
void enter_own_network() {
  ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
  run_program({"ip", "link", "set", "lo", "up"});
  run_program({"nft", "add table ip cut; add chain ip cut in { type filter hook input priority 0; }"});
}

/// As if the machine at the other end of `talk` had lost its power.
void cut_off(const Talk& talk) {
  run_program({"nft", fmt::format("add rule ip cut in tcp dport {0} drop; add rule ip cut in tcp sport {0} drop",
                                  talk.local_port())});
}

void ghost_is_noticed() {
  enter_own_network();
  if (testing::Test::HasFatalFailure()) return;
  ServerProcess server({.arguments = {"--journal", "memory"}});
  Talk alice(server.port()), ghost(server.port()), bob(server.port());
  const std::uint64_t token = alice.post("/v1/acquire/job", R"({"owner": "alice", "ttl_ms": 600000})").token();
  const auto waits = [&](Talk& talk, const char* owner, const char* count) {
    talk.send(support::request_text("POST", "/v1/acquire/job",
                                    fmt::format(R"({{"owner": "{}", "wait_ms": 600000}})", owner)));
    while (alice.get("/v1/leases/job").field("waiting") != count) {
    }
  };
  waits(ghost, "ghost", "1");
  waits(bob, "bob", "2");

  cut_off(ghost);
  const auto began = std::chrono::steady_clock::now();
  while (alice.get("/v1/leases/job").field("waiting") != "1") {
    ASSERT_LT(std::chrono::steady_clock::now() - began, 11s) << "still taken for there";
    ::usleep(20'000);  // It shows nowhere but in the answer.
  }
  alice.post("/v1/release/job", fmt::format(R"({{"owner": "alice", "token": {}}})", token));
  EXPECT_EQ(bob.receive().field("owner"), "bob");
}

void ghost_that_watches_is_let_go() {
  enter_own_network();
  if (testing::Test::HasFatalFailure()) return;
  ServerProcess server({.arguments = {"--journal", "memory"}});
  Talk alice(server.port()), ghost(server.port());
  ghost.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(ghost.answered_within(5s));
  const auto watchers = [&](const char* count) {
    return alice.get("/metrics").body.find(fmt::format("\nholdfast_watchers {}\n", count)) != std::string::npos;
  };
  ASSERT_TRUE(watchers("1"));
  cut_off(ghost);
  const auto began = std::chrono::steady_clock::now();
  alice.post("/v1/acquire/job", R"({"owner": "alice", "ttl_ms": 600000})");  // It is told, and never takes it.
  while (!watchers("0")) {
    ASSERT_LT(std::chrono::steady_clock::now() - began, 45s) << "still told what happens";
    ::usleep(100'000);  // It shows nowhere but in the metrics.
  }
}

TEST(VanishedPeer, that_watches_is_let_go_within_the_time_for_those_who_take_nothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, for a network of its own";
  std::thread(ghost_that_watches_is_let_go).join();
}

TEST(VanishedPeer, is_noticed_within_ten_seconds_and_never_made_owner) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, for a network of its own";
  std::thread(ghost_is_noticed).join();
}

}  // namespace
}  // namespace holdfast
