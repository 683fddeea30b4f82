// What the engine and its runner count. Plain numbers; the server publishes them.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace holdfast::engine {

/// How many values fell between the bounds, which rise.
template <const auto& rising>
struct Histogram {
  static constexpr const auto& bounds = rising;
  std::array<std::uint64_t, rising.size() + 1> counts{};  ///< By bucket, not cumulative; the last is +Inf.
  double sum = 0;
  std::uint64_t count = 0;

  void add(double value) {
    std::size_t bucket = 0;
    while (bucket < bounds.size() && value > bounds[bucket]) ++bucket;
    ++counts[bucket];
    sum += value;
    ++count;
  }
};

inline constexpr std::array<double, 14> duration_bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                        0.025,  0.05,    0.1,    0.25,  0.5,    1,     5};
inline constexpr std::array<double, 11> size_bounds{1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000, 5'000};

/// Of durations, in seconds as Prometheus wants them.
struct DurationHistogram : Histogram<duration_bounds> {
  void observe(Duration duration) { add(std::chrono::duration<double>(duration).count()); }
};

/// Of how many there were.
struct SizeHistogram : Histogram<size_bounds> {
  void observe(std::size_t size) { add(static_cast<double>(size)); }
};

/// Counted by the engine.
struct Statistics {
  std::uint64_t grants = 0;  ///< New holdings, joins and late renewals.
  std::uint64_t releases = 0;
  std::uint64_t lapses = 0;
  std::uint64_t revisions = 0;    ///< Of texts.
  std::uint64_t drafts_kept = 0;  ///< One that grows counts again.
  std::uint64_t takeovers = 0;
  std::uint64_t refused_behind = 0;  ///< Commands refused because the disk was too far behind.
  std::uint64_t refused_full = 0;    ///< Beginnings refused because the disk was full.
  std::uint64_t grants_lapsed = 0;   ///< Grants that ran out before they could be told.
  DurationHistogram lapse_lateness;
};

}  // namespace holdfast::engine
