// A file's bytes and the text in them. What is read and written again unchanged is the same to the byte.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "text/line_ends.h"
#include "text/text.h"

namespace holdfast::text {

/// What a file has that its text does not show.
struct FileForm {
  LineEnds ends;
  bool byte_order_mark = false;  ///< The three bytes EF BB BF in front.
  friend bool operator==(const FileForm&, const FileForm&) = default;
};

struct TextFile {
  Text text;  ///< A last line without a break stays without.
  FileForm form;
};

/// Line breaks are CR LF, LF, and CR on its own, as browsers see them. Errors: bad_text (says at which byte the file is
/// no UTF-8), text_too_large (more than `bytes_max`).
Result<TextFile> read_file(std::string_view bytes, std::size_t bytes_max = 10U << 20U);
std::string write_file(const Text& text, const FileForm& form);

}  // namespace holdfast::text
