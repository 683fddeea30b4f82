#include "verify/belief.h"

#include "verify/history_for_tests.h"

namespace holdfast::verify {
namespace {

using recording::Lock;

const Lock leases{.tokens = true, .leases = true, .late_renewal = true, .reentrant = true, .drift = 0};

std::string believed(const std::string& text) {
  return answer(history(leases, text), Question::belief);
}

TEST(BeliefIntervals, may_follow_one_another) {
  EXPECT_EQ(believed("a acquire 0..1 ok ttl=10 shown=1\n b acquire 10..11 ok ttl=10 shown=2"), "holds");
}

TEST(BeliefIntervals, may_not_overlap) {
  EXPECT_EQ(believed("a acquire 0..1 ok ttl=10 shown=1\n b acquire 8..9 ok ttl=10 shown=2"), "violated");
}

TEST(BeliefIntervals, end_with_the_call_of_a_release_or_when_the_loss_is_told) {
  EXPECT_EQ(believed("a acquire 0..1 ok ttl=10 shown=1\n a release 2..8 ok token=1\n b acquire 2..3 ok ttl=9 shown=2"),
            "holds");
  EXPECT_EQ(believed("a acquire 0..1 ok ttl=10 shown=1\n lost a 2 token=1\n b acquire 3..4 ok ttl=9 shown=2"), "holds");
  EXPECT_EQ(believed("a acquire 0..1 ok ttl=10 shown=1\n lost a 5 token=1\n b acquire 3..4 ok ttl=9 shown=2"),
            "violated");
}

TEST(BeliefIntervals, go_on_with_each_answered_renewal) {
  EXPECT_EQ(
      believed("a acquire 0..1 ok ttl=10 shown=1\n a renew 8..9 ok ttl=10 token=1\n b acquire 16..17 ok ttl=9 shown=2"),
      "violated");
  EXPECT_EQ(
      believed(
          "a acquire 0..1 ok ttl=10 shown=1\n a renew 8..? unknown ttl=10 token=1\n b acquire 16..17 ok ttl=9 shown=2"),
      "holds");
}

TEST(BeliefIntervals, of_the_displaced_go_on_until_they_hear_of_it) {
  const Judgement judgement = judge(history(leases, R"(
    a acquire 0..1 ok ttl=100 shown=1
    b takeover 2..3 ok ttl=100 shown=2 token=1
    a renew 7..8 stale token=1 shown=2)"));
  EXPECT_EQ(finding(judgement, Question::belief)->answer, Answer::holds);
  EXPECT_EQ(judgement.coverage.displaced_overlaps, 1U);
  EXPECT_EQ(judgement.coverage.longest_displaced, 5'000'000);
}

TEST(BeliefIntervals, of_the_displaced_may_begin_again_with_an_answer_that_was_late) {
  const Judgement judgement = judge(history(leases, R"(
    a acquire 0..1 ok ttl=3 shown=1
    a renew 2..8 ok ttl=9 token=1
    b takeover 4..5 ok ttl=100 shown=2 token=1)"));
  EXPECT_EQ(finding(judgement, Question::belief)->answer, Answer::holds);
}

TEST(BeliefIntervals, do_not_rest_on_what_was_given_up_by_a_call_that_may_still_be_on_its_way) {
  EXPECT_EQ(believed(R"(
    a acquire 0..1 ok ttl=100 shown=1
    a release 2..? unknown token=1
    a acquire 5..6 ok ttl=100 shown=1
    b acquire 8..9 ok ttl=100 shown=2 previous=1)"),
            "holds");
}

TEST(BeliefIntervals, of_others_are_not_excused_by_a_takeover_of_unknown_outcome) {
  const std::string overlap = "a acquire 50..51 ok ttl=10 shown=5\n b acquire 58..59 ok ttl=10 shown=6\n";
  EXPECT_EQ(believed("c takeover 2..? unknown token=1\n" + overlap), "violated");
  EXPECT_EQ(believed("c takeover 2..? unknown token=5\n" + overlap), "holds");
  EXPECT_EQ(believed("a acquire 0..1 ok ttl=5 shown=3\n c takeover 2..3 ok ttl=10 token=3 shown=4\n" + overlap),
            "violated");
}

TEST(BeliefIntervals, of_sessions_that_share_may_overlap) {
  Lock joins = leases;
  joins.joins = true;
  const std::string text = "a acquire 0..1 ok ttl=10 shown=1\n b acquire 2..3 ok ttl=10 shown=1 joined\n";
  EXPECT_EQ(answer(history(joins, "owner o a b\n" + text), Question::belief), "holds");
  EXPECT_EQ(answer(history(joins, text), Question::belief), "violated");
}

TEST(BeliefIntervals, may_be_as_many_as_there_are_permits) {
  const Lock two{.kind = Lock::Kind::permits, .permits = 2, .leases = true, .drift = 0};
  const std::string text = "a acquire 0..1 ok ttl=10\n b acquire 0..1 ok ttl=10\n";
  EXPECT_EQ(answer(history(two, text), Question::belief), "holds");
  EXPECT_EQ(answer(history(two, text + "c acquire 2..3 ok ttl=10"), Question::belief), "violated");
  const Lock shared{.kind = Lock::Kind::shared, .leases = true, .drift = 0};
  EXPECT_EQ(
      answer(history(shared, "a acquire 0..1 ok ttl=10 shared\n b acquire 0..1 ok ttl=10 shared"), Question::belief),
      "holds");
  EXPECT_EQ(answer(history(shared, "a acquire 0..1 ok ttl=10 shared\n b acquire 0..1 ok ttl=10"), Question::belief),
            "violated");
}

TEST(BeliefIntervals, begin_after_the_wait_and_end_with_the_ttl_after_it) {
  EXPECT_EQ(believed("a acquire 0..6 ok ttl=10 waited=5 shown=1\n b acquire 11..12 ok ttl=10 shown=2"), "violated");
  EXPECT_EQ(believed("a acquire 0..6 ok ttl=10 waited=5 shown=1\n b acquire 11..15 ok ttl=10 shown=2"), "holds");
}

}  // namespace
}  // namespace holdfast::verify
