// Whatever a few people do to a few names, in whatever order: the rules answer what a second, simpler set of rules
// answers, and what they answer keeps the promises.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/seeded_for_tests.h"
#include "core/trial_for_tests.h"

namespace holdfast::core {
namespace {

std::vector<ScriptLine> any_script() {
  return *rc::gen::scale(2.5, rc::gen::container<std::vector<ScriptLine>>(any_line()));
}

RC_GTEST_PROP(Promises, are_kept_whatever_is_asked, ()) {
  Trial run(true);
  for (const ScriptLine& move : any_script()) run.move(move);
}

RC_GTEST_PROP(Promises, are_kept_when_ticks_come_late_or_not_at_all, ()) {
  Trial run(false);
  for (const ScriptLine& move : any_script()) run.move(move);
}

RC_GTEST_PROP(Effects, say_everything_that_has_to_survive, ()) {
  Trial run(true);
  for (const ScriptLine& move : any_script()) run.move(move);
  const auto snapshot_at = *rc::gen::inRange<std::size_t>(0, run.effects() + 1);
  run.check_replay(snapshot_at, *rc::gen::inRange<std::size_t>(0, 10));
}

TEST(Promises, are_tried_where_it_matters) {
  const auto own = rc::gen::container<std::vector<ScriptLine>>(300, any_line());
  reached().clear();
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Trial run(seed % 2 == 0);
    for (const ScriptLine& move : own(rc::Random(seed), 100).value()) run.move(move);
  }
  for (const char* outcome : {"granted",
                              "joined",
                              "granted after waiting",
                              "done",
                              "held",
                              "held_by_you",
                              "wait_over",
                              "wait_superseded",
                              "queue_full",
                              "sessions_full",
                              "nothing_held",
                              "not_yours",
                              "session_needed",
                              "unknown_token",
                              "stale, lapsed",
                              "stale, released",
                              "stale, taken_over",
                              "stale, moved",
                              "stale, transferred",
                              "stale, revoked",
                              "taken_over",
                              "taken over after its window",
                              "taken when it came free",
                              "moved",
                              "transferred",
                              "revoked",
                              "requested",
                              "window began",
                              "dropped, taker_left",
                              "dropped, restart",
                              "takeover_pending",
                              "token_needed",
                              "reason_missing",
                              "to_oneself",
                              "nothing_of_session",
                              "several of a session",
                              "granted for ever"}) {
    EXPECT_GE(reached()[outcome], 5) << outcome;
  }
}

}  // namespace
}  // namespace holdfast::core
