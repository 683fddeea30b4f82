// What the engine and its runner count. Plain numbers; the server publishes them.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace holdfast::engine {

/// A histogram of durations with fixed bounds, in seconds as Prometheus wants them.
struct DurationHistogram {
  static constexpr std::array<double, 14> bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                 0.025,  0.05,    0.1,    0.25,  0.5,    1,     5};
  std::array<std::uint64_t, bounds.size() + 1> counts{};  ///< By bucket, not cumulative; the last is +Inf.
  double sum = 0;
  std::uint64_t count = 0;

  void observe(Duration duration) {
    const double seconds = std::chrono::duration<double>(duration).count();
    std::size_t bucket = 0;
    while (bucket < bounds.size() && seconds > bounds[bucket]) ++bucket;
    ++counts[bucket];
    sum += seconds;
    ++count;
  }
};

/// Counted by the engine.
struct Statistics {
  std::uint64_t grants = 0;  ///< New holdings, joins and late renewals.
  std::uint64_t releases = 0;
  std::uint64_t lapses = 0;
  std::uint64_t refused_behind = 0;  ///< Commands refused because the disk was too far behind.
  std::uint64_t refused_full = 0;    ///< Beginnings refused because the disk was full.
  std::uint64_t grants_lapsed = 0;   ///< Grants that ran out before they could be told.
  DurationHistogram lapse_lateness;
};

}  // namespace holdfast::engine
