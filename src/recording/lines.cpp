#include "recording/lines.h"

#include <fmt/format.h>

#include <streambuf>

namespace holdfast::recording {

Result<bool> Lines::next(std::string_view& line) {
  buffer_.clear();
  std::streambuf* const source = in_.rdbuf();
  using Traits = std::streambuf::traits_type;
  bool any = false;
  try {
    for (Traits::int_type c = source->sbumpc(); !Traits::eq_int_type(c, Traits::eof()); c = source->sbumpc()) {
      if (!any) ++number_;
      any = true;
      if (Traits::to_char_type(c) == '\n') break;
      if (buffer_.size() == bytes_max_) return damaged(fmt::format("the line is longer than {} bytes", bytes_max_));
      buffer_ += Traits::to_char_type(c);
    }
  } catch (const std::exception& error) {
    return fail(ErrorCode::recording_io, file_ + ": " + error.what());
  }
  if (in_.bad()) return fail(ErrorCode::recording_io, file_ + " could not be read");
  if (!buffer_.empty() && buffer_.back() == '\r') buffer_.pop_back();
  line = buffer_;
  return any;
}

std::unexpected<Error> Lines::damaged(std::string_view what) const {
  return fail(ErrorCode::recording_damaged, fmt::format("{}:{}: {}", file_, number_, what));
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const unsigned char first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || i + length > text.size()) return false;
    const unsigned char second = byte(i + 1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f)) {
      return false;
    }
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

}  // namespace holdfast::recording
