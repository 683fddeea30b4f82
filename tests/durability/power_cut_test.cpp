// Power cuts: ext4 that stops in the middle of everything and comes back with what had reached the disk. Needs root.
#include <gtest/gtest.h>

#include <random>

#include "tests/durability/crowd.h"
#include "tests/durability/here.h"
#include "tests/durability/loop_disk.h"

namespace holdfast::durability {
namespace {

using support::ServerProcess;

constexpr int cuts = 40;
constexpr Small bounds{.segment_bytes = 256 << 10, .fold_after_bytes = 512 << 10};
constexpr Crowd::Mix mix{.note = 300};

struct Outcome {
  int cuts = 0;
  std::string refused;  ///< What a server said that did not start.
};

/// Runs servers over power cuts, until there were enough, or the ledger's first complaint, or one does not start.
Outcome run_over_cuts(std::uint64_t seed, Ledger& ledger, const std::map<std::string, std::string>& environment,
                      const std::vector<std::string>& more = {}) {
  std::mt19937_64 chance(seed);
  LoopDisk disk;
  const Store store(disk.path() / "data");
  Crowd crowd(ledger, seed, mix);
  for (int cut = 0;; ++cut) {
    ServerProcess::How how{.arguments = store.arguments(bounds), .environment = environment, .await_ready = false};
    how.arguments.insert(how.arguments.end(), more.begin(), more.end());
    ServerProcess server(how);
    if (!server.await_listening()) return {cut, server.process().errors()};
    ledger.audit(server.port());
    if (cut == cuts || !ledger.complaints().empty()) return {cut, {}};
    crowd.start(server.port());
    EXPECT_TRUE(crowd.await_answers(1 + chance() % 1500));
    disk.cut_power();
    crowd.join();  // The first write after the cut ends the server.
    EXPECT_EQ(server.process().wait().exit_status, 74) << server.process().errors();
    disk.mount_again();
  }
}

TEST(PowerCut, takes_back_nothing_that_was_answered) {
  if (!is_root()) GTEST_SKIP() << "mounting needs root";
  const std::uint64_t seed = fresh_seed();
  Ledger ledger;
  const Outcome outcome = run_over_cuts(seed, ledger, {});
  EXPECT_EQ(outcome.refused, "") << "seed " << seed;
  EXPECT_EQ(outcome.cuts, cuts);
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
  EXPECT_GT(ledger.grants(), 1'000U);
  EXPECT_GT(ledger.open_ends(), 10U) << "no cut met a request under way";
}

// Proof that the test above can fail: the same, but nothing is ever synced.
TEST(PowerCut, would_be_noticed_if_syncing_were_left_out) {
  if (!is_root()) GTEST_SKIP() << "mounting needs root";
  const std::uint64_t seed = fresh_seed();
  Ledger ledger;
  const Outcome outcome = run_over_cuts(seed, ledger, {{"LD_PRELOAD", HOLDFAST_DISK_SHIM}, {"HOLDFAST_DISK", "lies"}});
  EXPECT_FALSE(ledger.complaints().empty() && outcome.refused.empty()) << "seed " << seed << "\n" << ledger.told();
}

TEST(InjectedAnswerBeforeDurable, is_caught_by_the_very_same_test) {
  if (!is_root()) GTEST_SKIP() << "mounting needs root";
  const std::uint64_t seed = fresh_seed();
  Ledger ledger;
  run_over_cuts(seed, ledger, {}, {"--inject", "answer-before-durable"});
  EXPECT_FALSE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
}

}  // namespace
}  // namespace holdfast::durability
