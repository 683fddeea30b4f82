// A journal's files from an input. Checksums are made here where the input asks for frames, or nothing would ever get
// past them; it may also ask for bytes as they are, or for damage.
#pragma once

#include <map>
#include <string>

#include "journal/file/format.h"
#include "journal/file/layout.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {

using Files = std::map<std::string, std::string>;

/// What an input's file is made of, chosen by a byte.
enum class Made : std::uint8_t { segment, snapshot, raw, count };

inline std::string frames_from(Input& input, const journal::file::FileHeader& header, std::string file) {
  using namespace journal::file;
  const Seal seal(header);
  for (std::size_t frames = input.below(6); frames > 0; --frames) {
    std::string frame;
    begin_frame(frame);
    const FrameHeader says{.count = input.byte(), .first = input.byte(), .durable = input.byte()};
    frame += input.take(input.byte());
    finish_frame(frame, says, seal, file.size());
    file += frame;
  }
  return file + std::string(input.below(64), '\0');
}

inline std::pair<std::string, std::string> file_from(Input& input) {
  using namespace journal::file;
  const Made made = static_cast<Made>(input.below(static_cast<std::size_t>(Made::count)));
  FileHeader header{.store = {'f', 'u', 'z', 'z'}, .number = input.byte(), .next = 0};
  if (made == Made::raw) {
    const std::string name = input.byte() % 2 == 0 ? segment_name(header.number) : snapshot_name(header.number);
    return {name, std::string{input.take(input.two())}};
  }
  header.kind = made == Made::snapshot ? FileKind::snapshot : FileKind::segment;
  header.next = input.byte();
  const std::string name = made == Made::snapshot ? snapshot_name(header.number) : segment_name(header.number);
  return {name, frames_from(input, header, encode_header(header))};
}

/// Up to four files, and then bytes in them changed.
inline Files files_from(Input& input) {
  Files files;
  for (std::size_t left = 1 + input.below(4); left > 0; --left) files.insert(file_from(input));
  for (std::size_t changes = input.below(4); changes > 0; --changes) {
    std::string& bytes = std::next(files.begin(), static_cast<std::ptrdiff_t>(input.below(files.size())))->second;
    const std::size_t at = input.two();
    const std::uint8_t to = input.byte();
    if (at < bytes.size()) bytes[at] = static_cast<char>(to);
  }
  return files;
}

}  // namespace holdfast::fuzz
