#include "server/http/media.h"

#include <algorithm>

namespace holdfast::server::http {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// But for the case of ASCII.
bool same(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

/// Takes what stands before the first `mark` off the front of `list`.
std::string_view take(std::string_view& list, char mark) {
  const std::string_view item = list.substr(0, list.find(mark));
  list.remove_prefix(std::min(list.size(), item.size() + 1));
  return trimmed(item);
}

bool is_utf8(std::string_view charset) {
  if (charset.size() >= 2 && charset.starts_with('"') && charset.ends_with('"'))
    charset = charset.substr(1, charset.size() - 2);
  return same(charset, "utf-8") || same(charset, "us-ascii");
}

/// Of the parameters of a media range: whether they say that it is not wanted at all.
bool is_unwanted(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view parameter = take(parameters, ';');
    if (!same(take(parameter, '='), "q")) continue;
    return parameter.starts_with('0') && parameter.find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

}  // namespace

bool is_json(std::string_view content_type) {
  return same(take(content_type, ';'), "application/json");
}

bool is_plain_text(std::string_view content_type) {
  if (!same(take(content_type, ';'), "text/plain")) return false;
  while (!content_type.empty()) {
    std::string_view parameter = take(content_type, ';');
    if (same(take(parameter, '='), "charset")) return is_utf8(trimmed(parameter));
  }
  return true;
}

bool wants_plain_text(std::string_view accept) {
  bool named = false;
  while (!accept.empty()) {
    std::string_view range = take(accept, ',');
    const std::string_view type = take(range, ';');
    if (is_unwanted(range)) continue;
    if (same(type, "application/json")) return false;
    named = named || same(type, "text/plain");
  }
  return named;
}

bool takes_coding(std::string_view accept_encoding, std::string_view coding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    std::string_view item = take(accept_encoding, ',');
    const std::string_view named = take(item, ';');
    if (same(named, coding)) return !is_unwanted(item);
    if (named == "*") any = !is_unwanted(item);
  }
  return any;
}

}  // namespace holdfast::server::http
