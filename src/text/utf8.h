// UTF-8, strictly, and how it is counted in UTF-16 units.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "text/extent.h"

namespace holdfast::text {

/// The offset of the first byte that is no UTF-8: a stray or missing continuation, an overlong form, a surrogate,
/// anything beyond U+10FFFF. None if all of it is.
std::optional<std::size_t> fault_in_utf8(std::string_view bytes);

/// How many bytes the character has that begins at `bytes[at]`; 0 if what stands there is no UTF-8.
std::size_t character_at(std::string_view bytes, std::size_t at);

// From here on: of valid UTF-8.

Extent extent_of(std::string_view text);

/// Where a number of units ends.
struct UnitOffset {
  std::size_t bytes = 0;
  bool whole = true;  ///< False: in the middle of a surrogate pair; `bytes` is then where the pair begins.
};
/// `units` must not be more than `text` has.
UnitOffset offset_of(std::string_view text, Units units);

/// How many units the character has whose first byte this is.
constexpr Units units_of_lead(unsigned char lead) {
  return lead >= 0xF0 ? 2 : 1;
}
constexpr bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Appends a scalar value: no surrogate, not above U+10FFFF.
void append_utf8(std::string& to, std::uint32_t scalar);

}  // namespace holdfast::text
