#include "engine/statistics.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;

TEST(DurationHistogram, puts_each_duration_into_the_bucket_whose_bound_it_does_not_exceed) {
  DurationHistogram histogram;
  histogram.observe(100us);  // To the bound.
  histogram.observe(100us + 1ns);
  histogram.observe(1s);
  histogram.observe(1h);
  EXPECT_EQ(histogram.counts.front(), 1U);
  EXPECT_EQ(histogram.counts[1], 1U);
  EXPECT_EQ(histogram.counts[12], 1U);
  EXPECT_EQ(histogram.counts.back(), 1U);
  EXPECT_EQ(histogram.count, 4U);
  EXPECT_NEAR(histogram.sum, 3601.0002, 1e-6);
}

TEST(SizeHistogram, counts_a_single_one_apart_from_two) {
  SizeHistogram histogram;
  for (const std::size_t size : {1, 2, 3, 6'000}) histogram.observe(size);
  EXPECT_EQ(histogram.counts[0], 1U);
  EXPECT_EQ(histogram.counts[1], 1U);
  EXPECT_EQ(histogram.counts[2], 1U);
  EXPECT_EQ(histogram.counts.back(), 1U);
  EXPECT_EQ(histogram.sum, 6'006);
}

}  // namespace
}  // namespace holdfast::engine
