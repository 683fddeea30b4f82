#include "text/text_file.h"

#include <fmt/format.h>

#include "text/utf8.h"

namespace holdfast::text {
namespace {

constexpr std::string_view mark = "\xEF\xBB\xBF";

constexpr std::string_view bytes_of(LineEnd end) {
  switch (end) {
    case LineEnd::lf:
      return "\n";
    case LineEnd::crlf:
      return "\r\n";
    case LineEnd::cr:
      return "\r";
  }
  return "\n";
}

LineEnd end_at(std::string_view bytes, std::size_t at) {
  if (bytes[at] == '\n') return LineEnd::lf;
  return bytes.substr(at + 1, 1) == "\n" ? LineEnd::crlf : LineEnd::cr;
}

/// The text with line feeds only, and what its breaks were.
std::pair<std::string, std::vector<LineEnds::Run>> with_line_feeds(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  std::vector<LineEnds::Run> runs;
  for (std::size_t at = 0;;) {
    const std::size_t end = bytes.find_first_of("\r\n", at);
    text += bytes.substr(at, end - at);
    if (end == std::string_view::npos) return {std::move(text), std::move(runs)};
    text += '\n';
    const LineEnd kind = end_at(bytes, end);
    if (runs.empty() || runs.back().end != kind) runs.push_back({kind, 0});
    ++runs.back().count;
    at = end + bytes_of(kind).size();
  }
}

}  // namespace

Result<TextFile> read_file(std::string_view bytes, std::size_t bytes_max) {
  if (bytes.size() > bytes_max)
    return fail(ErrorCode::text_too_large, fmt::format("{} bytes, where {} is the most", bytes.size(), bytes_max),
                "text");
  // Of the file, so that the byte is the one that an editor shows.
  if (const auto fault = fault_in_utf8(bytes))
    return fail(ErrorCode::bad_text, fmt::format("byte {} is no UTF-8", *fault), "text");
  TextFile file;
  file.form.byte_order_mark = bytes.starts_with(mark);
  if (file.form.byte_order_mark) bytes.remove_prefix(mark.size());
  auto [text, runs] = with_line_feeds(bytes);
  HF_TRY(made, Text::from_utf8(text));
  file.text = std::move(made);
  file.form.ends = LineEnds::of(std::move(runs));
  return file;
}

std::string write_file(const Text& text, const FileForm& form) {
  std::string out;
  out.reserve(text.extent().bytes + text.extent().breaks + mark.size());
  if (form.byte_order_mark) out += mark;
  auto run = form.ends.runs().begin();
  std::uint32_t of_run = 0;
  const auto next_end = [&] {
    if (run == form.ends.runs().end()) return form.ends.usual();
    const LineEnd end = run->end;
    if (++of_run == run->count) {
      ++run;
      of_run = 0;
    }
    return end;
  };
  text.each_piece([&](std::string_view piece) {
    for (std::size_t end = 0; (end = piece.find('\n')) != std::string_view::npos;) {
      out += piece.substr(0, end);
      out += bytes_of(next_end());
      piece.remove_prefix(end + 1);
    }
    out += piece;
  });
  return out;
}

}  // namespace holdfast::text
