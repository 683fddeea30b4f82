// Choices that a seed repeats.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace holdfast::verify {

/// A stream of choices (splitmix64). One for each client and workload, so that none depends on how threads interleave.
class Chance {
 public:
  Chance(std::uint64_t seed, std::string_view of, std::uint64_t number) : state_(seed) {
    for (const char c : of) state_ = mix(state_ ^ static_cast<unsigned char>(c));
    state_ = mix(state_ ^ number);
  }

  std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15); }
  /// From 0 to `below` - 1.
  std::uint64_t below(std::uint64_t below) { return below == 0 ? 0 : next() % below; }
  /// True once in `times`; never where it is 0.
  bool once_in(std::uint64_t times) { return times != 0 && next() % times == 0; }
  /// From 0 up to 1.
  double share() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// A rung of a ladder from 1 ms to 2 s, each twice as long and half as likely as the one before; never above `most`.
  /// One time in two it is none at all.
  Duration rung(Duration most) {
    using std::chrono::milliseconds;
    Duration rung = milliseconds(1);
    if (once_in(2)) return {};
    while (rung < milliseconds(2000) && once_in(2)) rung *= 2;
    return rung < most ? rung : most;
  }

 private:
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  std::uint64_t state_;
};

}  // namespace holdfast::verify
