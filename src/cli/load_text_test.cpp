#include "cli/load_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(ToldLatency, gives_three_digits_in_the_unit_that_fits) {
  EXPECT_EQ(told_latency(0ns), "0 ns");
  EXPECT_EQ(told_latency(999ns), "999 ns");
  EXPECT_EQ(told_latency(1'000ns), "1.00 us");
  EXPECT_EQ(told_latency(12'340ns), "12.3 us");
  EXPECT_EQ(told_latency(999'400ns), "999 us");
  EXPECT_EQ(told_latency(999'600ns), "1.00 ms");
  EXPECT_EQ(told_latency(61s), "61.0 s");
}

TEST(ToldReport, says_what_was_refused_lost_and_left_behind_only_where_it_was) {
  LoadReport report;
  report.took = 1s;
  report.operations[LoadOp::acquire].latency.record(1ms);
  EXPECT_THAT(told_report({}, report), Not(HasSubstr("refused")));
  report.operations[LoadOp::acquire].refused["held"] = 3;
  report.lost = 1;
  report.left_behind = 2;
  const std::string told = told_report({}, report);
  EXPECT_THAT(told, HasSubstr("3 x acquire: held"));
  EXPECT_THAT(told, HasSubstr("1 x no answer came"));
  EXPECT_THAT(told, HasSubstr("2 that could not be released"));
}

}  // namespace
}  // namespace holdfast::cli
