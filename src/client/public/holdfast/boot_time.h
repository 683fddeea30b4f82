// The clock that belief is counted on: CLOCK_BOOTTIME, which nobody can set and which goes on while the machine sleeps.
#pragma once

#include <chrono>
#include <cstdint>

namespace holdfast {

/// A clock in the manner of std::chrono. Its points mean something on one machine and until its next start only.
struct BootTime {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootTime>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;

  /// Later than everything: the end of what has no end.
  static constexpr time_point never() { return time_point::max(); }
};

}  // namespace holdfast
