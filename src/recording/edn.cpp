#include "recording/edn.h"

#include <fmt/format.h>

#include <charconv>

namespace holdfast::recording {
namespace {

constexpr int depth_max = 64;

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

bool ends_word(char c) {
  return blank(c) || c == '(' || c == ')' || c == '[' || c == ']' || c == '{' || c == '}' || c == '"' || c == ';';
}

}  // namespace

const Edn* Edn::at(std::string_view keyword) const {
  if (kind != Kind::map) return nullptr;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].is_keyword(keyword)) return &items[i + 1];
  }
  return nullptr;
}

std::unexpected<Error> EdnReader::damaged(std::size_t line, std::string_view what) const {
  return fail(ErrorCode::recording_damaged, fmt::format("{}:{}: {}", file_, line, what));
}

Result<bool> EdnReader::next(Edn& into) {
  HF_TRY_VOID(skip());
  if (done()) return false;
  HF_TRY_VOID(value(into, 0));
  return true;
}

/// Blanks, comments, and forms that are commented out.
Result<void> EdnReader::skip() {
  while (!done()) {
    if (blank(peek())) {
      line_ += peek() == '\n';
      ++at_;
    } else if (peek() == ';') {
      while (!done() && peek() != '\n') ++at_;
    } else if (text_.substr(at_, 2) == "#_") {
      at_ += 2;
      Edn ignored;
      HF_TRY_VOID(skip());
      HF_TRY_VOID(value(ignored, 0));
    } else {
      return {};
    }
  }
  return {};
}

Result<void> EdnReader::value(Edn& into, int depth) {
  if (depth > depth_max) return damaged("it is nested too deeply");
  HF_TRY_VOID(skip());
  if (done()) return damaged("the text breaks off");
  into = {};
  into.line = line_;
  switch (peek()) {
    case '(':
      return collection(into, ')', depth);
    case '[':
      return collection(into, ']', depth);
    case '{':
      into.kind = Edn::Kind::map;
      return collection(into, '}', depth);
    case '"':
      return quoted(into);
    case ')':
    case ']':
    case '}':
      return damaged(fmt::format("'{}' closes nothing", peek()));
    case '#':
      ++at_;
      if (peek() == '{') return collection(into, '}', depth);
      HF_TRY_VOID(word(into));  // A tag.
      return value(into, depth + 1);
    case '\0':
      return damaged("there is a NUL in it");
    default:
      return word(into);
  }
}

Result<void> EdnReader::collection(Edn& into, char close, int depth) {
  if (into.kind != Edn::Kind::map) into.kind = Edn::Kind::sequence;
  const std::size_t begin = line_;
  ++at_;
  while (true) {
    HF_TRY_VOID(skip());
    if (done()) return damaged(begin, fmt::format("what begins here is never closed with '{}'", close));
    if (peek() == close) break;
    Edn item;
    HF_TRY_VOID(value(item, depth + 1));
    into.items.push_back(std::move(item));
  }
  ++at_;
  if (into.kind == Edn::Kind::map && into.items.size() % 2 != 0)
    return damaged(begin, "a map has a key without a value");
  return {};
}

Result<void> EdnReader::quoted(Edn& into) {
  into.kind = Edn::Kind::text;
  const std::size_t begin = line_;
  for (++at_; !done() && peek() != '"'; ++at_) {
    char c = peek();
    if (c == '\0') return damaged("there is a NUL in it");
    if (c == '\\') {
      ++at_;
      if (done()) break;
      c = peek() == 'n' ? '\n' : peek() == 't' ? '\t' : peek() == 'r' ? '\r' : peek();
    } else if (c == '\n') {
      ++line_;
    }
    into.text += c;
  }
  if (done()) return damaged(begin, "a text is never closed");
  ++at_;
  return {};
}

Result<void> EdnReader::word(Edn& into) {
  const std::size_t begin = at_;
  while (!done() && !ends_word(peek())) ++at_;
  const std::string_view text = text_.substr(begin, at_ - begin);
  if (text.empty() || text.find('\0') != std::string_view::npos)
    return damaged("there is a NUL, or nothing, where a word should be");
  const char* const last = text.data() + text.size();
  if (text[0] == ':') {
    into.kind = Edn::Kind::keyword;
    into.text = text.substr(1);
  } else if (text == "nil") {
    into.kind = Edn::Kind::nil;
  } else if (text == "true" || text == "false") {
    into.kind = Edn::Kind::boolean;
    into.boolean = text == "true";
  } else if ((text[0] >= '0' && text[0] <= '9') ||
             (text.size() > 1 && (text[0] == '-' || text[0] == '+') && text[1] >= '0' && text[1] <= '9')) {
    std::string_view digits = text[0] == '+' ? text.substr(1) : text;
    if (digits.ends_with('N')) digits.remove_suffix(1);
    const auto whole = std::from_chars(digits.data(), digits.data() + digits.size(), into.integer);
    into.kind = Edn::Kind::integer;
    if (whole.ec == std::errc::result_out_of_range) return damaged(fmt::format("the number {} is too great", text));
    if (whole.ptr == digits.data() + digits.size()) return {};
    into.kind = Edn::Kind::number;
    const auto found = std::from_chars(text.data(), last, into.number);
    if (found.ec != std::errc{} || (found.ptr != last && *found.ptr != 'M'))
      return damaged(fmt::format("{} is no number", text));
  } else {
    into.kind = Edn::Kind::symbol;
    into.text = text;
  }
  return {};
}

}  // namespace holdfast::recording
