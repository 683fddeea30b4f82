// Where time comes from. One interface, so that tests and the simulator can turn the hands.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace holdfast {

/// Two clocks that have nothing to do with each other. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Time since some fixed point; never goes back. May jump ahead after the process was stopped.
  virtual Duration steady() = 0;
  /// The wall clock, which anybody may set.
  virtual WallTime wall() = 0;
};

/// CLOCK_MONOTONIC and CLOCK_REALTIME.
class SystemClock final : public Clock {
 public:
  Duration steady() override { return std::chrono::steady_clock::now().time_since_epoch(); }
  WallTime wall() override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

/// A clock whose hands a test turns.
class HandClock final : public Clock {
 public:
  Duration steady() override { return Duration{steady_.load()}; }
  WallTime wall() override { return WallTime{std::chrono::microseconds{wall_.load()}}; }
  /// Both clocks go on by `step`, which must not be negative.
  void advance(Duration step) {
    steady_ += step.count();
    wall_ += std::chrono::duration_cast<std::chrono::microseconds>(step).count();
  }
  /// Somebody sets the wall clock; the steady one does not notice.
  void set_wall(WallTime to) { wall_ = to.time_since_epoch().count(); }

 private:
  std::atomic<Duration::rep> steady_{Duration{std::chrono::hours(1)}.count()};
  std::atomic<std::int64_t> wall_{
      WallTime{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}}.time_since_epoch().count()};
};

}  // namespace holdfast
