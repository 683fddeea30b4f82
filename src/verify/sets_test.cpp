#include "verify/sets.h"

#include "verify/history_for_tests.h"

namespace holdfast::verify {
namespace {

using recording::Lock;

const Lock tokens{.tokens = true};

std::string judged(const std::string& text) {
  return answer(history(tokens, text), Question::linearizable);
}

TEST(Sets, fit_together_where_each_name_has_the_same_order) {
  EXPECT_EQ(judged(R"(
    a acquire 0..9 ok shown=1 name=x call=1
    a acquire 0..9 ok shown=1 name=y call=1
    b acquire 0..30 ok shown=2 name=x call=2
    b acquire 0..30 ok shown=2 name=y call=2
    a release 10..20 ok token=1 name=x call=3
    a release 10..20 ok token=1 name=y call=3)"),
            "holds");
}

TEST(Sets, do_not_fit_where_each_came_first_under_one_name) {
  const std::string text = R"(
    a acquire 0..50 ok shown=1 name=x call=1
    a acquire 0..50 ok shown=4 name=y call=1
    b acquire 0..50 ok shown=2 name=x call=2
    b acquire 0..50 ok shown=3 name=y call=2
    a release 5..60 ok token=1 name=x
    b release 5..60 ok token=3 name=y)";
  const recording::Recording recording = history(tokens, text);
  const Judgement judgement = judge(recording);
  const Finding& found = *finding(judgement, Question::linearizable);
  EXPECT_EQ(found.answer, Answer::violated);
  EXPECT_THAT(found.because, testing::HasSubstr("Sets were not taken whole"));
  ASSERT_TRUE(found.witness);
  EXPECT_EQ(found.witness->operations.size(), 2U);
}

TEST(Sets, do_not_fit_where_time_says_otherwise) {
  // Both names are right by themselves: y's owner could have come before. But a had x when c was told so, c was told
  // before b asked for y, and b had y before a.
  const std::string text = R"(
    a acquire 0..90 ok shown=2 name=x call=1
    a acquire 0..90 ok shown=9 name=y call=1
    c acquire 1..30 ok shown=3 name=x
    a release 2..95 ok token=2 name=x
    b acquire 40..50 ok shown=8 name=y
    b release 51..60 ok token=8 name=y)";
  EXPECT_EQ(judged(text), "violated");
  std::string apart = text;
  apart.replace(apart.find("name=x call=1"), 13, "name=x       ");
  apart.replace(apart.find("name=y call=1"), 13, "name=y       ");
  EXPECT_EQ(judged(apart), "holds");
}

}  // namespace
}  // namespace holdfast::verify
