#include "api/json_members.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "text/utf8.h"

namespace holdfast::api {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::unexpected<Error> no_json(std::string_view what, std::size_t byte) {
  return fail(ErrorCode::bad_json, fmt::format("{} at byte {}", what, byte));
}

/// The offset behind the string that begins at `at`; none: it does not end.
std::optional<std::size_t> end_of_string(std::string_view text, std::size_t at) {
  for (std::size_t from = at + 1;;) {
    const std::size_t quote = text.find('"', from);
    if (quote == std::string_view::npos) return std::nullopt;
    std::size_t escapes = quote;
    while (text[escapes - 1] == '\\') --escapes;  // It ends at the quote that the string begins with.
    if ((quote - escapes) % 2 == 0) return quote + 1;
    from = quote + 1;
  }
}

/// The same of a list or an object, by its brackets alone.
std::optional<std::size_t> end_of_brackets(std::string_view text, std::size_t at) {
  std::size_t open = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '[' || c == '{') {
      ++open;
    } else if (c == ']' || c == '}') {
      if (--open == 0) return at + 1;
    } else if (c == '"') {
      const std::optional<std::size_t> end = end_of_string(text, at);
      if (!end) return std::nullopt;
      at = *end - 1;
    }
  }
  return std::nullopt;
}

/// The same of a number; none: there is no valid one.
std::optional<std::size_t> end_of_number(std::string_view text, std::size_t at) {
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - first;
  };
  const auto next_is = [&](char c) { return at < text.size() && text[at] == c; };
  if (next_is('-')) ++at;
  const bool zero = next_is('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return std::nullopt;
  if (next_is('.')) {
    ++at;
    if (digits() == 0) return std::nullopt;
  }
  if (next_is('e') || next_is('E')) {
    ++at;
    if (next_is('+') || next_is('-')) ++at;
    if (digits() == 0) return std::nullopt;
  }
  return at;
}

std::optional<std::size_t> end_of_value(std::string_view text, std::size_t at) {
  switch (text[at]) {
    case '"':
      return end_of_string(text, at);
    case '[':
    case '{':
      return end_of_brackets(text, at);
    default:
      for (const std::string_view word : {"true", "false", "null"}) {
        if (text.substr(at).starts_with(word)) return at + word.size();
      }
      return end_of_number(text, at);
  }
}

/// What a string says, between its quotes.
class StringReader {
 public:
  explicit StringReader(std::string_view inside) : in_(inside) {}

  Result<std::string> read() {
    std::string out;
    out.reserve(in_.size());
    while (at_ < in_.size()) {
      const std::size_t first = at_;
      while (at_ < in_.size() && is_plain(in_[at_])) ++at_;
      out.append(in_, first, at_ - first);
      if (at_ == in_.size()) break;
      if (in_[at_] == '\\') {
        if (!escape(out)) return no_json("an escape that JSON does not have, or half of a surrogate pair", at_);
      } else if (!character(out)) {
        return no_json("a control character, or no UTF-8,", at_);
      }
    }
    return out;
  }

 private:
  static bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '\\';
  }

  bool character(std::string& out) {
    const std::size_t length = static_cast<unsigned char>(in_[at_]) < 0x20 ? 0 : text::character_at(in_, at_);
    out.append(in_, at_, length);
    at_ += length;
    return length > 0;
  }

  bool escape(std::string& out) {
    constexpr std::string_view kinds = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    const char kind = at_ + 1 < in_.size() ? in_[at_ + 1] : '\0';
    if (kind == 'u') return unit_escape(out);
    const std::size_t which = kinds.find(kind);
    if (which == std::string_view::npos) return false;
    out += meant[which];
    at_ += 2;
    return true;
  }

  bool unit_escape(std::string& out) {
    std::optional<std::uint32_t> unit = unit_at(at_);
    if (!unit || (*unit >= 0xDC00 && *unit <= 0xDFFF)) return false;
    std::size_t length = 6;
    if (*unit >= 0xD800 && *unit <= 0xDBFF) {
      const std::optional<std::uint32_t> low = unit_at(at_ + length);
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
      unit = 0x10000 + ((*unit - 0xD800) << 10U) + (*low - 0xDC00);
      length *= 2;
    }
    text::append_utf8(out, *unit);
    at_ += length;
    return true;
  }

  /// Of `\uXXXX`, which stands at `at`.
  std::optional<std::uint32_t> unit_at(std::size_t at) const {
    if (in_.size() < at + 6 || in_[at] != '\\' || in_[at + 1] != 'u') return std::nullopt;
    std::uint32_t unit = 0;
    const char* const end = in_.data() + at + 6;
    const auto [read, error] = std::from_chars(in_.data() + at + 2, end, unit, 16);
    if (error != std::errc{} || read != end) return std::nullopt;
    return unit;
  }

  std::string_view in_;
  std::size_t at_ = 0;
};

}  // namespace

Result<JsonMembers> JsonMembers::read(std::string_view text) {
  JsonMembers found;
  std::size_t at = 0;
  const auto blanks = [&] {
    while (at < text.size() && is_blank(text[at])) ++at;
  };
  const auto take = [&](char c) {
    if (at == text.size() || text[at] != c) return false;
    ++at;
    return true;
  };
  blanks();
  if (!take('{')) return no_json("an object must begin", at);
  blanks();
  bool more = !take('}');
  while (more) {
    blanks();
    if (at == text.size() || text[at] != '"') return no_json("a key must stand", at);
    const std::optional<std::size_t> end_of_key = end_of_string(text, at);
    if (!end_of_key) return no_json("a key that does not end begins", at);
    HF_TRY(key, json_text(text.substr(at, *end_of_key - at)));
    at = *end_of_key;
    blanks();
    if (!take(':')) return no_json("':' must stand", at);
    blanks();
    const std::optional<std::size_t> end = at < text.size() ? end_of_value(text, at) : std::nullopt;
    if (!end) return no_json("no valid value begins", at);
    if (std::ranges::find(found.members_, key, &Member::key) != found.members_.end())
      return fail(ErrorCode::duplicate_field, {}, std::move(key));
    if (found.members_.size() == members_max)
      return fail(ErrorCode::unknown_field, "there are more fields than anything here has", std::move(key));
    found.members_.push_back({std::move(key), text.substr(at, *end - at)});
    at = *end;
    blanks();
    more = take(',');
    if (!more && !take('}')) return no_json("',' or '}' must stand", at);
  }
  blanks();
  if (at < text.size()) return no_json("extra data", at);
  return found;
}

std::string_view JsonMembers::find(std::string_view key) const {
  const auto found = std::ranges::find(members_, key, &Member::key);
  return found == members_.end() ? std::string_view{} : found->value;
}

Result<std::string> json_text(std::string_view value) {
  if (value.size() < 2 || !is_json_text(value)) return no_json("a text must stand", 0);
  return StringReader(value.substr(1, value.size() - 2)).read();
}

std::optional<std::int64_t> json_integer(std::string_view value) {
  std::int64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [read, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{} || read != end) return std::nullopt;
  return number;
}

std::optional<bool> json_flag(std::string_view value) {
  if (value == "true") return true;
  if (value == "false") return false;
  return std::nullopt;
}

}  // namespace holdfast::api
