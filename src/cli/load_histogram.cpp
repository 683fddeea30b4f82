#include "cli/load_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace holdfast::cli {

/// A value above 127 is shifted right until 64 to 127 is left of it; how far, and what is left, is its bucket.
std::size_t LatencyHistogram::bucket_of(std::uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - exact_bits);
  return static_cast<std::size_t>(shift) * halves + (value >> shift);
}

std::uint64_t LatencyHistogram::greatest_in(std::size_t bucket) {
  if (bucket < 2 * halves) return bucket;
  const std::size_t shift = bucket / halves - 1;
  const std::uint64_t left = bucket - shift * halves;
  return ((left + 1) << shift) - 1;  // Of the last bucket of all the shift leaves 0, and this the greatest value.
}

void LatencyHistogram::record(Duration latency) {
  latency = std::max(latency, Duration::zero());
  ++counts_[bucket_of(static_cast<std::uint64_t>(latency.count()))];
  ++count_;
  max_ = std::max(max_, latency);
}

void LatencyHistogram::add(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

Duration LatencyHistogram::at(double share) const {
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen < rank) continue;
    const std::uint64_t greatest = std::min(greatest_in(bucket), static_cast<std::uint64_t>(max_.count()));
    return Duration(static_cast<Duration::rep>(greatest));
  }
  return max_;
}

}  // namespace holdfast::cli
