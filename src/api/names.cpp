#include "api/names.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace holdfast::api {
namespace {

std::unexpected<Error> bad(std::string_view why) {
  return fail(ErrorCode::bad_name, std::string{why}, "name");
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Nothing but the printable characters of ASCII, as most text is: eight bytes at a look.
bool is_printable_ascii(std::string_view text) {
  constexpr std::uint64_t each = 0x0101010101010101, high = each * 0x80, space = each * ' ';
  // A byte has its high bit set in one of these three: it is below the space, or DEL, or not ASCII. What one byte
  // borrows from the next, or carries into it, comes from a byte that is one of those itself.
  const auto odd = [&](std::uint64_t eight) { return ((eight - space) | (eight + each) | eight) & high; };
  std::uint64_t eight = space;
  if (text.size() < sizeof eight) {
    for (std::size_t i = 0; i < text.size(); ++i) eight = eight << 8U | static_cast<unsigned char>(text[i]);
    return !odd(eight);
  }
  std::uint64_t found = 0;
  for (std::size_t i = 0; i + sizeof eight <= text.size(); i += sizeof eight) {
    std::memcpy(&eight, text.data() + i, sizeof eight);
    found |= odd(eight);
  }
  std::memcpy(&eight, text.data() + text.size() - sizeof eight, sizeof eight);  // Some of them again.
  return !(found | odd(eight));
}

enum class Text { plain, not_utf8, control };

/// Control characters are C0, DEL and C1, and the separators of lines and paragraphs, which logs would break at.
Text look_at(std::string_view text) {
  if (is_printable_ascii(text)) return Text::plain;  // Only what is not has to be taken apart.
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(bytes, left, &point);
    if (used <= 0) return Text::not_utf8;
    if (point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x2028 || point == 0x2029) return Text::control;
    bytes += used;
    left -= used;
  }
  return Text::plain;
}

Result<std::string> nfc(std::string_view text) {
  utf8proc_uint8_t* composed = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &composed, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(composed, &std::free);
  if (size < 0) return bad("it is not valid UTF-8");
  return std::string(reinterpret_cast<const char*>(composed), static_cast<std::size_t>(size));
}

}  // namespace

Result<std::string> decode_percent(std::string_view encoded) {
  if (encoded.find('%') == std::string_view::npos) return std::string{encoded};
  std::string decoded;
  decoded.reserve(encoded.size());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      decoded += encoded[i];
      continue;
    }
    const int high = i + 2 <= encoded.size() - 1 ? hex_digit(encoded[i + 1]) : -1;
    const int low = i + 2 <= encoded.size() - 1 ? hex_digit(encoded[i + 2]) : -1;
    if (high < 0 || low < 0) return bad("a % is not followed by two hexadecimal digits");
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

bool is_plain_text(std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && look_at(text) == Text::plain;
}

std::string_view whole_characters(std::string_view text, std::size_t bytes_max) {
  text = text.substr(0, bytes_max);
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  std::size_t whole = 0;
  while (whole < text.size()) {
    utf8proc_int32_t point = 0;
    const auto used = utf8proc_iterate(bytes + whole, static_cast<utf8proc_ssize_t>(text.size() - whole), &point);
    if (used <= 0) break;
    whole += static_cast<std::size_t>(used);
  }
  return text.substr(0, whole);
}

bool is_canonical_ascii(std::string_view name) {
  if (name.empty() || name.size() > name_bytes_max || !is_printable_ascii(name)) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view segment = name.substr(begin, end - begin);
    if (segment.empty() || segment == "." || segment == "..") return false;
    begin = end + 1;
  }
  return true;
}

Result<std::string> canonical_name(std::string_view name) {
  if (is_canonical_ascii(name))
    return std::string{name};  // As nearly all are. What is wrong with others is said below.
  if (name.empty()) return bad("it is empty");
  if (name.size() > name_bytes_max) return bad("it is longer than 512 bytes");
  switch (look_at(name)) {
    case Text::not_utf8:
      return bad("it is not valid UTF-8");
    case Text::control:
      return bad("it holds a control character");
    case Text::plain:
      break;
  }
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view segment = name.substr(begin, end - begin);
    if (segment.empty()) return bad("it has an empty segment");
    if (segment == "." || segment == "..") return bad("a segment is . or ..");
    begin = end + 1;
  }
  HF_TRY(composed, nfc(name));
  if (composed.size() > name_bytes_max) return bad("it is longer than 512 bytes in Unicode's NFC");
  return composed;
}

}  // namespace holdfast::api
