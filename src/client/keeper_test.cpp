#include "client/keeper.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace holdfast::client {
namespace {

using namespace std::chrono_literals;
using Stand = Keeper::Stand;

constexpr Duration start = 12h;

Belief granted(Duration sent, Duration ttl) {
  Belief belief;
  belief.granted(sent, sent, 0s, ttl);
  return belief;
}

Keeper keeper_at_noon(Duration ttl = 30s, Duration grace = 5s) {
  return {granted(start, ttl), ttl, grace, start};
}

Answer<Holding> problem(ErrorCode code) {
  return std::unexpected(problem_of(Error{code}));
}

/// One renewal that is sent at `when` and answered at once.
void renew(Keeper& keeper, Duration when, const Answer<Holding>& answer = Holding{}) {
  ASSERT_TRUE(keeper.renewal_due(when));
  keeper.renewal_sent(when);
  keeper.renewal_answered(answer, when);
}

TEST(Keeper, renews_after_each_third_of_the_ttl) {
  Keeper keeper = keeper_at_noon(30s);
  for (Duration when = start + 10s; when < start + 100s; when += 10s) {
    EXPECT_FALSE(keeper.renewal_due(when - 1ns));
    EXPECT_EQ(keeper.next(when - 1ns), when);
    renew(keeper, when);
    EXPECT_EQ(keeper.belief().until(), when + 30s);
  }
}

TEST(Keeper, counts_the_third_from_the_request_of_a_grant_that_came_late) {
  Keeper keeper(granted(start, 30s), 30s, 5s, start + 8s);
  EXPECT_FALSE(keeper.renewal_due(start + 10s - 1ns));
  EXPECT_TRUE(keeper.renewal_due(start + 10s));
}

TEST(Keeper, ends_before_it_changes_hands_whatever_is_renewed) {
  Keeper keeper = keeper_at_noon(30s, 5s);
  keeper.changes_hands_at(start + 12s);
  EXPECT_EQ(keeper.stand(start + 7s - 1ns), Stand::holds);
  EXPECT_EQ(keeper.next(start + 1s), start + 7s);
  EXPECT_EQ(keeper.stand(start + 7s), Stand::ending);
  EXPECT_EQ(keeper.stop_at(), start + 12s - Keeper::margin_for(30s));
  EXPECT_EQ(keeper.stand(keeper.stop_at()), Stand::over);
}

TEST(Keeper, ends_at_once_where_it_changes_hands_sooner_than_the_grace) {
  Keeper keeper = keeper_at_noon(30s, 5s);
  keeper.changes_hands_at(start + 4s);
  EXPECT_EQ(keeper.stand(start + 1s), Stand::ending);
  EXPECT_EQ(keeper.stop_at(), start + 4s - Keeper::margin_for(30s));
}

TEST(Keeper, goes_on_where_it_changes_hands_no_more) {
  Keeper keeper = keeper_at_noon(30s, 5s);
  keeper.changes_hands_at(start + 12s);
  EXPECT_EQ(keeper.stand(start + 6s), Stand::holds);
  keeper.changes_hands_at(Belief::forever);
  EXPECT_EQ(keeper.stand(start + 12s), Stand::holds);
}

TEST(Keeper, has_one_renewal_in_flight) {
  Keeper keeper = keeper_at_noon(30s);
  keeper.renewal_sent(start + 10s);
  EXPECT_FALSE(keeper.renewal_due(start + 11s));
  EXPECT_FALSE(keeper.renewal_due(start + 24s));
  EXPECT_EQ(keeper.next(start + 11s), start + 25s) << "and wakes for the end all the same";
  keeper.renewal_answered(Holding{}, start + 20s);
  EXPECT_TRUE(keeper.renewal_due(start + 20s)) << "a third after it was sent, not after its answer";
}

TEST(KeeperDeathTest, stops_rather_than_have_two_renewals_in_flight) {
  Keeper keeper = keeper_at_noon();
  keeper.renewal_sent(start + 10s);
  EXPECT_DEATH(keeper.renewal_sent(start + 11s), "sent_");
}

TEST(Keeper, believes_from_when_the_renewal_was_sent) {
  Keeper keeper = keeper_at_noon(30s);
  keeper.renewal_sent(start + 10s);
  keeper.renewal_answered(Holding{}, start + 24s);
  EXPECT_EQ(keeper.belief().until(), start + 40s);
}

TEST(Keeper, believes_no_more_than_a_renewal_granted) {
  Keeper keeper = keeper_at_noon(30s);
  renew(keeper, start + 10s, Holding{.ttl = 60s});
  EXPECT_EQ(keeper.belief().until(), start + 40s);
  renew(keeper, start + 20s, Holding{.ttl = 1s});
  EXPECT_EQ(keeper.belief().until(), start + 21s);
  EXPECT_EQ(keeper.stand(start + 20s), Stand::ending) << "less than grace is left";
}

TEST(Keeper, tells_to_end_grace_before_belief_ends_and_ends_a_margin_before) {
  Keeper keeper = keeper_at_noon(30s, 5s);
  EXPECT_EQ(keeper.stand(start + 25s - 1ns), Stand::holds);
  EXPECT_EQ(keeper.stand(start + 25s), Stand::ending);
  EXPECT_EQ(keeper.next(start + 26s), keeper.stop_at());
  EXPECT_EQ(keeper.stop_at(), start + 30s - 250ms);
  EXPECT_EQ(keeper.stand(keeper.stop_at() - 1ns), Stand::ending);
  EXPECT_EQ(keeper.stand(keeper.stop_at()), Stand::over);
  EXPECT_FALSE(keeper.trouble()) << "nothing failed: nobody asked";
}

TEST(Keeper, never_goes_back_whatever_is_answered_later) {
  Keeper keeper = keeper_at_noon(30s, 5s);
  keeper.renewal_sent(start + 20s);
  EXPECT_EQ(keeper.stand(start + 25s), Stand::ending);
  keeper.renewal_answered(Holding{}, start + 26s);
  EXPECT_EQ(keeper.stand(start + 26s), Stand::ending);
  EXPECT_FALSE(keeper.renewal_due(start + 27s));
  EXPECT_EQ(keeper.stand(start + 30s), Stand::over);
}

TEST(Keeper, is_over_at_once_where_it_was_not_asked_in_time) {
  Keeper keeper = keeper_at_noon(30s, 5s);
  EXPECT_EQ(keeper.stand(start + 1h), Stand::over);
  EXPECT_EQ(keeper.next(start + 1h), start + 1h);
}

TEST(Keeper, begins_to_end_when_the_server_says_that_it_is_lost) {
  for (const ErrorCode code :
       {ErrorCode::stale, ErrorCode::nothing_held, ErrorCode::unknown_token, ErrorCode::not_yours}) {
    Keeper keeper = keeper_at_noon(30s, 5s);
    renew(keeper, start + 10s, problem(code));
    EXPECT_EQ(keeper.stand(start + 10s), Stand::ending);
    EXPECT_TRUE(keeper.belief().is_lost());
    EXPECT_EQ(keeper.trouble().value().code, code);
    EXPECT_EQ(keeper.stop_at(), start + 15s) << "grace is not spent waiting for the old belief to run out";
    EXPECT_EQ(keeper.stand(start + 15s), Stand::over);
  }
}

TEST(Keeper, gives_less_grace_where_the_belief_before_the_loss_ended_sooner) {
  Keeper keeper(granted(start, 30s), 30s, 10s, start);
  keeper.renewal_sent(start + 19s);
  keeper.renewal_answered(problem(ErrorCode::stale), start + 19s + 900ms);
  EXPECT_EQ(keeper.stop_at(), start + 30s - 250ms) << "19.9 s and 10 s would be later";
}

TEST(Keeper, tries_again_after_a_failure_that_does_not_mean_lost) {
  for (const ErrorCode code : {ErrorCode::unreachable, ErrorCode::answer_lost, ErrorCode::journal_behind}) {
    Keeper keeper = keeper_at_noon(30s);
    renew(keeper, start + 10s, problem(code));
    EXPECT_EQ(keeper.stand(start + 10s), Stand::holds);
    EXPECT_EQ(keeper.trouble().value().code, code);
    EXPECT_FALSE(keeper.renewal_due(start + 10s + 49ms));
    EXPECT_EQ(keeper.belief().until(), start + 30s);
    renew(keeper, start + 10s + 50ms);
    EXPECT_FALSE(keeper.trouble()) << "all is well again";
    EXPECT_EQ(keeper.belief().until(), start + 40s + 50ms);
  }
}

TEST(Keeper, tries_more_and_more_slowly_but_never_slower_than_each_second) {
  Keeper keeper = keeper_at_noon(30s);
  Duration now = start + 10s, longest{};
  int tries = 0;
  while (keeper.stand(now) == Stand::holds) {
    const Duration before = now;
    if (keeper.renewal_due(now)) renew(keeper, now, problem(ErrorCode::unreachable)), ++tries;
    now = keeper.next(now);
    longest = std::max(longest, now - before);
  }
  EXPECT_LE(longest, 1s);
  EXPECT_GE(tries, 15);
  EXPECT_LE(tries, 25);
}

TEST(Keeper, leaves_time_for_several_tries_however_short_the_ttl) {
  for (const Duration ttl : {Duration{100ms}, Duration{1s}, Duration{30s}, Duration{24h}}) {
    const Keeper keeper(granted(start, ttl), ttl, ttl / 3, start);
    EXPECT_LE(keeper.patience(), ttl / 5) << ttl.count();
    EXPECT_LE(Keeper::margin_for(ttl), ttl / 20);
    EXPECT_GT(Keeper::margin_for(ttl), 0ns);
  }
}

RC_GTEST_PROP(Keeper, is_over_before_the_belief_it_had_ends, ()) {
  const Duration ttl = std::chrono::milliseconds(*rc::gen::inRange(100, 60'000));
  const Duration grace = ttl * *rc::gen::inRange(0, 50) / 100;
  Keeper keeper(granted(start, ttl), ttl, grace, start);
  Duration now = start, belief_end = start + ttl;
  Stand before = Stand::holds;
  for (int i = 0; i < 60 && before != Stand::over; ++i) {
    if (keeper.renewal_due(now)) {
      keeper.renewal_sent(now);
      const Duration sent = now;
      now += std::min<Duration>(keeper.patience(), std::chrono::milliseconds(*rc::gen::inRange(0, 3'000)));
      const auto code = *rc::gen::element(ErrorCode::none, ErrorCode::none, ErrorCode::answer_lost, ErrorCode::stale);
      if (code == ErrorCode::none && keeper.stand(now) == Stand::holds) belief_end = sent + ttl;
      keeper.renewal_answered(code == ErrorCode::none ? Answer<Holding>(Holding{}) : problem(code), now);
    }
    const Stand stand = keeper.stand(now);
    RC_ASSERT(stand >= before);
    RC_ASSERT(keeper.stop_at() < belief_end);
    RC_ASSERT(stand == Stand::over || keeper.next(now) > now || keeper.renewal_due(now));
    before = stand;
    now = std::max(now, keeper.next(now));
  }
}

}  // namespace
}  // namespace holdfast::client
