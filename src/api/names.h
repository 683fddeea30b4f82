// Names as clients write them, made into the one spelling that the rules know.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace holdfast::api {

inline constexpr std::size_t name_bytes_max = 512;

/// Undoes percent-encoding, once: `%2F` is a slash like any other. Error: bad_name for a broken escape.
Result<std::string> decode_percent(std::string_view encoded);

/// The canonical spelling of `name`: checked, and in Unicode's NFC, so that two spellings of one name are one name.
///
/// Errors: bad_name for what is empty, longer than 512 bytes, not UTF-8, holds a control character, or has an empty,
/// `.` or `..` segment. `where` says which.
Result<std::string> canonical_name(std::string_view name);

/// Whether `name` is a name of printable ASCII, and so its own canonical spelling. False: `canonical_name` knows.
bool is_canonical_ascii(std::string_view name);

/// Whether `text` is UTF-8 of 1 to `bytes_max` bytes without control characters: what owners and sessions must be.
bool is_plain_text(std::string_view text, std::size_t bytes_max);

/// As much of the front of `text` as is whole characters of UTF-8, `bytes_max` bytes at most.
std::string_view whole_characters(std::string_view text, std::size_t bytes_max);

}  // namespace holdfast::api
