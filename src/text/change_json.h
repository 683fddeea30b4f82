// Changes as CodeMirror 6 writes them: a list that covers the whole text.
//
//   5              five units stay
//   [5]            five units go
//   [5,"a","b"]    five units give way to these lines, joined by a line break each: "a\nb"
//
// Read strictly, straight from the bytes: an editor that means something else must be told so, and a list that two
// readers could understand differently must not be stored. Beyond JSON's own rules: whole numbers that are not
// negative, no part that does nothing, no line break within a line, no half of a surrogate pair. What neighbours say in
// two parts is taken as one, as an editor would write it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "text/change_set.h"

namespace holdfast::text {

struct ChangeLimits {
  std::size_t bytes = 1U << 20U;  ///< Of the JSON text, and of the text that is inserted.
  std::size_t parts = 65'536;
};

/// Reads one change, and nothing but white space around it. `into` is overwritten, and of no use after an error;
/// reading many into the same one allocates nothing.
///
/// Errors say in `where` at which byte and what is wrong, and in `field` which part: `changes[3][1]`.
/// bad_json: it is no JSON. bad_changes: it is, but no change. bad_boundary: half of a surrogate pair is inserted.
/// changes_too_large: more bytes, parts or units than are taken.
Result<void> read_changes(std::string_view json, ChangeSet& into, const ChangeLimits& limits = {});
Result<ChangeSet> read_changes(std::string_view json, const ChangeLimits& limits = {});

/// Reads one change off the front of `json`, for a reader of something larger. Leaves in `json` what follows.
Result<void> read_changes_of(std::string_view& json, ChangeSet& into, const ChangeLimits& limits = {});

/// Appends what CodeMirror's own `toJSON` would give, without white space.
void write_changes(std::string& to, const ChangeSet& changes);
std::string changes_json(const ChangeSet& changes);

}  // namespace holdfast::text
