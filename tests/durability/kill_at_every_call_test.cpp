// A small session, and kill -9 just before every single system call in it with which the server changes its directory
// or talks to its client. kill_at_call_test.cpp has the larger loads, of which it takes a sample: HOLDFAST_EVERY_CALL=1
// makes it take all.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/durability/crowd.h"
#include "tests/durability/here.h"
#include "tests/durability/strace.h"

namespace holdfast::durability {
namespace {

using support::ServerProcess;

constexpr Crowd::Mix alone{.clients = 1, .shared = 1, .own = 2};
constexpr std::size_t requests = 6;
constexpr std::uint64_t seed = 7;  // Always the same session: its calls are counted first, and then met one by one.
constexpr const char* talking_calls = "accept4,recvmsg,sendmsg,recvfrom,sendto";

/// One life of a server on a fresh directory.
class KillAtEveryCall : public testing::Test {
 protected:
  struct Life {
    Store store;
    Ledger ledger;
    Crowd crowd{ledger, seed, alone};
    std::unique_ptr<ServerProcess> server;
    std::vector<pid_t> threads;

    Life() {
      server = std::make_unique<ServerProcess>(ServerProcess::How{.arguments = store.arguments({})});
      store.await_prepared();
      threads = threads_of(server->process().pid());
    }
    /// The session, and an end in order if nobody kills it before. True: it lived through all of it.
    bool live() {
      crowd.start(server->port());
      const bool lived = crowd.await_answers(requests);
      crowd.stop();
      if (lived) server->process().signal(SIGTERM);
      return server->process().wait().signal == 0;
    }
    void check(const std::string& where) {
      const ServerProcess again({.arguments = store.arguments({})});
      ledger.audit(again.port());
      ASSERT_TRUE(ledger.complaints().empty()) << where << "\n" << ledger.told();
    }
  };

  /// How often each thread makes each call, in a life that is let live.
  static std::map<std::pair<std::size_t, std::string>, std::uint64_t> calls_of_a_life() {
    Life life;
    const std::filesystem::path trace = life.store.scratch() / "trace";
    const std::string all = std::string(changing_calls) + "," + talking_calls;
    std::map<std::pair<std::size_t, std::string>, std::uint64_t> most;
    {
      Attached strace(life.server->process().pid(), true, trace, {"-e", "trace=" + all});
      EXPECT_TRUE(life.live());
    }
    for (const char* what : {life.store.data().c_str(), "socket:"}) {
      for (const auto& [which, numbers] : calls_on(what, trace, life.threads)) {
        if (which.first < life.threads.size()) most[which] = std::max(most[which], numbers.back());
      }
    }
    return most;
  }
};

TEST_F(KillAtEveryCall, of_a_small_session_takes_back_nothing_that_was_answered) {
  const auto calls = calls_of_a_life();
  std::set<std::string> kinds;
  for (const auto& [which, most] : calls) kinds.insert(which.second);
  for (const char* kind : {"pwrite64", "fdatasync"}) EXPECT_TRUE(kinds.contains(kind)) << kind;

  int cases = 0, hits = 0;
  for (const auto& [which, most] : calls) {
    const auto& [thread, call] = which;
    for (std::uint64_t number = 1; number <= most; ++number, ++cases) {
      Life life;
      const std::vector<std::string> kill{"-e", "trace=" + call, "-e",
                                          fmt::format("inject={}:signal=SIGKILL:when={}", call, number)};
      {
        Attached strace(life.threads.at(thread), false, "/dev/null", kill);
        hits += life.live() ? 0 : 1;
      }
      ASSERT_NO_FATAL_FAILURE(life.check(fmt::format("before {} {} of thread {}", call, number, thread)));
    }
  }
  fmt::print("{} calls of {} kinds, {} of which were the last\n", cases, kinds.size(), hits);
  EXPECT_GT(hits, cases * 9 / 10) << "of " << cases;
}

}  // namespace
}  // namespace holdfast::durability
