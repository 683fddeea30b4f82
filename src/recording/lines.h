// Lines of a text, with their numbers, none longer than a bound.
#pragma once

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>

#include "base/error.h"

namespace holdfast::recording {

class Lines {
 public:
  Lines(std::istream& in, std::string file, std::size_t bytes_max)
      : in_(in), file_(std::move(file)), bytes_max_(bytes_max) {}

  /// The next line without its end, valid until the next call; false at the end of the text.
  ///
  /// Errors: recording_damaged, of a line that is too long or has a NUL; recording_io.
  Result<bool> next(std::string_view& line);
  std::size_t number() const { return number_; }
  /// An error about the line that was read last.
  std::unexpected<Error> damaged(std::string_view what) const;

 private:
  std::istream& in_;
  std::string file_;
  std::size_t bytes_max_;
  std::size_t number_ = 0;
  std::string buffer_;
};

/// Whether `text` is UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace holdfast::recording
