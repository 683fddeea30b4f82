// A change in as few bytes as it needs, for a journal.
//
// For each place where something changes: how many units stay before it; then how many go, doubled, plus one if
// something comes; then how many bytes come, and those. All numbers are varints. What stays behind the last place is
// not written: the length of the text before it is known to whoever reads. A letter that was typed into a text of 100
// KB takes five bytes and itself.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "text/change_set.h"
#include "text/varint.h"

namespace holdfast::text {

/// Appends it. Nothing is appended for a change that changes nothing.
void write_record(std::string& to, const ChangeSet& changes);
/// All of `bytes`, made for a text of `length` units. Errors: record_damaged, whatever the bytes are.
Result<ChangeSet> read_record(std::string_view bytes, Units length);

/// Takes a text of whole characters, as records have it, off the front: valid UTF-8 without a carriage return. Its
/// extent is measured on the way.
std::string_view take_text(ByteReader& bytes, std::uint64_t size, Extent& extent);

}  // namespace holdfast::text
