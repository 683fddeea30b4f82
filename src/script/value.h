// The values of the small language, which are also those that a key command answers with.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace holdfast::script {

struct Value;

struct Nil {};
/// `{ok = text}`: a short word that is shown as it is.
struct Status {
  std::string text;
};
/// `{err = text}`; the first word of the text is its code.
struct Failure {
  std::string text;
};
struct Text {
  std::string text;
  /// Not empty: this was read as the value of the key with this name. Equal to something else, it is a proof.
  std::string of_key{};
};
using List = std::vector<Value>;

/// A Lua `false` and a missing key are both `false` as Redis hands them to scripts; Nil is what a command answers then.
struct Value {
  std::variant<Nil, bool, std::int64_t, double, Text, Status, Failure, List> is;
};

}  // namespace holdfast::script
