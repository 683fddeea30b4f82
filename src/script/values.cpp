#include "script/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace holdfast::script {
namespace {

constexpr std::string_view spaces = " \t\n\v\f\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

/// Without sign. Hexadecimal as in `0x1F`; no words like inf.
std::optional<double> unsigned_number(std::string_view digits) {
  auto format = std::chars_format::general;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    format = std::chars_format::hex;
  }
  if (digits.empty() || !std::isxdigit(static_cast<unsigned char>(digits[digits[0] == '.' && digits.size() > 1]))) {
    return std::nullopt;
  }
  double number = 0;
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number, format);
  if (read.ptr != end || read.ec == std::errc::invalid_argument) return std::nullopt;
  // Out of range: it does not say on which side.
  if (read.ec != std::errc{} && format == std::chars_format::general)
    return std::strtod(std::string(digits).c_str(), nullptr);
  if (read.ec != std::errc{}) return std::nullopt;
  return number;
}

/// Whole, and so small that every way of writing it gives the same digits.
bool is_plain(double number) {
  return std::abs(number) < 1e14 && std::trunc(number) == number && !(number == 0 && std::signbit(number));
}

std::int64_t without_fraction(double number) {
  constexpr double limit = 9223372036854775808.0;
  if (number >= -limit && number < limit) return static_cast<std::int64_t>(number);
  return std::numeric_limits<std::int64_t>::min();  // What Redis shows, on the machines that it mostly runs on.
}

}  // namespace

bool is_true(const Value& value) {
  if (std::holds_alternative<Nil>(value.is)) return false;
  const bool* truth = std::get_if<bool>(&value.is);
  return truth == nullptr || *truth;
}

std::string_view kind_of(const Value& value) {
  struct Kind {
    std::string_view operator()(const Nil&) const { return "nil"; }
    std::string_view operator()(bool) const { return "boolean"; }
    std::string_view operator()(std::int64_t) const { return "number"; }
    std::string_view operator()(double) const { return "number"; }
    std::string_view operator()(const Text&) const { return "string"; }
    std::string_view operator()(const Status&) const { return "table"; }
    std::string_view operator()(const Failure&) const { return "table"; }
    std::string_view operator()(const List&) const { return "table"; }
  };
  return std::visit(Kind{}, value.is);
}

std::optional<double> number_of(std::string_view text) {
  text = trimmed(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto number = unsigned_number(text);
  if (number && negative) return -*number;
  return number;
}

std::optional<double> number_of(const Value& value) {
  if (const double* number = std::get_if<double>(&value.is)) return *number;
  if (const std::int64_t* number = std::get_if<std::int64_t>(&value.is)) return static_cast<double>(*number);
  if (const Text* text = std::get_if<Text>(&value.is)) return number_of(text->text);
  return std::nullopt;
}

std::string text_of(double number) {
  if (is_plain(number)) return fmt::format_int(static_cast<std::int64_t>(number)).str();
  return fmt::format("{:.14g}", number);
}

std::string word_of(double number) {
  if (is_plain(number)) return fmt::format_int(static_cast<std::int64_t>(number)).str();
  return fmt::format("{:.17g}", number);
}

void become_seen(Value& value) {
  if (std::holds_alternative<Nil>(value.is)) {
    value.is = false;
  } else if (const std::int64_t* number = std::get_if<std::int64_t>(&value.is)) {
    value.is = static_cast<double>(*number);
  } else if (List* list = std::get_if<List>(&value.is)) {
    std::ranges::for_each(*list, become_seen);
  }
}

void become_answer(Value& value) {
  if (const bool* truth = std::get_if<bool>(&value.is)) {
    value = *truth ? Value{std::int64_t{1}} : Value{Nil{}};
  } else if (const double* number = std::get_if<double>(&value.is)) {
    value.is = without_fraction(*number);
  } else if (List* list = std::get_if<List>(&value.is)) {
    const auto end =
        std::ranges::find_if(*list, [](const Value& each) { return std::holds_alternative<Nil>(each.is); });
    list->erase(end, list->end());
    std::ranges::for_each(*list, become_answer);
  }
}

Extent extent_of(const Value& value) {
  Extent extent;
  if (const Text* text = std::get_if<Text>(&value.is)) {
    extent.bytes = text->text.size() + text->of_key.size();
  } else if (const Status* status = std::get_if<Status>(&value.is)) {
    extent.bytes = status->text.size();
  } else if (const Failure* failure = std::get_if<Failure>(&value.is)) {
    extent.bytes = failure->text.size();
  } else if (const List* list = std::get_if<List>(&value.is)) {
    for (const Value& each : *list) {
      const Extent inner = extent_of(each);
      extent.values += inner.values;
      extent.bytes += inner.bytes;
      extent.depth = std::max(extent.depth, inner.depth);
    }
    ++extent.depth;
  }
  return extent;
}

}  // namespace holdfast::script
