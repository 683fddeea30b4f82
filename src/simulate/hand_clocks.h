// Clocks that go wrong: each runs at its own rate, and one of them can be set.
#pragma once

#include "base/clock.h"
#include "simulate/random.h"

namespace holdfast::simulate {

/// A rate of `ppm` parts in a million too fast.
class Rate {
 public:
  explicit Rate(std::int64_t ppm = 0) : ppm_(ppm) {}
  /// What this clock has counted when the world has counted `time`.
  Nanos shown(Nanos time) const { return time + time / 1'000'000 * ppm_; }
  /// How long the world takes for what is `span` on this clock.
  Nanos world(Nanos span) const { return span - span / 1'000'000 * ppm_; }

 private:
  std::int64_t ppm_;
};

/// The server machine's two clocks. The world turns them.
class ServerClock final : public Clock {
 public:
  explicit ServerClock(Rate rate) : rate_(rate) {}
  Duration steady() override { return Duration{rate_.shown(now_)}; }
  WallTime wall() override {
    return began + std::chrono::duration_cast<std::chrono::microseconds>(Duration{now_ + wall_off_});
  }
  void turn_to(Nanos now) { now_ = now; }
  void move_wall(Nanos by) { wall_off_ += by; }
  static constexpr WallTime began{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}};

 private:
  Rate rate_;
  Nanos now_ = 0;
  Nanos wall_off_ = 0;
};

}  // namespace holdfast::simulate
