// A reader of EDN, as far as histories need it: nil, booleans, numbers, strings, keywords, symbols, lists, vectors,
// maps, sets; tags are read over, and what they stand before is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace holdfast::recording {

struct Edn {
  enum class Kind : std::uint8_t { nil, boolean, integer, number, text, keyword, symbol, sequence, map };
  Kind kind = Kind::nil;
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;
  std::string text;        ///< Of a text, keyword (without its colon) or symbol.
  std::vector<Edn> items;  ///< Of a sequence; of a map keys and values by turns.
  std::size_t line = 0;    ///< Where it begins.

  /// The value of a map under a keyword. Null: there is none.
  const Edn* at(std::string_view keyword) const;
  bool is_keyword(std::string_view word) const { return kind == Kind::keyword && text == word; }
};

class EdnReader {
 public:
  EdnReader(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

  /// False: there is nothing more. Errors: recording_damaged.
  Result<bool> next(Edn& value);
  std::unexpected<Error> damaged(std::string_view what) const { return damaged(line_, what); }
  std::unexpected<Error> damaged(std::size_t line, std::string_view what) const;

 private:
  Result<void> skip();
  Result<void> value(Edn& into, int depth);
  Result<void> collection(Edn& into, char close, int depth);
  Result<void> quoted(Edn& into);
  Result<void> word(Edn& into);
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool done() const { return at_ >= text_.size(); }

  std::string_view text_;
  std::string file_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace holdfast::recording
