// The members of a JSON object as they stand in its text: found in one pass, each read when somebody wants it.
//
// So a large member is read once, by whoever knows what it is, and nothing is built that is only taken apart again. It
// is as strict as `read_object` for whoever reads every member or refuses it by its key.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace holdfast::api {

class JsonMembers {
 public:
  /// No operation has as many fields: more are not looked at.
  static constexpr std::size_t members_max = 32;

  struct Member {
    std::string key;
    /// Not empty, without white space around it. Of a text with its quotes; of a list or an object up to where it ends,
    /// and nobody has looked inside.
    std::string_view value;
  };

  /// `text` must live as long as what is found in it. Errors: bad_json (says at which byte); duplicate_field (names
  /// it); unknown_field for the first of too many.
  static Result<JsonMembers> read(std::string_view text);

  std::span<const Member> all() const { return members_; }
  /// The value of the member `key`; empty: there is none.
  std::string_view find(std::string_view key) const;

 private:
  std::vector<Member> members_;
};

// Of the value of a member.

/// Whether it is a text, a number, a list, an object: by how it begins.
inline bool is_json_text(std::string_view value) {
  return value.front() == '"';
}
inline bool is_json_list(std::string_view value) {
  return value.front() == '[';
}
inline bool is_json_object(std::string_view value) {
  return value.front() == '{';
}

/// What a text says. Error: bad_json, where it is no text or not valid: control characters, broken escapes, half of a
/// surrogate pair, no UTF-8.
Result<std::string> json_text(std::string_view value);
/// The whole number that it is; none: it is something else, or beyond 64 bits.
std::optional<std::int64_t> json_integer(std::string_view value);
/// Of `true` and `false`; none: it is neither.
std::optional<bool> json_flag(std::string_view value);

}  // namespace holdfast::api
