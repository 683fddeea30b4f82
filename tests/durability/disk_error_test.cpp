// A disk that says no: once a write or a sync has failed, what was in flight is answered maybe_done, nothing more is
// taken, nothing is synced a second time, and the process ends with 74. A restart finds out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/durability/crowd.h"
#include "tests/durability/here.h"
#include "tests/durability/strace.h"

namespace holdfast::durability {
namespace {

using support::Ended;
using support::ServerProcess;
using support::Talk;

constexpr const char* journal_calls = "trace=pwrite64,fdatasync,fsync,renameat,openat,unlinkat";
/// Nobody is ever refused, so that every request has something to make durable.
constexpr Crowd::Mix each_its_own{.clients = 8, .shared = 0, .own = 6, .note = 1000};
constexpr Small a_mebibyte{.segment_bytes = 1 << 20};

struct Fault {
  const char* name;
  const char* inject;
};
std::ostream& operator<<(std::ostream& out, const Fault& fault) {
  return out << fault.name;
}

/// What follows the first injected failure in a trace, of calls that write or sync.
std::vector<std::string> calls_after_failure(const std::filesystem::path& trace) {
  std::ifstream in(trace);
  std::vector<std::string> after;
  bool failed = false;
  for (std::string line; std::getline(in, line);) {
    const bool call = line.find("pwrite64(") != std::string::npos || line.find("sync(") != std::string::npos ||
                      line.find("renameat(") != std::string::npos;
    if (failed && call) after.push_back(line);
    failed = failed || line.find("(INJECTED)") != std::string::npos;
  }
  EXPECT_TRUE(failed) << "nothing failed";
  return after;
}

struct DiskError : testing::TestWithParam<Fault> {};

// The failing call takes 300 ms, so that all clients have a request in flight when it fails.
TEST_P(DiskError, is_answered_maybe_done_and_ends_the_process) {
  const std::uint64_t seed = fresh_seed();
  const Store store;
  const std::filesystem::path trace = store.scratch() / "trace";
  Ledger ledger;
  Crowd crowd(ledger, seed, each_its_own);
  ServerProcess server({.arguments = store.arguments(a_mebibyte)});
  Talk holder(server.port());
  ASSERT_EQ(holder.post("/v1/acquire/busy", R"({"owner":"holder","ttl_ms":3600000})").status, 200);
  Talk waiter(server.port());
  waiter.send(support::request_text("POST", "/v1/acquire/busy", R"({"owner":"waiter","wait_ms":600000})"));

  store.await_prepared();
  const Attached strace(server.process().pid(), true, trace, {"-e", journal_calls, "-e", GetParam().inject});
  crowd.start(server.port());
  crowd.join();
  const Ended ended = server.process().wait();
  EXPECT_EQ(ended.exit_status, 74) << server.process().errors();
  EXPECT_NE(server.process().errors().find("the journal failed"), std::string::npos) << server.process().errors();

  for (const Crowd::End& end : crowd.ends()) {
    EXPECT_EQ(end.code, "commit_unknown") << "it broke: " << end.broke;
    EXPECT_EQ(end.fate, "maybe_done");
  }
  const support::Response waited = waiter.receive();
  EXPECT_EQ(waited.field("code"), "stopping") << waited.body;
  EXPECT_EQ(waited.field("fate"), "not_done");
  EXPECT_EQ(calls_after_failure(trace), std::vector<std::string>{});

  const ServerProcess again({.arguments = store.arguments(a_mebibyte)});
  ledger.audit(again.port());
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
}

INSTANTIATE_TEST_SUITE_P(
    Disk, DiskError,
    testing::Values(Fault{"fdatasync_eio", "inject=fdatasync:error=EIO:delay_enter=300000:when=8"},
                    Fault{"first_fdatasync_eio", "inject=fdatasync:error=EIO:delay_enter=300000:when=1"},
                    Fault{"pwrite_eio", "inject=pwrite64:error=EIO:delay_enter=300000:when=8"},
                    Fault{"pwrite_enospc", "inject=pwrite64:error=ENOSPC:delay_enter=300000:when=8"}),
    [](const auto& one) { return std::string(one.param.name); });

// The thread that prepares segments meets the error; it costs the server its life when the segment is needed.
TEST(DiskErrorOfDirectory, is_no_segment_and_syncs_no_second_time) {
  const std::uint64_t seed = fresh_seed();
  const Store store;
  const std::filesystem::path trace = store.scratch() / "trace";
  Ledger ledger;
  Crowd crowd(ledger, seed, each_its_own);
  // Without the history, which syncs files of its own and may go on without one of them.
  std::vector<std::string> arguments = store.arguments(tiny);
  arguments.emplace_back("--no-history");
  ServerProcess server({.arguments = arguments});
  const Attached strace(server.process().pid(), true, trace,
                        {"-e", journal_calls, "-e", "inject=fsync:error=EIO:when=2"});
  crowd.start(server.port());
  crowd.join();
  EXPECT_EQ(server.process().wait().exit_status, 74) << server.process().errors();
  for (const std::string& line : calls_after_failure(trace)) {
    EXPECT_EQ(line.find("fsync("), std::string::npos) << "synced again: " << line;
  }
  const ServerProcess again({.arguments = store.arguments(tiny)});
  ledger.audit(again.port());
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
}

TEST(DiskThatBites, loses_nothing_to_short_writes) {
  const std::uint64_t seed = fresh_seed();
  const Store store;
  Ledger ledger;
  Crowd crowd(ledger, seed, each_its_own);
  for (int start = 0; start < 3; ++start) {
    ServerProcess server({.arguments = store.arguments(tiny),
                          .environment = {{"LD_PRELOAD", HOLDFAST_DISK_SHIM}, {"HOLDFAST_DISK", "bites"}}});
    ledger.audit(server.port());
    crowd.start(server.port());
    ASSERT_TRUE(crowd.await_answers(500));
    server.kill();
    crowd.join();
    ASSERT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
  }
}

}  // namespace
}  // namespace holdfast::durability
