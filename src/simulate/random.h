// Chance from a seed: the same numbers on every machine and in every build.
#pragma once

#include <cstdint>

#include "recording/recording.h"

namespace holdfast::simulate {

using recording::Nanos;

/// What chance is drawn for. Each has streams of its own, so that leaving one thing out changes nothing in another.
enum class Stream : std::uint64_t { plan = 1, faults, act, network, disk, client, restart };

/// Mixes `value` into `hash`, so that every bit of both counts.
constexpr std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  std::uint64_t z = (hash ^ value) + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

/// Method: SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  /// The stream of `seed` for the `b`th thing of `a`.
  Random(std::uint64_t seed, Stream stream, std::uint64_t a = 0, std::uint64_t b = 0)
      : state_(mixed(mixed(mixed(seed, static_cast<std::uint64_t>(stream)), a), b)) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15;
    return mixed(state_, 0);
  }
  /// 0 to `bound` - 1. The bias is beyond anything a simulation could notice.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  bool chance(std::uint64_t per_mille) { return below(1000) < per_mille; }
  /// Both included.
  Nanos between(Nanos least, Nanos most) {
    return least + static_cast<Nanos>(below(static_cast<std::uint64_t>(most - least) + 1));
  }
  /// Mostly up to twice `mean`; now and then much longer.
  Nanos about(Nanos mean) { return chance(50) ? between(mean, 8 * mean) : between(mean / 8, 2 * mean); }

 private:
  std::uint64_t state_;
};

}  // namespace holdfast::simulate
