// What can be asked of any value, by Lua's rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "script/value.h"

namespace holdfast::script {

/// Everything but nil and false.
bool is_true(const Value& value);
/// nil, boolean, number, string or table.
std::string_view kind_of(const Value& value);

/// The number that a text shows; spaces around it are passed over.
std::optional<double> number_of(std::string_view text);
/// Of a number, or of a text that shows one.
std::optional<double> number_of(const Value& value);

/// As scripts see a number when they join it to a text.
std::string text_of(double number);
/// As commands get a number: with all that it has.
std::string word_of(double number);

/// What a command answered, as scripts see it: nothing is `false`, and all numbers are of one kind.
void become_seen(Value& value);
/// What a script returned, as an answer: a number without its fraction, `true` as 1, `false` as nothing, a list up to
/// its first nil.
void become_answer(Value& value);

/// What it takes to copy a value.
struct Extent {
  std::size_t values = 1;  ///< Itself and all in it.
  std::size_t bytes = 0;   ///< Of all its texts.
  int depth = 0;           ///< Of lists in lists.
};
Extent extent_of(const Value& value);

}  // namespace holdfast::script
