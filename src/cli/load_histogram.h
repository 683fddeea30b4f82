// Latencies, kept as counts: any number of them in 30 KB, each known to within 1.6 %.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace holdfast::cli {

/// A histogram over all of 64-bit nanoseconds. Up to 127 ns it is exact; above, each power of two has 64 buckets.
class LatencyHistogram {
 public:
  void record(Duration latency);
  void add(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }
  Duration max() const { return max_; }
  /// The latency that `share` (0 to 1) of those recorded do not exceed; zero when nothing was recorded. Never told as
  /// shorter than it was, but for `max`, which is exact.
  Duration at(double share) const;

 private:
  static constexpr int exact_bits = 7;
  static constexpr std::size_t halves = std::size_t{1} << (exact_bits - 1);
  static constexpr std::size_t buckets = (64 - exact_bits) * halves + 2 * halves;

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t greatest_in(std::size_t bucket);

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  Duration max_{};
};

}  // namespace holdfast::cli
