// A script's text as tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace holdfast::script {

struct Token {
  enum class Kind : std::uint8_t { end, keyword, name, number, text, symbol };

  Kind kind = Kind::end;
  int line = 1;
  std::string_view source;  ///< As it is written; a view of the text that was read.
  std::string text{};       ///< What a text stands for, its escapes resolved.
  double number = 0;

  /// Whether it is this keyword or symbol.
  bool is(std::string_view word) const { return (kind == Kind::keyword || kind == Kind::symbol) && source == word; }
};

/// All of them, the last one being `end`. Comments and a first line that begins with #! are passed over.
/// Errors: bad_script, with the line.
Result<std::vector<Token>> tokens_of(std::string_view text);

/// Whether the script's first line is one for engines, and has `flag` among its flags.
bool first_line_asks(std::string_view text, std::string_view flag);

/// bad_script at a line, in the one form that all of them have.
std::unexpected<Error> bad_script(int line, std::string_view what);

/// A piece of a script as a message may show it: in quotes, short, and without control characters.
std::string shown(std::string_view source);

}  // namespace holdfast::script
