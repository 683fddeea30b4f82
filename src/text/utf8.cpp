#include "text/utf8.h"

#include <algorithm>
#include <cstring>

namespace holdfast::text {
namespace {

constexpr std::uint64_t high_bits = 0x8080808080808080U;

/// Eight bytes of ASCII begin here.
bool ascii_ahead(std::string_view bytes, std::size_t at) {
  if (bytes.size() - at < 8) return false;
  std::uint64_t eight = 0;
  std::memcpy(&eight, bytes.data() + at, 8);
  return (eight & high_bits) == 0;
}

/// The least and greatest second byte after a lead, where UTF-8 does not allow all of 80 to BF.
struct Second {
  unsigned char least = 0x80, greatest = 0xBF;
};
Second second_after(unsigned char lead) {
  switch (lead) {
    case 0xE0:
      return {0xA0, 0xBF};  // Less would be overlong.
    case 0xED:
      return {0x80, 0x9F};  // More would be a surrogate.
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};  // More would be beyond U+10FFFF.
    default:
      return {};
  }
}

std::size_t length_by_lead(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

}  // namespace

std::size_t character_at(std::string_view bytes, std::size_t at) {
  const auto lead = static_cast<unsigned char>(bytes[at]);
  const std::size_t length = length_by_lead(lead);
  if (length <= 1) return length;
  if (bytes.size() - at < length) return 0;
  const Second allowed = second_after(lead);
  const auto second = static_cast<unsigned char>(bytes[at + 1]);
  if (second < allowed.least || second > allowed.greatest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!continues(bytes[at + i])) return 0;
  }
  return length;
}

std::optional<std::size_t> fault_in_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    if (ascii_ahead(bytes, at)) {
      at += 8;
      continue;
    }
    const std::size_t length = character_at(bytes, at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

Extent extent_of(std::string_view text) {
  Extent extent{.bytes = static_cast<std::uint32_t>(text.size())};
  for (const char byte : text) {
    extent.units += static_cast<Units>(!continues(byte)) + static_cast<Units>(static_cast<unsigned char>(byte) >= 0xF0);
    extent.breaks += static_cast<std::uint32_t>(byte == '\n');
  }
  return extent;
}

UnitOffset offset_of(std::string_view text, Units units) {
  std::size_t at = 0;
  while (units >= 8 && ascii_ahead(text, at)) {
    at += 8;
    units -= 8;
  }
  while (units > 0) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const Units of_this = units_of_lead(lead);
    if (of_this > units) return {at, false};
    units -= of_this;
    at += length_by_lead(lead);
  }
  return {at, true};
}

void append_utf8(std::string& to, std::uint32_t scalar) {
  const auto tail = [&](unsigned shift) { to += static_cast<char>(0x80U | ((scalar >> shift) & 0x3FU)); };
  if (scalar < 0x80) {
    to += static_cast<char>(scalar);
  } else if (scalar < 0x800) {
    to += static_cast<char>(0xC0U | (scalar >> 6U));
    tail(0);
  } else if (scalar < 0x10000) {
    to += static_cast<char>(0xE0U | (scalar >> 12U));
    tail(6);
    tail(0);
  } else {
    to += static_cast<char>(0xF0U | (scalar >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace holdfast::text
