// Durations as people type and read them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace holdfast::cli {

/// 30s, 500ms, 2m, 1.5h, 1d; a plain number is seconds. None if it is not that, negative, or more than 100 years.
std::optional<Duration> parse_duration(std::string_view text);

/// The two greatest units that matter: "350 ms", "21 s", "3 min", "2 h 5 min", "4 d". Rounded down, for what has been.
std::string told(Duration duration);

/// The same, rounded up to a whole second: a remaining time is never told as shorter than it is.
std::string told_remaining(Duration duration);

/// As it would be typed: "30s", "500ms".
std::string typed(Duration duration);

}  // namespace holdfast::cli
