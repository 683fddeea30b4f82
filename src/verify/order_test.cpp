#include "verify/order.h"

#include "verify/history_for_tests.h"

namespace holdfast::verify {
namespace {

using recording::Lock;

const Lock queue{.tokens = true, .reentrant = true, .fifo = true};
const Lock plain_queue{.fifo = true};

std::string order(const Lock& lock, const std::string& text) {
  return answer(history(lock, text), Question::order);
}

const std::string holder = "h acquire 0..1 ok shown=1\n h release 90..91 ok token=1\n";

TEST(Order, is_that_of_those_who_waited) {
  EXPECT_EQ(order(queue, holder + R"(
    a acquire 10..100 ok shown=2 waited=80
    b acquire 50..120 ok shown=3 waited=60)"),
            "holds");
}

TEST(Order, is_broken_by_one_who_came_later_and_went_first) {
  const std::string overtaken = R"(
    a acquire 10..120 ok shown=3 waited=105
    b acquire 50..100 ok shown=2 waited=45
    b release 101..102 ok token=2)";
  EXPECT_EQ(order(queue, holder + overtaken), "violated");
  const Judgement judgement = judge(history(queue, holder + overtaken));
  EXPECT_THAT(finding(judgement, Question::order)->because,
              testing::StartsWith("a waited for job from 0.017105 s at the latest; b asked for it only at 0.050 s and "
                                  "was granted under token 2 at 0.100 s, before a was under token 3"));
}

TEST(Order, is_judged_by_time_without_tokens) {
  EXPECT_EQ(order(plain_queue, R"(
    h acquire 0..1 ok
    h release 90..91 ok
    a acquire 10..120 ok waited=105
    b acquire 50..100 ok waited=45
    b release 101..102 ok)"),
            "violated");
  EXPECT_EQ(order(plain_queue, R"(
    h acquire 0..1 ok
    h release 90..91 ok
    a acquire 10..100 ok waited=82
    a release 101..102 ok
    b acquire 50..120 ok waited=60)"),
            "holds");
}

TEST(Order, is_not_broken_by_what_may_have_come_first) {
  // It only shows that `a` waited from 80 on; who came before that may have been there first.
  EXPECT_EQ(order(queue, holder + R"(
    a acquire 10..120 ok shown=3 waited=40
    b acquire 50..100 ok shown=2 waited=45
    b release 101..102 ok token=2)"),
            "holds");
}

TEST(Order, lets_takeovers_and_those_who_asked_before_go_first) {
  EXPECT_EQ(order(queue, holder + R"(
    a acquire 10..120 ok shown=3 waited=105
    b takeover 50..51 ok shown=2 token=1
    b release 101..102 ok token=2)"),
            "holds");
  EXPECT_EQ(order(queue, holder + R"(
    a acquire 10..120 ok shown=3 waited=105
    b takeover 50..51 ok shown=2 token=1
    b acquire 60..61 ok shown=2
    b release 101..102 ok token=2)"),
            "holds");  // It asked again for what it had taken.
  EXPECT_EQ(order(queue, holder + R"(
    b acquire 5..? unknown
    a acquire 10..120 ok shown=3 waited=105
    b acquire 50..100 ok shown=2 waited=45
    b release 101..102 ok token=2)"),
            "holds");  // `b` has taken over its own place.
}

TEST(Order, is_not_asked_where_nobody_waited) {
  EXPECT_EQ(order(queue, holder), "not asked");
  EXPECT_EQ(order(Lock{.tokens = true}, holder), "not asked");
}

}  // namespace
}  // namespace holdfast::verify
