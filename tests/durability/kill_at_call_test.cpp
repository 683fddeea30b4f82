// kill -9 just before every system call with which the journal changes its directory: at a first start, under load with
// new segments and snapshots all the time, and at a restart. Which calls there are is found out first, from a run that
// is let live.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/durability/crowd.h"
#include "tests/durability/here.h"
#include "tests/durability/strace.h"

namespace holdfast::durability {
namespace {

using support::ServerProcess;

constexpr std::size_t load = 800;  // Requests: enough for some segments and snapshots.
constexpr Crowd::Mix few{.clients = 4, .shared = 2, .own = 6, .note = 1000};

std::vector<std::string> only(const std::string& calls) {
  return {"-e", "trace=" + calls};
}

std::vector<std::string> killed_at(const std::string& call, std::uint64_t number) {
  return {"-e", "trace=" + call, "-e", fmt::format("inject={}:signal=SIGKILL:when={}", call, number)};
}

/// A store, a crowd, and what they were told; counts how many of the kills hit.
struct KillAtCall : testing::Test {
  std::uint64_t seed = fresh_seed();
  Ledger ledger;
  Crowd crowd{ledger, seed, few};
  int cases = 0;
  int hits = 0;

  ServerProcess::How plain(const Store& store) { return {.arguments = store.arguments(tiny)}; }

  /// A start of which the `number`th `call` of the main thread is the last; true if it was.
  bool start_killed(const Store& store, const std::string& call, std::uint64_t number) {
    ServerProcess::How how = plain(store);
    how.wrapper = traced("/dev/null", killed_at(call, number));
    how.await_ready = false;
    ServerProcess server(how);
    const bool lived = server.await_listening();
    if (lived) server.kill();
    const support::Ended ended = server.process().wait();
    EXPECT_EQ(ended.signal, SIGKILL) << server.process().errors();
    ++cases;
    hits += lived ? 0 : 1;
    return !lived;
  }

  /// What a start calls that is let live.
  Calls calls_of_start(const Store& store) {
    const std::filesystem::path trace = store.scratch() / "trace";
    ServerProcess::How how = plain(store);
    how.wrapper = traced(trace, only(changing_calls));
    ServerProcess server(how);
    EXPECT_EQ(server.stop().exit_status, 0);
    return calls_on(store.data(), trace);
  }

  /// A start that nothing happens to must find everything.
  void check(const Store& store, const std::string& where) {
    const ServerProcess server(plain(store));
    ledger.audit(server.port());
    ASSERT_TRUE(ledger.complaints().empty()) << where << ", seed " << seed << "\n" << ledger.told();
  }

  /// Some load, and a kill -9.
  void live_a_little(const Store& store) {
    ServerProcess server(plain(store));
    crowd.start(server.port());
    EXPECT_TRUE(crowd.await_answers(load / 4));
    server.kill();
    crowd.join();
  }
};

TEST_F(KillAtCall, of_a_first_start_leaves_a_directory_that_starts) {
  const Calls calls = calls_of_start(Store());
  ASSERT_TRUE(calls.contains({0, "mkdir"}));
  ASSERT_TRUE(calls.contains({0, "fdatasync"}));
  for (const auto& [which, numbers] : calls) {
    for (const std::uint64_t number : sample(numbers)) {
      const std::string where = fmt::format("{} {} of thread {}", which.second, number, which.first);
      Ledger nothing_yet;
      Crowd someone(nothing_yet, seed, few);
      const Store store;
      start_killed(store, which.second, number);
      ServerProcess server(plain(store));
      someone.start(server.port());
      ASSERT_TRUE(someone.await_answers(20)) << where;
      server.kill();
      someone.join();
      const ServerProcess again(plain(store));
      nothing_yet.audit(again.port());
      ASSERT_TRUE(nothing_yet.complaints().empty()) << where << "\n" << nothing_yet.told();
    }
  }
  EXPECT_GT(hits, 10);
  RecordProperty("cases", cases);
  RecordProperty("hits", hits);
}

TEST_F(KillAtCall, of_a_restart_loses_nothing) {
  const Store store;
  live_a_little(store);
  const Calls calls = calls_of_start(store);
  ASSERT_TRUE(calls.contains({0, "renameat"}));
  for (const auto& [which, numbers] : calls) {
    for (const std::uint64_t number : sample(numbers)) {
      live_a_little(store);
      start_killed(store, which.second, number);
      ASSERT_NO_FATAL_FAILURE(check(store, fmt::format("{} {} of thread {}", which.second, number, which.first)));
    }
  }
  EXPECT_GT(hits, 10);
  RecordProperty("cases", cases);
  RecordProperty("hits", hits);
}

TEST_F(KillAtCall, under_load_loses_nothing) {
  const Store store;
  const std::filesystem::path trace = store.scratch() / "trace";
  Calls calls;
  {
    ServerProcess server(plain(store));
    const std::vector<pid_t> threads = threads_of(server.process().pid());
    Attached strace(server.process().pid(), true, trace, only(changing_calls));
    crowd.start(server.port());
    ASSERT_TRUE(crowd.await_answers(load));
    server.kill();
    crowd.join();
    calls = calls_on(store.data(), trace, threads);
  }
  std::set<std::string> kinds;
  for (const auto& [which, numbers] : calls) kinds.insert(which.second);
  for (const char* kind : {"pwrite64", "fdatasync", "renameat", "fsync", "unlinkat", "openat"}) {
    EXPECT_TRUE(kinds.contains(kind)) << "the load makes no " << kind;
  }

  for (const auto& [which, numbers] : calls) {
    for (const std::uint64_t number : sample(numbers)) {
      ServerProcess server(plain(store));
      ledger.audit(server.port());
      ASSERT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
      const pid_t thread = threads_of(server.process().pid()).at(which.first);
      Attached strace(thread, false, "/dev/null", killed_at(which.second, number));
      crowd.start(server.port());
      const bool lived = crowd.await_answers(2 * load);
      if (lived) server.kill();
      server.process().wait();
      crowd.join();
      ++cases;
      hits += lived ? 0 : 1;
    }
  }
  ASSERT_NO_FATAL_FAILURE(check(store, "the last"));
  EXPECT_GT(hits, cases / 2) << "of " << cases;
  RecordProperty("cases", cases);
  RecordProperty("hits", hits);
}

}  // namespace
}  // namespace holdfast::durability
