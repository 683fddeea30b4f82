// How long a piece of text is, in the three ways in which somebody counts.
#pragma once

#include <cstdint>

namespace holdfast::text {

/// Positions and lengths count UTF-16 units, as browsers do, unless a name says bytes.
using Units = std::uint32_t;

/// No text is longer than this, whatever a caller allows, so that sums of a few lengths never wrap.
inline constexpr Units units_max = 1U << 30U;

struct Extent {
  std::uint32_t bytes = 0;
  Units units = 0;
  std::uint32_t breaks = 0;  ///< Line breaks. A text has one line more.

  Extent& operator+=(const Extent& more) {
    bytes += more.bytes;
    units += more.units;
    breaks += more.breaks;
    return *this;
  }
  Extent& operator-=(const Extent& less) {
    bytes -= less.bytes;
    units -= less.units;
    breaks -= less.breaks;
    return *this;
  }
  friend Extent operator+(Extent a, const Extent& b) { return a += b; }
  friend Extent operator-(Extent a, const Extent& b) { return a -= b; }
  friend bool operator==(const Extent&, const Extent&) = default;
};

}  // namespace holdfast::text
