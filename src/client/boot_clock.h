// The clock that belief is kept on: it goes on while the machine sleeps.
#pragma once

#include <ctime>

#include "base/clock.h"

namespace holdfast::client {

/// CLOCK_BOOTTIME and CLOCK_REALTIME.
class BootClock final : public Clock {
 public:
  Duration steady() override {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  }
  WallTime wall() override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace holdfast::client
