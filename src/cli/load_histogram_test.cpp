#include "cli/load_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

TEST(LatencyHistogram, knows_nothing_when_nothing_was_recorded) {
  const LatencyHistogram empty;
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_EQ(empty.at(0.5), 0ns);
  EXPECT_EQ(empty.max(), 0ns);
}

TEST(LatencyHistogram, is_exact_below_128_nanoseconds) {
  LatencyHistogram histogram;
  for (int i = 0; i < 128; ++i) histogram.record(Duration(i));
  EXPECT_EQ(histogram.at(0), 0ns);
  EXPECT_EQ(histogram.at(0.5), 63ns);
  EXPECT_EQ(histogram.at(1), 127ns);
}

TEST(LatencyHistogram, tells_every_size_to_within_a_sixtieth_and_never_shorter) {
  for (std::int64_t value = 1; value < std::int64_t{1} << 61; value += 1 + value / 3) {
    LatencyHistogram histogram;
    histogram.record(Duration(value));
    histogram.record(Duration::max());  // So that the greatest value does not stand in for the bucket's end.
    const double told = static_cast<double>(histogram.at(0.5).count());
    EXPECT_GE(told, static_cast<double>(value));
    EXPECT_LE(told, static_cast<double>(value) * (1 + 1.0 / 60));
  }
}

TEST(LatencyHistogram, keeps_the_greatest_latency_as_it_was) {
  LatencyHistogram histogram;
  histogram.record(1'234'567ns);
  histogram.record(Duration::max());
  EXPECT_EQ(histogram.max(), Duration::max());
  EXPECT_EQ(histogram.at(1), Duration::max());
}

TEST(LatencyHistogram, agrees_with_sorting_on_every_percentile) {
  std::mt19937_64 random(20260205);
  std::lognormal_distribution<double> spread(12, 1.5);  // Around 160 us, with a long tail.
  LatencyHistogram histogram;
  std::vector<std::int64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(static_cast<std::int64_t>(spread(random)));
    histogram.record(Duration(all.back()));
  }
  std::ranges::sort(all);
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(all.size()))) - 1;
    const auto told = histogram.at(share).count();
    EXPECT_GE(told, all[rank]) << share;
    EXPECT_LE(static_cast<double>(told), static_cast<double>(all[rank]) * (1 + 1.0 / 60)) << share;
  }
}

TEST(LatencyHistogram, of_two_loads_added_is_that_of_both) {
  LatencyHistogram one;
  LatencyHistogram other;
  LatencyHistogram both;
  for (int i = 1; i <= 1'000; ++i) {
    LatencyHistogram& half = i % 3 == 0 ? one : other;
    half.record(i * 1us);
    both.record(i * 1us);
  }
  one.add(other);
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.max(), both.max());
  for (const double share : {0.1, 0.5, 0.99}) EXPECT_EQ(one.at(share), both.at(share));
}

TEST(LatencyHistogram, takes_a_clock_that_went_back_for_no_time_at_all) {
  LatencyHistogram histogram;
  histogram.record(-5ms);
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.max(), 0ns);
}

}  // namespace
}  // namespace holdfast::cli
