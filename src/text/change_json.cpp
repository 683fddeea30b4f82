#include "text/change_json.h"

#include <fmt/format.h>

#include <cstring>

#include "text/utf8.h"

#define HF_INLINE [[gnu::always_inline]] inline

namespace holdfast::text {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// What a string may have literally and in one byte: anything but quotes, backslashes and control characters.
bool is_plain(unsigned char c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/// How many of the eight bytes at `at` are plain, from the first on.
HF_INLINE unsigned plain_of_eight(const char* at) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t highs = 0x8080808080808080U;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, 8);
  const auto zero_in = [](std::uint64_t x) { return (x - ones) & ~x & highs; };
  const std::uint64_t below_space = (bytes - ones * 0x20U) & ~bytes & highs;
  const std::uint64_t special =
      (bytes & highs) | zero_in(bytes ^ (ones * '"')) | zero_in(bytes ^ (ones * '\\')) | below_space;
  return special == 0 ? 8 : static_cast<unsigned>(__builtin_ctzll(special)) / 8;
}

/// The digits that begin the eight bytes at `at`, and what they mean; of eight digits only that they are eight.
struct Digits {
  unsigned count = 0;
  std::uint32_t value = 0;
};
HF_INLINE Digits digits_of_eight(const char* at) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, 8);
  bytes ^= ones * '0';  // Digits are 0 to 9 now, and everything else is more.
  const std::uint64_t others = (((bytes & ones * 0x7F) + ones * 0x76) | bytes) & (ones * 0x80);
  const unsigned count = others == 0 ? 8 : static_cast<unsigned>(__builtin_ctzll(others)) / 8;
  if (count == 0 || count == 8) return {count, 0};
  bytes <<= 64 - 8 * count;  // As eight digits, with zeros in front: then by twos, by fours, and all of them.
  bytes = (bytes * 10 + (bytes >> 8U)) & 0x00FF00FF00FF00FFU;
  bytes = (bytes * 100 + (bytes >> 16U)) & 0x0000FFFF0000FFFFU;
  return {count, static_cast<std::uint32_t>(bytes * 10'000 + (bytes >> 32U))};
}

}  // namespace

/// What one list is read with. Every step that fails has said why, and returns false.
///
/// A typed letter is read in some thirty nanoseconds, a sixth of which were calls: what is said of each part stands in
/// one place in the machine code, too.
class ChangeReader {
 public:
  ChangeReader(std::string_view json, ChangeSet& into, const ChangeLimits& limits)
      : begin_(json.data()),
        at_(begin_),
        end_(begin_ + json.size()),
        shape_(into.shape_),
        text_(into.inserted_),
        limits_(limits) {}

  /// Returns the offset behind the change.
  Result<std::size_t> read() {
    if (!parts()) return std::unexpected(error());
    return static_cast<std::size_t>(at_ - begin_);
  }

 private:
  bool parts() {
    blanks();
    if (!take('[')) return wrong("a list of parts must begin here");
    blanks();
    if (take(']')) return true;
    for (;;) {
      if (count_ == limits_.parts) return fault(ErrorCode::changes_too_large, "more parts than are taken");
      blanks();
      if (!(next_is('[') ? change() : keep())) return false;
      blanks();
      if (take(']')) return true;
      if (!take(',')) return no_json("',' or ']' must stand here");
      ++count_;
    }
  }

  HF_INLINE bool keep() {
    Units length = 0;
    if (!number(length)) return false;
    if (length == 0) return wrong("a part that keeps nothing");
    shape_.add({.length = length});
    return within_limits();
  }

  HF_INLINE bool change() {
    ++at_;
    blanks();
    Units deleted = 0;
    if (!number(deleted)) return false;
    blanks();
    const std::size_t text_before = text_.size();
    units_ = 0;
    while (take(',')) {
      if (++line_ > 1) {
        text_ += '\n';
        ++units_;
      }
      blanks();
      if (!string()) return false;
      blanks();
    }
    const bool has_lines = line_ > 0;
    line_ = 0;
    if (!take(']')) return no_json("',' or ']' must stand here");
    if (has_lines && units_ == 0) return wrong("a line of nothing, which inserts nothing: leave it out");
    if (!has_lines && deleted == 0) return wrong("a part that changes nothing");
    shape_.add({deleted, static_cast<std::int32_t>(units_), static_cast<std::uint32_t>(text_.size() - text_before)});
    return within_limits();
  }

  HF_INLINE bool within_limits() {
    if (shape_.length_before() > units_max || shape_.length_after() > units_max)
      return fault(ErrorCode::changes_too_large, "more units in all than a text can have");
    if (text_.size() > limits_.bytes)
      return fault(ErrorCode::changes_too_large, "more is inserted than is taken at once");
    return true;
  }

  HF_INLINE bool number(Units& out) {
    if (!more() || !is_digit(*at_)) {
      if (!more()) return no_json("it breaks off");
      return wrong(*at_ == '-' ? "a negative number" : "a number must stand here");
    }
    const char* const first = at_;
    std::uint64_t value = 0;
    if (end_ - at_ >= 8) {
      const Digits ahead = digits_of_eight(at_);
      if (ahead.count < 8) at_ += ahead.count;
      value = ahead.value;
    }
    for (; more() && is_digit(*at_); ++at_) {
      value = value * 10 + static_cast<unsigned>(*at_ - '0');
      if (value > units_max) return fault(ErrorCode::changes_too_large, "a number beyond what a text can have");
    }
    if (*first == '0' && at_ - first > 1) return no_json("a number with a zero in front");
    if (next_is('.') || next_is('e') || next_is('E')) return wrong("a number that is not whole");
    out = static_cast<Units>(value);
    return true;
  }

  HF_INLINE bool string() {
    if (!take('"')) return more() ? wrong("a line of text must stand here") : no_json("it breaks off");
    for (;;) {
      plain();
      if (!more()) return no_json("a string that does not end");
      if (take('"')) return true;
      if (*at_ == '\\') {
        if (!escape()) return false;
      } else if (static_cast<unsigned char>(*at_) < 0x20) {
        return no_json("a control character in a string must be escaped");
      } else if (!character()) {
        return false;
      }
    }
  }

  HF_INLINE void plain() {
    const char* const first = at_;
    while (end_ - at_ >= 8) {
      const unsigned count = plain_of_eight(at_);
      at_ += count;
      if (count < 8) break;
    }
    while (more() && is_plain(static_cast<unsigned char>(*at_))) ++at_;
    text_.append(first, at_);
    units_ += static_cast<Units>(at_ - first);
  }

  /// One that takes several bytes.
  bool character() {
    const std::size_t length = character_at({at_, end_}, 0);
    if (length == 0) return no_json("not UTF-8");
    units_ += units_of_lead(static_cast<unsigned char>(*at_));
    text_.append(at_, length);
    at_ += length;
    return true;
  }

  bool escape() {
    const char* const first = at_;
    ++at_;
    if (next_is('u')) return unicode_escape(first);
    constexpr std::string_view kinds = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    const std::size_t which = more() ? kinds.find(*at_) : std::string_view::npos;
    if (which == std::string_view::npos) return no_json("an escape that JSON does not have");
    ++at_;
    return scalar(first, static_cast<unsigned char>(meant[which]));
  }

  bool unicode_escape(const char* first) {
    std::uint32_t unit = 0;
    if (!hex_unit(unit)) return false;
    if (unit < 0xD800 || unit > 0xDFFF) return scalar(first, unit);
    std::uint32_t low = 0;
    if (unit < 0xDC00 && end_ - at_ >= 2 && at_[0] == '\\' && at_[1] == 'u') {
      ++at_;
      if (!hex_unit(low)) return false;
      if (low >= 0xDC00 && low <= 0xDFFF) return scalar(first, 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00));
    }
    at_ = first;
    return fault(ErrorCode::bad_boundary, "half of a surrogate pair");
  }

  /// Four digits behind the 'u' that is here.
  bool hex_unit(std::uint32_t& out) {
    if (end_ - at_ < 5) return no_json("an escape that breaks off");
    for (std::size_t i = 1; i <= 4; ++i) {
      const int digit = hex_digit(at_[i]);
      if (digit < 0) return no_json("an escape without four digits");
      out = out << 4U | static_cast<std::uint32_t>(digit);
    }
    at_ += 5;
    return true;
  }

  bool scalar(const char* first, std::uint32_t value) {
    if (value == '\n' || value == '\r') {
      at_ = first;
      return wrong("a line break within a line: lines are strings of their own");
    }
    units_ += value >= 0x10000 ? 2 : 1;
    append_utf8(text_, value);
    return true;
  }

  bool more() const { return at_ != end_; }
  bool next_is(char c) const { return more() && *at_ == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (more() && is_blank(*at_)) ++at_;
  }

  bool wrong(std::string_view what) { return fault(ErrorCode::bad_changes, what); }
  bool no_json(std::string_view what) { return fault(ErrorCode::bad_json, what); }
  [[gnu::cold]] bool fault(ErrorCode code, std::string_view what) {
    code_ = code;
    what_ = what;
    return false;
  }
  Error error() const {
    return {code_, fmt::format("byte {}: {}", at_ - begin_, what_),
            line_ > 0 ? fmt::format("changes[{}][{}]", count_, line_) : fmt::format("changes[{}]", count_)};
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  ChangeShape& shape_;
  std::string& text_;
  const ChangeLimits& limits_;
  std::size_t count_ = 0;  ///< Parts before this one.
  std::size_t line_ = 0;   ///< Of this part; 0 outside of its lines.
  Units units_ = 0;        ///< That this part inserts, so far.
  ErrorCode code_ = ErrorCode::none;
  std::string_view what_;
};

namespace {

void write_line(std::string& to, std::string_view line) {
  to += '"';
  for (const char c : line) {
    constexpr std::string_view kinds = "\"\\bfnrt";
    constexpr std::string_view meant = "\"\\\b\f\n\r\t";
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') {
      to += c;
    } else if (const auto which = meant.find(c); which != std::string_view::npos) {
      to += '\\';
      to += kinds[which];
    } else {
      fmt::format_to(std::back_inserter(to), "\\u{:04x}", static_cast<unsigned>(c));
    }
  }
  to += '"';
}

}  // namespace

Result<void> read_changes_of(std::string_view& json, ChangeSet& into, const ChangeLimits& limits) {
  into.clear();
  ChangeReader reader(json, into, limits);
  HF_TRY(end, reader.read());
  json.remove_prefix(end);
  return {};
}

Result<void> read_changes(std::string_view json, ChangeSet& into, const ChangeLimits& limits) {
  if (json.size() > limits.bytes)
    return fail(ErrorCode::changes_too_large, fmt::format("{} bytes, where {} are taken", json.size(), limits.bytes),
                "changes");
  std::string_view rest = json;
  HF_TRY_VOID(read_changes_of(rest, into, limits));
  for (const char c : rest) {
    if (!is_blank(c))
      return fail(ErrorCode::bad_json, fmt::format("byte {}: more than one value", json.size() - rest.size()),
                  "changes");
  }
  return {};
}

Result<ChangeSet> read_changes(std::string_view json, const ChangeLimits& limits) {
  ChangeSet changes;
  HF_TRY_VOID(read_changes(json, changes, limits));
  return changes;
}

void write_changes(std::string& to, const ChangeSet& changes) {
  std::string_view inserted = changes.inserted();
  const auto number = [&](Units value) { to += fmt::format_int(value).c_str(); };
  to += '[';
  bool first = true;
  for (const Part& part : changes.parts()) {
    if (!std::exchange(first, false)) to += ',';
    if (part.keeps()) {
      number(part.length);
      continue;
    }
    to += '[';
    number(part.length);
    std::string_view text = inserted.substr(0, part.bytes);
    inserted.remove_prefix(part.bytes);
    while (part.inserted > 0) {
      to += ',';
      const std::size_t end = text.find('\n');
      write_line(to, text.substr(0, end));
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
    to += ']';
  }
  to += ']';
}

std::string changes_json(const ChangeSet& changes) {
  std::string out;
  write_changes(out, changes);
  return out;
}

}  // namespace holdfast::text
