#include "cli/text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <optional>

#include "cli/durations.h"

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

/// The number that `text` has at `at`, of `digits` digits.
std::optional<int> digits_at(std::string_view text, std::size_t at, std::size_t digits) {
  if (text.size() < at + digits) return std::nullopt;
  int value = 0;
  const char* end = text.data() + at + digits;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

/// Whole seconds of a time in UTC, as our servers write it.
std::optional<std::time_t> seconds_of(std::string_view text) {
  const auto year = digits_at(text, 0, 4), month = digits_at(text, 5, 2), day = digits_at(text, 8, 2);
  const auto hour = digits_at(text, 11, 2), minute = digits_at(text, 14, 2), second = digits_at(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second || !text.ends_with('Z')) return std::nullopt;
  std::tm utc{.tm_sec = *second,
              .tm_min = *minute,
              .tm_hour = *hour,
              .tm_mday = *day,
              .tm_mon = *month - 1,
              .tm_year = *year - 1900};
  return ::timegm(&utc);
}

std::string told_wait(const client::Holding& holding) {
  std::string out;
  if (holding.ends_in) {
    out += fmt::format(", ends in {} at most", told_remaining(*holding.ends_in));
  } else if (!holding.owner.empty() && holding.json.contains("ttl_ms")) {
    out += ", until it is released or taken over";
  }
  if (holding.waiting > 0) out += fmt::format(", {} waiting", holding.waiting);
  return out;
}

std::string told_held(const client::Problem& problem, const std::string& name, WallTime now) {
  const client::Holding& holding = problem.holding;
  std::string out;
  if (problem.code == ErrorCode::wait_over) out = "the wait is over: ";
  if (holding.owner.empty()) return out + fmt::format("{} is held by somebody else", shown(name));
  const bool own = problem.code == ErrorCode::held_by_you;
  out += fmt::format("{} is held by {}{}", shown(name), own ? "another session of yours, " : "",
                     told_holding(holding, now));
  if (holding.takeover) out += fmt::format(". {}", told_ahead(*holding.takeover));
  return out;
}

std::string told_stale(const client::Problem& problem, const std::string& name) {
  std::string out = fmt::format("the token for {} is no longer current", shown(name));
  const client::Holding& holding = problem.holding;
  if (!problem.because.empty()) {
    out += fmt::format(": its holding ended ({})", told_end(problem.because, holding.ended_by, holding.ended_reason));
  }
  if (holding.token != 0) out += fmt::format(". The newest token is {}", holding.token);
  if (!holding.owner.empty()) out += fmt::format(", of {}", told_holder(holding));
  return out;
}

/// What somebody wants of the holder; empty where nobody does.
std::string wanted(const client::Holding& holding) {
  std::string out;
  if (holding.takeover) out = told_ahead(*holding.takeover);
  if (holding.request) out += (out.empty() ? "" : "; ") + told_asked(*holding.request);
  return out;
}

}  // namespace

WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string shown(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are controls too: in UTF-8 C2 80 to C2 9F.
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || c1) {
      out += fmt::format("\\x{:02x}", c1 ? static_cast<unsigned char>(text[++i]) : byte);
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string told_clock(const std::string& rfc3339, WallTime now) {
  const auto then = seconds_of(rfc3339);
  if (!then) return shown(rfc3339);
  const std::time_t now_seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(now));
  std::tm local{};
  std::tm today{};
  ::localtime_r(&*then, &local);
  ::localtime_r(&now_seconds, &today);
  const bool same_day = local.tm_year == today.tm_year && local.tm_yday == today.tm_yday;
  return same_day ? fmt::format("{:%H:%M:%S}", local) : fmt::format("{:%Y-%m-%d %H:%M:%S}", local);
}

std::string told_since(const std::string& rfc3339, WallTime now) {
  const auto then = seconds_of(rfc3339);
  if (!then) return shown(rfc3339);
  // Two machines' clocks may differ; nothing began in the future.
  const auto now_seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(now));
  const std::chrono::seconds age(now_seconds - *then);
  const std::string clock = told_clock(rfc3339, now);
  return age < 1s ? fmt::format("{} (just now)", clock) : fmt::format("{} ({} ago)", clock, told(age));
}

std::string told_holder(const client::Holding& holding) {
  if (holding.session.empty()) return shown(holding.owner);
  return fmt::format("{} (session {})", shown(holding.owner), shown(holding.session));
}

std::string told_holding(const client::Holding& holding, WallTime now) {
  std::string out = told_holder(holding);
  if (!holding.since.empty()) out += fmt::format(" since {}", told_since(holding.since, now));
  out += told_wait(holding);
  if (!holding.note.empty()) out += fmt::format(". Note: {}", shown(holding.note));
  return out;
}

std::string told_end(const std::string& because, const std::string& by, const std::string& reason) {
  std::string out = shown(because);
  std::ranges::replace(out, '_', ' ');
  if (!by.empty()) out += " by " + shown(by);
  if (!reason.empty()) out += ": " + shown(reason);
  return out;
}

std::string told_ahead(const client::TakeoverAhead& takeover) {
  const std::string by = told_holder({.owner = takeover.by, .session = takeover.session});
  return fmt::format("{} takes it over in {}: {}", by, told_remaining(takeover.ends_in), shown(takeover.reason));
}

std::string told_asked(const client::AskedFor& request) {
  return fmt::format("{} asks for it{}", shown(request.by),
                     request.message.empty() ? "" : ": " + shown(request.message));
}

std::string told_clock(WallTime when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(when));
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:%H:%M:%S}", local);
}

std::string told(const client::Problem& problem, const std::string& name, WallTime now) {
  switch (problem.code) {
    case ErrorCode::held:
    case ErrorCode::held_by_you:
    case ErrorCode::wait_over:
      return told_held(problem, name, now);
    case ErrorCode::stale:
      return told_stale(problem, name);
    case ErrorCode::takeover_pending:
      if (!problem.holding.takeover) return shown(problem.detail);
      return fmt::format("{} is about to change hands: {}. It is held by {}", shown(name),
                         told_ahead(*problem.holding.takeover), told_holding(problem.holding, now));
    case ErrorCode::token_needed:  // Free when it was looked at.
      return fmt::format("{} is held by now, by {}", shown(name), told_holding(problem.holding, now));
    case ErrorCode::to_oneself:
      return shown(problem.detail);
    default: {
      std::string out = shown(problem.detail);
      const bool said = problem.detail.find(problem.field + ":") != std::string::npos;
      if (!problem.field.empty() && !said) out += fmt::format(" (field {})", shown(problem.field));
      if (problem.retry_after) out += fmt::format(" The server says: again in {}.", told(*problem.retry_after));
      return out;
    }
  }
}

Exit exit_of(const client::Problem& problem) {
  if (problem.is_contention() || problem.means_lost()) {
    return problem.code == ErrorCode::not_yours ? Exit::not_allowed : Exit::refused;
  }
  if (problem.code == ErrorCode::nothing_of_session) return Exit::refused;
  if (problem.code == ErrorCode::unreachable) return Exit::unreachable;
  if (problem.status == 401 || problem.status == 403) return Exit::not_allowed;
  if (problem.status == 400 || problem.status == 413 || problem.status == 414) return Exit::wrong_usage;
  return problem.fate == Fate::maybe_done ? Exit::maybe_done : Exit::not_done;
}

std::string table_of(const std::vector<client::Holding>& holdings, WallTime now) {
  using Row = std::array<std::string, 7>;
  std::vector<Row> rows{{"NAME", "OWNER", "SINCE", "ENDS IN", "WAITING", "TOKEN", ""}};
  for (const client::Holding& one : holdings) {
    rows.push_back({shown(one.name), shown(one.owner), told_since(one.since, now),
                    one.ends_in ? told_remaining(*one.ends_in) : "never", fmt::format("{}", one.waiting),
                    fmt::format("{}", one.token), wanted(one)});
    if (!rows.back().back().empty()) rows.front().back() = "WANTED";  // Of few: no column without need.
  }
  std::array<std::size_t, 7> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string card_of(const client::Holding& holding, WallTime now) {
  const auto line = [](std::string_view key, const std::string& value) {
    return fmt::format("  {:<9} {}\n", key, value);
  };
  if (!holding.held) {
    std::string out = fmt::format("{} is free\n", shown(holding.name));
    if (holding.token != 0) {
      out += line("last", fmt::format("token {}{}{}", holding.token,
                                      holding.last_owner.empty() ? "" : " of " + shown(holding.last_owner),
                                      holding.ended.empty() ? ""
                                                            : ", ended: " + told_end(holding.ended, holding.ended_by,
                                                                                     holding.ended_reason)));
    }
    return out;
  }
  std::string out = fmt::format("{} is held\n", shown(holding.name));
  out += line("by", told_holder(holding));
  out += line("since", told_since(holding.since, now));
  out += line("ends in", holding.ends_in ? told_remaining(*holding.ends_in) + " at most, unless renewed"
                                         : "never by itself: held until released or taken over");
  out += line("token", fmt::format("{}", holding.token));
  out += line("waiting", fmt::format("{}", holding.waiting));
  if (!holding.note.empty()) out += line("note", shown(holding.note));
  if (holding.takeover) out += line("takeover", told_ahead(*holding.takeover));
  if (holding.request) out += line("request", told_asked(*holding.request));
  return out;
}

}  // namespace holdfast::cli
