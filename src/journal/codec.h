// Effects as bytes, and back.
//
// One effect is its tag (a byte) and its fields in the order of fields.h:
//   numbers   varints of 7 bits a byte, lowest first, as short as they can be; signed ones zigzag-folded first
//   text      its length as a varint, then its bytes
//   lists     their length as a varint, then their elements
//   durations in nanoseconds, wall times in microseconds since 1970; booleans and enums one byte
// Every effect is written in exactly one form. Reading accepts that one and, of some, the one of an earlier version.
// See docs/journal-format.md.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/effects.h"

namespace holdfast::journal {

/// Why bytes are no effect.
enum class Unreadable : std::uint8_t {
  malformed,   ///< No version of holdfast writes this.
  newer_kind,  ///< A tag that this version does not know: a newer one may.
};

/// Appends the bytes of `effect` to `out`.
void encode(const core::Effect& effect, std::string& out);

/// Takes one effect off the front of `bytes`; whatever the bytes are, it reads nothing beyond them.
///
/// On failure `bytes` is left as it was.
std::expected<core::Effect, Unreadable> decode_front(std::string_view& bytes);

/// The one effect that `bytes` are; bytes behind it are refused.
std::expected<core::Effect, Unreadable> decode(std::string_view bytes);

}  // namespace holdfast::journal
