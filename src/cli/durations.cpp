#include "cli/durations.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr std::array units{Unit{"", 1s},      Unit{"s", 1s}, Unit{"ms", 1ms}, Unit{"m", 1min},
                           Unit{"min", 1min}, Unit{"h", 1h}, Unit{"d", 24h}};
constexpr Duration longest = 24h * 365 * 100;

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  double count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count, std::chars_format::fixed);
  if (error != std::errc{} || end == text.data()) return std::nullopt;

  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& known : units) {
    if (known.name != unit) continue;
    const double length = count * static_cast<double>(known.length.count());
    if (!(length >= 0) || length > static_cast<double>(longest.count())) return std::nullopt;  // Also not a number.
    return Duration{std::llround(length)};
  }
  return std::nullopt;
}

std::string told(Duration duration) {
  if (duration < 0s) return "0 s";
  if (duration < 1s) return fmt::format("{} ms", duration / 1ms);
  if (duration < 2min) return fmt::format("{} s", duration / 1s);
  if (duration < 2h) return fmt::format("{} min", duration / 1min);
  if (duration < 48h) {
    const auto minutes = duration % 1h / 1min;
    return minutes == 0 ? fmt::format("{} h", duration / 1h) : fmt::format("{} h {} min", duration / 1h, minutes);
  }
  return fmt::format("{} d", duration / 24h);
}

std::string told_remaining(Duration duration) {
  if (duration <= 1s) return told(std::chrono::ceil<std::chrono::milliseconds>(duration));
  if (duration < 2min) return told(std::chrono::ceil<std::chrono::seconds>(duration));
  if (duration < 48h) return told(std::chrono::ceil<std::chrono::minutes>(duration));
  return told(std::chrono::ceil<std::chrono::days>(duration));
}

std::string typed(Duration duration) {
  if (duration % 1s == 0s) return fmt::format("{}s", duration / 1s);
  return fmt::format("{}ms", ceil_ms(duration));
}

}  // namespace holdfast::cli
