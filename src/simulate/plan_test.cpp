#include "simulate/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace holdfast::simulate {
namespace {

TEST(Plan, ends_every_fault_before_the_calm) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Plan plan = plan_of(seed);
    EXPECT_TRUE(std::ranges::is_sorted(plan.faults, {}, &PlannedFault::at));
    for (const PlannedFault& fault : plan.faults) {
      EXPECT_TRUE(plan.options.has(fault.kind));
      EXPECT_LE(fault.until, plan.options.faulty);
      EXPECT_LT(fault.client, plan.options.clients);
    }
  }
}

TEST(Plan, differs_from_seed_to_seed_and_meets_every_kind_of_fault) {
  std::set<std::string> described;
  std::set<FaultKind> kinds;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Plan plan = plan_of(seed);
    described.insert(describe(plan.options));
    for (const PlannedFault& fault : plan.faults) kinds.insert(fault.kind);
  }
  EXPECT_EQ(described.size(), 200U);
  EXPECT_EQ(kinds.size(), fault_kinds);
}

TEST(Plan, keeps_to_its_scope) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_LE(plan_of(seed, {.faulty_max = 30 * second}).options.faulty, 30 * second);
  }
}

}  // namespace
}  // namespace holdfast::simulate
