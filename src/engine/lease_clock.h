// Lease time (L4): follows a steady clock, and stands still while the server does not run.
#pragma once

#include <algorithm>

#include "base/clock.h"
#include "core/types.h"

namespace holdfast::engine {

/// Begins at Instant{}. Not thread-safe: read inside the critical section only.
class LeaseClock {
 public:
  /// A gap between two readings counts at most this much. Ticks come twice as often, so that time only falls behind
  /// when the process, or the machine, was stopped: then no lease ends for it.
  static constexpr Duration gap_max = std::chrono::milliseconds(100);

  explicit LeaseClock(Clock& clock) : clock_(clock), last_(clock.steady()) {}

  /// The time since the last reading does not count: the server was not running yet.
  void skip() { last_ = clock_.steady(); }

  core::Now read() {
    const Duration steady = clock_.steady();
    const Duration gap = std::max(Duration::zero(), steady - last_);
    last_ = steady;
    lease_ += std::min(gap, gap_max);
    return {lease_, clock_.wall()};
  }

 private:
  Clock& clock_;
  Duration last_;
  Instant lease_{};
};

}  // namespace holdfast::engine
