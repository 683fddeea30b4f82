// The bytes of a journal's files: headers, frames and their checksums. docs/journal-format.md draws them.
//
// Pure: no file is touched here. All numbers are little-endian.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace holdfast::journal::file {

/// What this version writes, and the greatest that it reads.
inline constexpr std::uint32_t format_version = 1;
inline constexpr std::size_t header_bytes = 64;
inline constexpr std::size_t frame_header_bytes = 32;
inline constexpr std::size_t frame_align = 8;
/// Of a frame's payload. A batch is about 1 MiB; what is greater than this is no batch of ours.
inline constexpr std::size_t payload_bytes_max = std::size_t{1} << 30;

enum class FileKind : std::uint32_t { segment = 1, snapshot = 2 };

/// Random, made with the data directory, in every file of it: files of two directories are never taken for one.
using StoreId = std::array<char, 16>;

/// The first 64 bytes of every file.
struct FileHeader {
  FileKind kind = FileKind::segment;
  StoreId store{};
  std::uint64_t number = 0;  ///< Of a segment its sequence number; of a snapshot the position it goes up to.
  std::uint64_t next = 0;    ///< Of a snapshot: the sequence number of the segment that goes on from it. Else 0.
  bool operator==(const FileHeader&) const = default;
};

std::string encode_header(const FileHeader& header);

/// Reads a header off the front of `bytes`. `where` (the file) goes into errors.
///
/// Errors: journal_damaged; journal_too_new, whose sentence names both versions.
Result<FileHeader> decode_header(std::string_view bytes, const std::string& where);

/// What stands before a frame's payload.
struct FrameHeader {
  std::uint32_t length = 0;   ///< Of the payload, padding not counted.
  std::uint32_t count = 0;    ///< Effects in it; 0 in a mark.
  std::uint64_t first = 0;    ///< Position of the first effect; of a mark, of the effect that would be next.
  std::uint64_t durable = 0;  ///< Everything up to this position was durable when the frame was written.
  bool operator==(const FrameHeader&) const = default;
};

/// A frame found in a file. Views point into the bytes it was found in.
struct Frame {
  FrameHeader header;
  std::string_view payload;
  std::uint64_t end = 0;  ///< Offset behind its padding: where the next one begins.
};

/// Makes and checks the checksums of one file's frames.
///
/// A frame's checksum covers, besides the frame, the store, the file and the offset it belongs to: a frame that some
/// disk put elsewhere is not valid there, and no client can write text that contains a valid frame, because the store's
/// id is not known outside.
class Seal {
 public:
  explicit Seal(const FileHeader& file);
  std::uint32_t of(std::uint64_t offset, std::string_view frame) const;

 private:
  std::uint32_t file_;  ///< Checksum of what identifies the file.
};

/// Leaves room for a frame's header at the end of `out`, behind which its payload is to be appended.
inline void begin_frame(std::string& out) {
  out.append(frame_header_bytes, '\0');
}

/// Completes the frame that is all of `frame`: padding, header and checksum. It will stand at `offset`.
///
/// The header's `length` is filled in here.
void finish_frame(std::string& frame, FrameHeader header, const Seal& seal, std::uint64_t offset);

/// The valid frame at `offset` of `file`; none if there is none, whatever the bytes are.
std::optional<Frame> frame_at(std::string_view file, std::uint64_t offset, const Seal& seal);
/// The same, where `bytes` are those of the file from `offset` on.
std::optional<Frame> frame_in(std::string_view bytes, std::uint64_t offset, const Seal& seal);

/// The length a frame takes on disk, if a valid one might begin with these bytes (at least frame_header_bytes).
std::optional<std::uint64_t> frame_extent(std::string_view bytes);

/// `offset` or the next greater one at which a frame may begin.
constexpr std::uint64_t aligned(std::uint64_t offset) {
  return (offset + frame_align - 1) / frame_align * frame_align;
}

}  // namespace holdfast::journal::file
