#include "server/resp/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace holdfast::server::resp {
namespace {

/// Of a length with its sign, and of the line that says it.
constexpr std::size_t length_digits_max = 20;

std::unexpected<Error> bad(std::string why) {
  return fail(ErrorCode::bad_request, std::move(why));
}

/// The number in a header line like `*3` or `$11`, whose mark has been seen at `at`.
struct Header {
  std::int64_t number = 0;
  std::size_t end = 0;  ///< Behind the line's end.
};

/// A length of one or two digits whose line is there: nearly all of them are. False: it is something else.
inline bool read_short_header(std::string_view bytes, std::size_t at, Header& found) {
  if (bytes.size() < at + 5) return false;
  const char* const line = bytes.data() + at + 1;  // Four bytes at least.
  const auto digit = [line](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(line[i])) - '0'; };
  const unsigned first = digit(0);
  if (first > 9) return false;
  if (line[1] == '\r') {
    found = {first, at + 4};
    return line[2] == '\n';
  }
  const unsigned second = digit(1);
  found = {10 * first + second, at + 5};
  return second <= 9 && line[2] == '\r' && line[3] == '\n';
}

/// Any other. None: the line is not there yet.
Result<std::optional<Header>> read_header(std::string_view bytes, std::size_t at) {
  const std::string_view rest = bytes.substr(at + 1, length_digits_max + 2);
  const std::size_t length = rest.find('\r');
  if (length == std::string_view::npos) {
    if (rest.size() > length_digits_max || rest.find('\n') != std::string_view::npos) {
      return bad("a length must end in CR LF, within twenty digits");
    }
    return std::nullopt;
  }
  Header found;
  const char* const end = rest.data() + length;
  const auto [stopped, error] = std::from_chars(rest.data(), end, found.number);
  if (length == 0 || error != std::errc{} || stopped != end) return bad("a length is not a number");
  if (rest.size() < length + 2) return std::nullopt;
  if (rest[length + 1] != '\n') return bad("a length must end in CR LF");
  found.end = at + 1 + length + 2;
  return found;
}

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

/// The byte that `\c` in double quotes stands for.
char escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

/// The words of a line; none: its quotes are not balanced.
std::optional<std::vector<std::string>> split(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size()) return words;
    std::string word;
    if (const char quote = line[at]; quote == '"' || quote == '\'') {
      for (++at; at < line.size() && line[at] != quote; ++at) {
        const bool escape = line[at] == '\\' && at + 1 < line.size() && (quote == '"' || line[at + 1] == '\'');
        word += escape ? (++at, quote == '"' ? escaped(line[at]) : line[at]) : line[at];
      }
      if (at == line.size()) return std::nullopt;
      ++at;
      if (at < line.size() && !is_space(line[at])) return std::nullopt;
    } else {
      while (at < line.size() && !is_space(line[at])) word += line[at++];
    }
    words.push_back(std::move(word));
  }
}

/// The first line of a request to a web server, or one of its headers.
bool is_http(std::string_view line) {
  const std::size_t last = line.rfind(' ');
  if (last != std::string_view::npos && line.substr(last + 1).starts_with("HTTP/")) return true;
  const std::string_view first = line.substr(0, line.find(' '));
  return first.size() > 1 && first.ends_with(':');
}

}  // namespace

Result<Reader::Step> Reader::next(std::string_view bytes, const CommandBounds& bounds) {
  if (at_ == 0) {
    if (bytes.empty()) return Step::starved;
    inline_ = bytes.front() != '*';
  }
  return inline_ ? next_line(bytes, bounds) : next_list(bytes, bounds);
}

Result<Reader::Step> Reader::next_list(std::string_view bytes, const CommandBounds& bounds) {
  if (!begun_) {
    Header count;
    if (!read_short_header(bytes, 0, count)) {
      HF_TRY(read, read_header(bytes, 0));
      if (!read) return Step::starved;
      count = *read;
    }
    if (count.number < 0) return bad(fmt::format("a command of {} words", count.number));
    if (static_cast<std::uint64_t>(count.number) > bounds.words_max) {
      return bad(fmt::format("a command of {} words; at most {}", count.number, bounds.words_max));
    }
    begun_ = true;
    left_ = static_cast<std::size_t>(count.number);
    at_ = count.end;
    places_.clear();
  }
  while (left_ > 0) {
    if (at_ == bytes.size()) return Step::starved;
    if (bytes[at_] != '$') return bad("every word of a command is a bulk string: $LENGTH");
    Header length;
    if (!read_short_header(bytes, at_, length)) {
      HF_TRY(read, read_header(bytes, at_));
      if (!read) return Step::starved;
      length = *read;
    }
    if (length.number < 0) return bad(fmt::format("a word of {} bytes", length.number));
    const auto size = static_cast<std::uint64_t>(length.number);
    if (size > bounds.word_bytes_max) {
      return bad(fmt::format("a word of {} bytes; at most {}", size, bounds.word_bytes_max));
    }
    if (length.end + size > bounds.command_bytes_max) {
      return bad(fmt::format("a command of more than {} bytes", bounds.command_bytes_max));
    }
    const std::size_t end = length.end + static_cast<std::size_t>(size);
    if (bytes.size() < end + 2) return Step::starved;  // The length is read once more then: it is short.
    if (bytes[end] != '\r' || bytes[end + 1] != '\n') return bad("a word must end in CR LF where its length says");
    places_.push_back({length.end, static_cast<std::size_t>(size)});
    at_ = end + 2;
    --left_;
  }
  return complete(bytes);
}

Result<Reader::Step> Reader::next_line(std::string_view bytes, const CommandBounds& bounds) {
  // A handshake of TLS begins with 0x16; no command begins with a control character, and an empty line is one of ours.
  const auto first = static_cast<unsigned char>(bytes.front());
  if (first < ' ' && first != '\r' && first != '\n') return Step::foreign;
  const std::size_t end = bytes.find('\n', at_);
  if (std::min(end, bytes.size()) > bounds.line_bytes_max) {
    return bad(fmt::format("a line of more than {} bytes", bounds.line_bytes_max));
  }
  if (end == std::string_view::npos) {
    at_ = bytes.size();
    return Step::starved;
  }
  std::string_view line = bytes.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos) {
    return bad("a line with a control character in it");
  }
  if (is_http(line)) return Step::foreign;
  std::optional<std::vector<std::string>> words = split(line);
  if (!words) return bad("a line whose quotes are not balanced");
  unquoted_ = *std::move(words);
  at_ = end + 1;
  places_.clear();
  return complete(bytes);
}

Result<Reader::Step> Reader::complete(std::string_view bytes) {
  if (inline_) {
    words_.assign(unquoted_.begin(), unquoted_.end());
  } else {
    words_.resize(places_.size());
    std::ranges::transform(places_, words_.begin(), [bytes](const Place& place) {
      return std::string_view(bytes.data() + place.begin, place.length);
    });
  }
  consumed_ = at_;
  forget();
  return Step::complete;
}

void Reader::forget() {
  at_ = 0;
  left_ = 0;
  begun_ = false;
}

}  // namespace holdfast::server::resp
