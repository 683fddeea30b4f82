// kill -9 at random moments under load.
#include <gtest/gtest.h>

#include <random>

#include "tests/durability/crowd.h"
#include "tests/durability/here.h"

namespace holdfast::durability {
namespace {

using support::ServerProcess;

constexpr int kills = 20;

TEST(Kill, takes_back_nothing_that_was_answered) {
  const std::uint64_t seed = fresh_seed();
  std::mt19937_64 chance(seed);
  const Store store;
  Ledger ledger;
  Crowd crowd(ledger, seed);
  for (int number = 0; number < kills; ++number) {
    ServerProcess server({.arguments = store.arguments({.segment_bytes = 64 << 10, .fold_after_bytes = 128 << 10})});
    ledger.audit(server.port());
    crowd.start(server.port());
    ASSERT_TRUE(crowd.await_answers(1 + chance() % 1500));
    server.kill();
    crowd.join();
    ASSERT_TRUE(ledger.complaints().empty()) << "kill " << number << ", seed " << seed << "\n" << ledger.told();
  }
  const ServerProcess server({.arguments = store.arguments({})});
  ledger.audit(server.port());
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
  EXPECT_GT(ledger.grants(), 1'000U);
  EXPECT_GT(ledger.open_ends(), 20U) << "no kill met a request under way";
}

}  // namespace
}  // namespace holdfast::durability
