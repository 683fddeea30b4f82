#include "verify/sweep.h"

#include "verify/history_for_tests.h"

namespace holdfast::verify {
namespace {

using recording::Lock;

const Lock plain{};
const Lock swept_lock{.tokens = true};
const Lock swept_leases{.leases = true, .drift = 0};
const Lock token_leases{.tokens = true, .leases = true, .drift = 0};
const Lock holdfast_like{
    .tokens = true, .leases = true, .late_renewal = true, .joins = false, .reentrant = true, .drift = 0};

std::string swept(const Lock& lock, const std::string& text) {
  return answer(history(lock, text), Question::linearizable);
}

/// What the sweep says by itself: where it has its doubts, `judge` asks the search as well.
std::string swept_alone(const Lock& lock, const std::string& text) {
  const recording::Recording recording = history(lock, text);
  std::vector<Position> operations(recording.operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) operations[i] = static_cast<Position>(i);
  const Swept found = sweep(recording, operations, chain(recording, operations), Unseen::may_have_been);
  return found.violations > 0 ? "violated" : "holds";
}

TEST(Sweep, lets_a_takeover_that_meant_an_older_holding_have_a_free_name_and_no_other) {
  const std::string displaced = R"(
    a acquire 0..1 ok ttl=10 shown=1
    b takeover 2..3 ok ttl=10 token=1 shown=2)";
  EXPECT_EQ(swept(holdfast_like, displaced + "\n c takeover 15..16 ok ttl=10 token=1 shown=3 previous=2"), "holds");
  EXPECT_EQ(swept(holdfast_like, displaced + "\n c takeover 7..8 ok ttl=10 token=1 shown=3 previous=2"), "violated");
  EXPECT_EQ(swept(holdfast_like, R"(
    a acquire 0..1 ok ttl=10 shown=1
    b takeover 2..? unknown token=1
    a renew 13..14 stale token=1 shown=2
    b takeover 15..16 ok ttl=10 token=1 shown=3 previous=2)"),
            "holds");
}

TEST(Sweep, takes_turns_for_right) {
  EXPECT_EQ(swept(plain, R"(
    a acquire 0..1 ok
    b acquire 1..2 busy
    a release 3..4 ok
    b acquire 4..5 ok
    b release 6..7 ok)"),
            "holds");
}

TEST(Sweep, finds_two_holders_without_tokens) {
  EXPECT_EQ(swept(plain, R"(
    a acquire 0..1 ok
    b acquire 2..3 ok
    a release 4..5 ok
    b release 6..7 ok)"),
            "violated");
}

TEST(Sweep, finds_two_holders_with_tokens) {
  EXPECT_EQ(swept(swept_lock, R"(
    a acquire 0..1 ok shown=1
    b acquire 2..3 ok shown=2
    a release 4..5 ok token=1
    b release 6..7 ok token=2)"),
            "violated");
}

TEST(Sweep, lets_what_overlaps_be_in_either_order) {
  for (const Lock& lock : {plain, swept_leases}) {
    EXPECT_EQ(swept(lock, R"(
      a acquire 0..1 ok
      b acquire 2..9 ok
      a release 4..5 ok
      b release 10..11 ok)"),
              "holds");
  }
}

TEST(Sweep, finds_a_refusal_by_nobody) {
  EXPECT_EQ(swept(plain, "a acquire 0..1 busy"), "violated");
  EXPECT_EQ(swept(plain, "a acquire 0..1 ok\n a release 2..3 ok\n b acquire 4..5 busy"), "violated");
  EXPECT_EQ(swept(plain, "a acquire 0..1 ok\n a release 2..5 ok\n b acquire 4..5 busy"), "holds");
}

TEST(Sweep, finds_a_lease_given_away_before_its_ttl) {
  EXPECT_EQ(swept(swept_leases, "a acquire 0..1 ok ttl=10\n b acquire 8..9 ok ttl=10"), "violated");
  EXPECT_EQ(swept(swept_leases, "a acquire 0..1 ok ttl=10\n b acquire 8..10 ok ttl=10"), "holds");
  EXPECT_EQ(swept(token_leases, "a acquire 0..1 ok ttl=10 shown=1\n b acquire 8..9 ok ttl=10 shown=2"), "violated");
  EXPECT_EQ(swept(token_leases, "a acquire 0..1 ok ttl=10 shown=1\n b acquire 8..10 ok ttl=10 shown=2"), "holds");
}

TEST(Sweep, counts_the_ttl_from_the_end_of_the_wait) {
  EXPECT_EQ(swept(token_leases, "a acquire 0..6 ok ttl=10 waited=5 shown=1\n b acquire 8..12 ok ttl=10 shown=2"),
            "violated");
}

TEST(Sweep, counts_the_ttl_from_the_last_renewal) {
  for (const Lock& lock : {token_leases, holdfast_like}) {
    EXPECT_EQ(swept(lock, R"(
      a acquire 0..1 ok ttl=10 shown=1
      a renew 5..6 ok ttl=10 token=1
      b acquire 11..12 ok ttl=10 shown=2)"),
              "violated");
  }
}

TEST(Sweep, finds_what_was_passed_on_after_its_release) {
  EXPECT_EQ(swept(swept_lock, R"(
    a acquire 0..1 ok shown=1
    a release 2..3 ok token=1
    b move 4..5 ok token=1 shown=2)"),
            "violated");
}

TEST(Sweep, lets_a_shared_holding_last_until_the_last_session_has_left) {
  Lock joins = token_leases;
  joins.joins = true;
  const std::string text = R"(
    owner o a b
    a acquire 0..1 ok ttl=90 shown=1
    b acquire 2..3 ok ttl=90 shown=1 joined
    a release 4..5 ok token=1
  )";
  EXPECT_EQ(swept_alone(joins, text + "c acquire 8..9 busy shown=1\n"), "holds");
  EXPECT_EQ(swept_alone(joins, text + "c acquire 8..9 ok ttl=90 shown=2\n"), "violated");
  EXPECT_EQ(swept_alone(joins, text + "c acquire 8..9 ok ttl=90 shown=2\n b release 6..7 ok token=1\n"), "holds");
  EXPECT_EQ(
      swept(joins,
            "owner o a b\n owner p c\n a acquire 0..1 ok ttl=90 shown=1\n c acquire 2..3 ok ttl=90 shown=1 joined"),
      "violated");
  EXPECT_EQ(swept_alone(joins, "owner o a b\n b acquire 2..3 ok ttl=90 shown=1 joined"), "violated");
}

TEST(Sweep, lets_either_of_two_renewals_at_one_time_be_the_last) {
  const std::string text = R"(
    a acquire 0..1 ok ttl=10 shown=1
    a renew 5..9 ok ttl=3 token=1
    a renew 6..7 ok ttl=100 token=1
  )";
  EXPECT_EQ(swept(token_leases, text + "b acquire 8..9 ok ttl=10 shown=2"), "holds");
  EXPECT_EQ(swept(token_leases, text + "b acquire 7..8 ok ttl=10 shown=2"), "violated");
}

TEST(Sweep, lets_a_lapsed_holding_be_renewed_only_where_the_lock_does_that) {
  const std::string text = R"(
    a acquire 0..1 ok ttl=10 shown=1
    b query 11..12 ok
    a renew 13..14 ok ttl=10 token=1
    b query 15..16 ok held shown=1)";
  EXPECT_EQ(swept(holdfast_like, text), "holds");
  EXPECT_EQ(swept(token_leases, text), "violated");
  EXPECT_EQ(swept(holdfast_like, text + "\n b query 17..18 ok"), "violated");
  EXPECT_EQ(swept(holdfast_like, text + "\n b query 17..23 ok"), "holds");
}

TEST(Sweep, lets_nobody_renew_what_somebody_else_took) {
  EXPECT_EQ(swept(holdfast_like, R"(
    a acquire 0..1 ok ttl=10 shown=1
    b acquire 11..12 ok ttl=10 shown=2
    a renew 13..14 ok ttl=10 token=1)"),
            "violated");
}

TEST(Sweep, finds_a_release_of_somebody_elses_holding) {
  EXPECT_EQ(swept(holdfast_like, R"(
    a acquire 0..1 ok ttl=10 shown=1
    b acquire 11..12 ok ttl=10 shown=2
    a release 13..14 ok token=1)"),
            "violated");
}

TEST(Sweep, lets_a_takeover_end_the_holding_before_it) {
  EXPECT_EQ(swept(holdfast_like, R"(
    a acquire 0..1 ok ttl=100 shown=1
    b takeover 2..3 ok ttl=100 shown=2 token=1
    a renew 4..5 stale token=1 shown=2)"),
            "holds");
  EXPECT_EQ(swept(holdfast_like, R"(
    a acquire 0..1 ok ttl=100 shown=1
    b takeover 2..3 ok ttl=100 shown=2 token=1
    a renew 4..5 ok token=1 ttl=100)"),
            "violated");
}

TEST(Sweep, finds_a_stale_answer_to_the_holder) {
  EXPECT_EQ(swept(holdfast_like, "a acquire 0..1 ok ttl=10 shown=1\n a renew 2..3 stale token=1"), "violated");
  EXPECT_EQ(swept(holdfast_like, "a acquire 0..1 ok ttl=10 shown=1\n a renew 2..11 stale token=1"), "holds");
}

TEST(Sweep, needs_somebody_who_may_have_been_granted_what_was_seen) {
  EXPECT_EQ(swept(holdfast_like, R"(
    a acquire 0..1 ok ttl=10 shown=1
    a release 2..3 ok token=1
    b query 4..5 ok held shown=2)"),
            "violated");
  EXPECT_EQ(swept(holdfast_like, R"(
    a acquire 0..1 ok ttl=10 shown=1
    c acquire 0..? unknown
    a release 2..3 ok token=1
    b query 4..5 ok held shown=2)"),
            "holds");
}

TEST(Sweep, needs_somebody_else_for_each_of_what_was_seen) {
  const std::string text = R"(
    a acquire 0..1 ok ttl=10 shown=1
    a release 2..3 ok token=1
    c acquire 0..? unknown
    b query 4..5 ok held shown=2
    b query 6..7 ok held shown=3)";
  EXPECT_EQ(swept(holdfast_like, text), "violated");
  EXPECT_EQ(swept(holdfast_like, text + "\n d acquire 6..? unknown"), "holds");
  EXPECT_EQ(swept(holdfast_like, text + "\n d acquire 8..? unknown"), "violated");
  EXPECT_EQ(swept_alone(holdfast_like, text), "violated");
}

TEST(Sweep, reads_the_token_before) {
  EXPECT_EQ(swept(holdfast_like, R"(
    a acquire 0..1 ok ttl=10 shown=1
    a release 2..3 ok token=1
    b acquire 4..5 ok ttl=10 shown=5 previous=3)"),
            "violated");
}

TEST(Sweep, finds_a_move_of_what_nobody_had) {
  EXPECT_EQ(swept(swept_leases, "b move 0..1 ok ttl=10\n c acquire 2..3 busy"), "violated");
  EXPECT_EQ(swept(swept_leases, "a acquire 0..1 ok ttl=10\n b move 2..3 ok ttl=10"), "holds");
  EXPECT_EQ(swept(swept_leases, "a acquire 0..1 ok ttl=10\n a release 2..3 ok\n b move 4..5 ok ttl=10"), "violated");
}

TEST(Sweep, finds_a_token_given_twice) {
  EXPECT_EQ(swept(holdfast_like, R"(
    a acquire 0..1 ok ttl=10 shown=1
    a release 2..3 ok token=1
    b acquire 4..5 ok ttl=10 shown=1)"),
            "violated");
}

}  // namespace
}  // namespace holdfast::verify
