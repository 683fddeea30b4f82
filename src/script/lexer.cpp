#include "script/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <ranges>

#include "script/values.h"

namespace holdfast::script {
namespace {

constexpr auto keywords = std::to_array<std::string_view>(
    {"and",   "break", "do",  "else", "elseif", "end",    "false", "for",  "function", "if",   "in",
     "local", "nil",   "not", "or",   "repeat", "return", "then",  "true", "until",    "while"});
/// Longer ones before their beginnings.
constexpr auto symbols =
    std::to_array<std::string_view>({"...", "..", "==", "~=", "<=", ">=", "+", "-", "*", "/", "%", "^", "#",
                                     "<",   ">",  "=",  "(",  ")",  "{",  "}", "[", "]", ";", ":", ",", "."});

// Not those of <cctype>: they ask the locale.
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : left_(text) {}

  Result<std::vector<Token>> read() {
    HF_TRY_VOID(pass_first_line());
    std::vector<Token> tokens;
    for (;;) {
      HF_TRY_VOID(pass_spaces());
      HF_TRY(token, next());
      tokens.push_back(std::move(token));
      if (tokens.back().kind == Token::Kind::end) return tokens;
    }
  }

 private:
  std::string_view take(std::size_t bytes) {
    const std::string_view taken = left_.substr(0, bytes);
    line_ += static_cast<int>(std::ranges::count(taken, '\n'));
    left_.remove_prefix(taken.size());
    return taken;
  }

  /// `#!lua flags=...`. What the flags ask for is so here anyway, but for `no-writes`, which `first_line_asks` finds.
  Result<void> pass_first_line() {
    if (!left_.starts_with("#!")) return {};
    std::string_view first = take(std::min(left_.find('\n'), left_.size()));
    first.remove_prefix(2);
    const std::string_view engine = first.substr(0, first.find_first_of(" \t\r"));
    if (engine != "lua") return bad_script(line_, fmt::format("scripts in {}", shown(engine)));
    return {};
  }

  Result<void> pass_spaces() {
    for (;;) {
      while (!left_.empty() && is_space(left_[0])) take(1);
      if (!left_.starts_with("--")) return {};
      const int begun = line_;
      take(2);
      if (const auto level = long_bracket()) {
        if (!long_text(*level)) return bad_script(begun, "a comment without an end");
      } else {
        take(std::min(left_.find('\n'), left_.size()));
      }
    }
  }

  Result<Token> next() {
    Token token{.line = line_, .source = left_};
    if (left_.empty()) return token;
    const char first = left_[0];
    if (begins_name(first)) {
      name(token);
    } else if (is_digit(first) || (first == '.' && left_.size() > 1 && is_digit(left_[1]))) {
      HF_TRY_VOID(number(token));
    } else if (first == '"' || first == '\'') {
      HF_TRY_VOID(quoted(token));
    } else if (const auto level = long_bracket()) {
      auto text = long_text(*level);
      if (!text) return bad_script(token.line, "a text without an end");
      token.kind = Token::Kind::text;
      token.text = *text;
    } else {
      HF_TRY_VOID(symbol(token));
    }
    token.source = token.source.substr(0, token.source.size() - left_.size());
    return token;
  }

  void name(Token& token) {
    const auto end = std::ranges::find_if_not(left_, [](char c) { return begins_name(c) || is_digit(c); });
    const std::string_view word = take(static_cast<std::size_t>(end - left_.begin()));
    token.kind = std::ranges::find(keywords, word) == keywords.end() ? Token::Kind::name : Token::Kind::keyword;
  }

  /// Everything that could be of it, as Lua does: `3x` is a bad number, and not a number and a name.
  Result<void> number(Token& token) {
    std::size_t end = 0;
    while (end < left_.size() && (is_digit(left_[end]) || begins_name(left_[end]) || left_[end] == '.')) {
      const bool exponent = left_[end] == 'e' || left_[end] == 'E';
      ++end;
      if (exponent && end < left_.size() && (left_[end] == '+' || left_[end] == '-')) ++end;
    }
    const std::string_view word = take(end);
    const auto value = number_of(word);
    if (!value) return bad_script(token.line, fmt::format("{} is not a number", shown(word)));
    token.kind = Token::Kind::number;
    token.number = *value;
    return {};
  }

  Result<void> quoted(Token& token) {
    const char quote = take(1)[0];
    token.kind = Token::Kind::text;
    for (;;) {
      if (left_.empty() || left_[0] == '\n') return bad_script(token.line, "a text without an end");
      const char c = take(1)[0];
      if (c == quote) return {};
      if (c != '\\') {
        token.text += c;
        continue;
      }
      if (left_.empty()) return bad_script(token.line, "a text without an end");
      if (is_digit(left_[0])) {
        const auto code = numbered();
        if (code > 255) return bad_script(token.line, "a character beyond \\255");
        token.text += static_cast<char>(code);
      } else {
        token.text += escaped(take(1)[0]);
      }
    }
  }

  unsigned numbered() {
    unsigned code = 0;
    for (int digits = 0; digits < 3 && !left_.empty() && is_digit(left_[0]); ++digits) {
      code = code * 10 + static_cast<unsigned>(take(1)[0] - '0');
    }
    return code;
  }

  static char escaped(char c) {
    constexpr std::string_view letters = "abfnrtv", meant = "\a\b\f\n\r\t\v";
    const std::size_t at = letters.find(c);
    return at == std::string_view::npos ? c : meant[at];
  }

  /// How many = stand in a `[==[` that begins here. None: nothing of the kind begins here.
  std::optional<std::size_t> long_bracket() const {
    if (!left_.starts_with('[')) return std::nullopt;
    const std::size_t second = left_.find_first_not_of('=', 1);
    if (second == std::string_view::npos || left_[second] != '[') return std::nullopt;
    return second - 1;
  }

  /// What stands between the brackets, without a line break right at its beginning. None: it has no end.
  std::optional<std::string_view> long_text(std::size_t level) {
    const std::string closing = ']' + std::string(level, '=') + ']';
    const std::size_t end = left_.find(closing, closing.size());
    if (end == std::string_view::npos) return std::nullopt;
    take(closing.size());
    if (left_.starts_with("\r\n")) {
      take(2);
    } else if (left_.starts_with('\n')) {
      take(1);
    }
    const std::string_view text = take(left_.find(closing));
    take(closing.size());
    return text;
  }

  Result<void> symbol(Token& token) {
    const auto found = std::ranges::find_if(symbols, [&](std::string_view each) { return left_.starts_with(each); });
    if (found == symbols.end()) {
      return bad_script(token.line, fmt::format("the character {}", shown(left_.substr(0, 1))));
    }
    token.kind = Token::Kind::symbol;
    take(found->size());
    return {};
  }

  std::string_view left_;
  int line_ = 1;
};

}  // namespace

Result<std::vector<Token>> tokens_of(std::string_view text) {
  return Lexer(text).read();
}

bool first_line_asks(std::string_view text, std::string_view flag) {
  constexpr std::string_view flags = " flags=";
  const std::string_view first = text.substr(0, text.find_first_of("\r\n"));
  const std::size_t at = first.find(flags);
  if (!first.starts_with("#!") || at == first.npos) return false;
  const std::string_view asked = first.substr(at + flags.size());
  for (const auto word : std::views::split(asked.substr(0, asked.find(' ')), ',')) {
    if (std::ranges::equal(word, flag)) return true;
  }
  return false;
}

std::unexpected<Error> bad_script(int line, std::string_view what) {
  return fail(ErrorCode::bad_script, fmt::format("line {}: {}", line, what));
}

std::string shown(std::string_view source) {
  constexpr std::size_t bytes_max = 40;
  std::string text(source.substr(0, bytes_max));
  for (char& c : text) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return '\'' + text + (source.size() > bytes_max ? "...'" : "'");
}

}  // namespace holdfast::script
