// Time as a value. Rooms below the engine take it as an argument; a room that reaches for it does not compile.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

using Duration = std::chrono::nanoseconds;

/// Lease time (L4): the server's own, which no one can set and which stands still while the server does not run.
struct Timeline {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Timeline>;
  static constexpr bool is_steady = true;
  static time_point now() = delete;  // Only the engine reads a clock.
};

/// A point of lease time. Every start of a server begins at `Instant{}`; instants of two starts cannot be compared.
using Instant = Timeline::time_point;

/// The wall clock, to show to people and for nothing else.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// `duration` in whole milliseconds, rounded up: a remaining time is never shown as shorter than it is.
constexpr std::int64_t ceil_ms(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

/// RFC 3339 in UTC with milliseconds: 2026-02-05T18:09:25.395Z. Before year 0 and after 9999: the nearest there is.
std::string rfc3339(WallTime time);

/// The time that `text` says in RFC 3339: 2026-02-05T18:09:25Z, with a fraction or an offset (+01:00) or without. None
/// if it says none; what is finer than a microsecond is cut off.
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace holdfast
