// Worlds around the sound engine: nothing is found wrong in them, from inside or by what their clients saw, and a seed
// makes the same world each time.
#include <gtest/gtest.h>

#include "simulate/campaign.h"
#include "tests/simulation/machines.h"

namespace holdfast::simulate {
namespace {

TEST(Worlds, raise_no_alarm_with_the_sound_engine) {
  const Report report = run({.seed = 1, .worlds = 200, .simulated = 0, .judge = judged}, sound_machine());
  if (report.failure) {
    for (const Violation& violation : report.failure->outcome.violations) ADD_FAILURE() << violation.told;
    ADD_FAILURE() << "seed " << report.failure->plan.seed << ": " << report.failure->kind;
  }
  EXPECT_EQ(report.differs, std::nullopt);
  EXPECT_EQ(report.run_twice, 2U);
  EXPECT_EQ(report.covered.worlds, 200U);
  // What was not met was not tried.
  const Covered& c = report.covered;
  for (const std::uint64_t met : {c.lapses,        c.late_renewals, c.takeovers,      c.passed_on,   c.revoked,
                                  c.kills,         c.power_cuts,    c.disk_errors,    c.torn_frames, c.full_disks,
                                  c.slow_disks,    c.hung_disks,    c.server_pauses,  c.wall_jumps,  c.client_pauses,
                                  c.client_deaths, c.messages_lost, c.messages_twice, c.taken_back,  c.stale_writes}) {
    EXPECT_GE(met, 50U);
  }
  EXPECT_GE(c.grants, 20'000U);
}

TEST(Worlds, are_decided_by_their_seed_alone) {
  const Outcome once = run(plan_of(7), sound_machine());
  const Outcome again = run(plan_of(7), sound_machine());
  EXPECT_EQ(once.hash, again.hash);
  EXPECT_EQ(once.covered.events, again.covered.events);
  EXPECT_NE(once.hash, run(plan_of(8), sound_machine()).hash);
}

}  // namespace
}  // namespace holdfast::simulate
