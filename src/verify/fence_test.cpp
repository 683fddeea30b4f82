#include "verify/fence.h"

#include "verify/history_for_tests.h"

namespace holdfast::verify {
namespace {

using recording::Lock;

const Lock tokens{.tokens = true, .reentrant = true};

std::string fence(const std::string& text, const Lock& lock = tokens) {
  return answer(history(lock, text), Question::fence);
}
std::string late(const std::string& text) {
  return answer(history(tokens, text), Question::stale_writes);
}

TEST(Fence, holds_where_tokens_rise) {
  EXPECT_EQ(fence("a acquire 0..1 ok shown=1\n a release 2..3 ok token=1\n b acquire 4..5 ok shown=2"), "holds");
}

TEST(Fence, is_broken_by_a_token_given_to_two) {
  const std::string text = "a acquire 0..1 ok shown=1\n a release 2..3 ok token=1\n b acquire 4..5 ok shown=1";
  EXPECT_EQ(fence(text), "violated");
  EXPECT_EQ(fence("a acquire 0..1 ok shown=1\n a acquire 4..5 ok shown=1"), "holds");  // It asked again.
  Lock joins = tokens;
  joins.joins = true;
  EXPECT_EQ(fence("owner o a b\n a acquire 0..1 ok shown=1\n b acquire 4..5 ok shown=1 joined", joins), "holds");
}

TEST(Fence, is_broken_by_a_token_that_falls) {
  EXPECT_EQ(fence("a acquire 0..1 ok shown=9\n a release 2..3 ok token=9\n b acquire 4..5 ok shown=2"), "violated");
  EXPECT_EQ(fence("a acquire 0..5 ok shown=9\n b acquire 4..5 ok shown=2"), "holds");  // It may have been before.
}

TEST(Fence, is_broken_by_a_lost_update) {
  const std::string writes = "a write 2..3 ok token=1 value=4\n b write 4..5 ok token=2 value=4";
  EXPECT_EQ(fence(writes), "violated");
  EXPECT_EQ(fence("a write 2..3 ok value=4\n b write 4..5 ok value=4", Lock{}), "violated");
  EXPECT_EQ(fence("a write 2..3 ok token=1 value=4\n b write 4..5 ok token=2 value=5"), "holds");
  EXPECT_EQ(fence("a write 2..3 ok token=1 value=4\n b write 4..5 stale token=2 value=4"), "holds");
}

TEST(Fence, is_undecided_where_leases_end_by_themselves_and_have_no_tokens) {
  const Lock leases{.leases = true};
  const Judgement judgement = judge(history(leases, "a write 2..3 ok value=4\n b write 4..5 ok value=5"));
  const Finding& found = *finding(judgement, Question::fence);
  EXPECT_EQ(found.answer, Answer::undecided);
  EXPECT_THAT(found.because, testing::HasSubstr("gives no tokens"));
}

TEST(Fence, needs_no_tokens_where_only_the_holder_ends_a_holding) {
  EXPECT_EQ(fence("a write 2..3 ok value=4\n b write 4..5 ok value=5", Lock{}), "holds");
}

TEST(StaleWrites, are_refused) {
  EXPECT_EQ(late("b write 2..3 ok token=2 value=4\n a write 4..5 stale token=1 value=4"), "holds");
  EXPECT_EQ(late("b write 2..3 ok token=2 value=4\n a write 4..5 ok token=1 value=5"), "violated");
  EXPECT_EQ(fence("b write 2..3 ok token=2 value=4\n a write 4..5 ok token=1 value=5"), "violated");
  EXPECT_EQ(fence("b write 2..5 ok token=2 value=5\n a write 4..5 ok token=1 value=4"), "holds");  // At one time.
  EXPECT_EQ(late("b write 2..5 ok token=2 value=5\n a write 4..5 ok token=1 value=4"), "not asked");
  EXPECT_EQ(late("b acquire 2..3 ok shown=2"), "not asked");
}

}  // namespace
}  // namespace holdfast::verify
