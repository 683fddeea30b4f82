#include "cli/durations.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

TEST(Durations, are_read_in_every_unit_and_in_seconds_without_one) {
  EXPECT_EQ(parse_duration("30"), 30s);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("2min"), 2min);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("1d"), 24h);
  EXPECT_EQ(parse_duration("0"), 0s);
  EXPECT_EQ(parse_duration(".5s"), 500ms);
}

TEST(Durations, are_refused_where_they_are_none) {
  for (const char* text :
       {"", "s", "5x", "5 s", " 5s", "5s ", "+5s", "-1s", "1e3", "1,5s", "nan", "inf", "0x10", "5S"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Durations, are_refused_beyond_a_hundred_years) {
  EXPECT_TRUE(parse_duration("36500d"));
  EXPECT_EQ(parse_duration("36501d"), std::nullopt);
  EXPECT_EQ(parse_duration("99999999999999999999999999d"), std::nullopt);
}

TEST(Durations, are_told_in_what_matters) {
  EXPECT_EQ(told(350ms), "350 ms");
  EXPECT_EQ(told(21s + 999ms), "21 s");
  EXPECT_EQ(told(119s), "119 s");
  EXPECT_EQ(told(3min + 59s), "3 min");
  EXPECT_EQ(told(2h + 5min), "2 h 5 min");
  EXPECT_EQ(told(3h), "3 h");
  EXPECT_EQ(told(47h + 59min), "47 h 59 min");
  EXPECT_EQ(told(100h), "4 d");
  EXPECT_EQ(told(-1s), "0 s");
}

TEST(Durations, are_told_rounded_up_where_they_remain) {
  EXPECT_EQ(told_remaining(1ns), "1 ms");
  EXPECT_EQ(told_remaining(20s + 1ms), "21 s");
  EXPECT_EQ(told_remaining(20s), "20 s");
  EXPECT_EQ(told_remaining(2min + 1s), "3 min");
  EXPECT_EQ(told_remaining(49h), "3 d");
}

RC_GTEST_PROP(Durations, can_be_typed_as_they_are_shown, ()) {
  const Duration duration = std::chrono::milliseconds(*rc::gen::inRange<std::int64_t>(0, 100'000'000));
  RC_ASSERT(parse_duration(typed(duration)) == duration);
}

}  // namespace
}  // namespace holdfast::cli
