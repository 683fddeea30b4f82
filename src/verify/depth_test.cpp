#include "verify/depth.h"

#include "verify/history_for_tests.h"

namespace holdfast::verify {
namespace {

using recording::Lock;

const Lock two{.kind = Lock::Kind::permits, .permits = 2};
const Lock shared{.kind = Lock::Kind::shared};
const Lock shared_leases{.kind = Lock::Kind::shared, .tokens = true, .leases = true, .drift = 0};

std::string judged(const Lock& lock, const std::string& text) {
  return answer(history(lock, text), Question::linearizable);
}

TEST(Permits, are_as_many_as_there_are) {
  EXPECT_EQ(judged(two, "a acquire 0..1 ok\n b acquire 2..3 ok\n c acquire 4..5 busy"), "holds");
  EXPECT_EQ(judged(two, "a acquire 0..1 ok\n b acquire 2..3 ok\n c acquire 4..5 ok"), "violated");
  EXPECT_EQ(judged(two, "a acquire 0..1 ok\n b acquire 2..3 ok\n a release 4..9 ok\n c acquire 4..5 ok"), "holds");
  EXPECT_EQ(judged(two, "a acquire 0..1 ok\n b acquire 2..3 ok\n a release 4..9 unknown\n c acquire 10..11 ok"),
            "holds");
}

TEST(Permits, are_not_refused_while_there_are_some) {
  EXPECT_EQ(judged(two, "a acquire 0..1 ok\n c acquire 4..5 busy"), "violated");
  EXPECT_EQ(judged(two, "a acquire 0..1 ok\n b acquire 2..9 ok\n c acquire 4..5 busy"), "holds");
}

TEST(SharedLock, lets_many_in_or_one_alone) {
  EXPECT_EQ(judged(shared, "a acquire 0..1 ok shared\n b acquire 2..3 ok shared\n c acquire 4..5 busy"), "holds");
  EXPECT_EQ(judged(shared, "a acquire 0..1 ok shared\n b acquire 2..3 ok shared\n c acquire 4..5 ok"), "violated");
  EXPECT_EQ(judged(shared, "a acquire 0..1 ok\n b acquire 2..3 ok shared"), "violated");
  EXPECT_EQ(judged(shared, "a acquire 0..1 ok shared\n b acquire 2..3 busy shared"), "violated");
}

TEST(SharedLock, keeps_leases_to_their_ttl) {
  EXPECT_EQ(judged(shared_leases, "a acquire 0..1 ok shared shown=1 ttl=10\n b acquire 7..9 ok shown=2 ttl=10"),
            "violated");
  EXPECT_EQ(judged(shared_leases, "a acquire 0..1 ok shared shown=1 ttl=10\n b acquire 7..10 ok shown=2 ttl=10"),
            "holds");
  EXPECT_EQ(judged(shared_leases, R"(
    a acquire 0..1 ok shared shown=1 ttl=10
    a renew 5..6 ok token=1 ttl=10
    b acquire 7..12 ok shown=2 ttl=10)"),
            "violated");
}

TEST(Permits, of_too_many_holders_tell_of_three) {
  Lock four = two;
  four.permits = 4;
  const Judgement judgement = judge(history(four, R"(
    a acquire 0..1 ok
    b acquire 0..1 ok
    c acquire 0..1 ok
    d acquire 0..1 ok
    e acquire 2..3 ok)"));
  const Finding& found = *finding(judgement, Question::linearizable);
  ASSERT_TRUE(found.witness);
  EXPECT_EQ(found.witness->operations.size(), 3U);
  EXPECT_THAT(found.because, testing::HasSubstr("so did 2 more; only 4 may; e asked to own it"));
}

}  // namespace
}  // namespace holdfast::verify
