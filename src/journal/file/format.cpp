#include "journal/file/format.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "journal/crc32c.h"

namespace holdfast::journal::file {

namespace {

constexpr std::string_view file_magic = "HOLDFAST";
// 0xC1 is in no UTF-8 text, so names and notes never look like the beginning of a frame.
constexpr std::string_view frame_magic = "\xC1HF1";
constexpr std::size_t crc_at = 8;  // In a frame, behind magic and length.

template <class T>
void put(std::string& out, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out[at + i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

template <class T>
T get(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  return static_cast<T>(value);
}

}  // namespace

std::string encode_header(const FileHeader& header) {
  std::string out(header_bytes, '\0');
  out.replace(0, 8, file_magic);
  put(out, 8, static_cast<std::uint32_t>(header.kind));
  put(out, 12, format_version);
  out.replace(16, 16, header.store.data(), 16);
  put(out, 32, header.number);
  put(out, 40, header.next);
  put(out, 60, crc32c(std::string_view{out}.substr(0, 60)));
  return out;
}

Result<FileHeader> decode_header(std::string_view bytes, const std::string& where) {
  const auto damaged = [&](std::string_view what) {
    return fail(ErrorCode::journal_damaged, fmt::format("{}, offset 0: {}", where, what));
  };
  if (bytes.size() < header_bytes) return damaged("too short for a header");
  if (bytes.substr(0, 8) != file_magic) return damaged("does not begin as a journal's file does");
  if (crc32c(bytes.substr(0, 60)) != get<std::uint32_t>(bytes, 60)) return damaged("the header's checksum is wrong");
  // Header, checksum and version stay where they are in every version to come, so that this question can be asked.
  if (const auto version = get<std::uint32_t>(bytes, 12); version != format_version) {
    if (version == 0) return damaged("format version 0 was never written");
    return fail(
        ErrorCode::journal_too_new,
        fmt::format("{}: found format version {}, this holdfast understands up to {}", where, version, format_version));
  }
  FileHeader header;
  header.kind = static_cast<FileKind>(get<std::uint32_t>(bytes, 8));
  if (header.kind != FileKind::segment && header.kind != FileKind::snapshot) return damaged("of no known kind");
  std::copy_n(bytes.data() + 16, 16, header.store.data());
  header.number = get<std::uint64_t>(bytes, 32);
  header.next = get<std::uint64_t>(bytes, 40);
  return header;
}

Seal::Seal(const FileHeader& file) {
  std::string identity(28, '\0');
  identity.replace(0, 16, file.store.data(), 16);
  put(identity, 16, static_cast<std::uint32_t>(file.kind));
  put(identity, 20, file.number);
  file_ = crc32c(identity);
}

std::uint32_t Seal::of(std::uint64_t offset, std::string_view frame) const {
  char place[8];
  for (std::size_t i = 0; i < 8; ++i) place[i] = static_cast<char>(offset >> (8 * i));
  std::uint32_t crc = crc32c({place, 8}, file_);
  crc = crc32c(frame.substr(0, crc_at), crc);
  return crc32c(frame.substr(crc_at + 4), crc);
}

void finish_frame(std::string& frame, FrameHeader header, const Seal& seal, std::uint64_t offset) {
  HF_CHECK(frame.size() >= frame_header_bytes && frame.size() - frame_header_bytes <= payload_bytes_max);
  HF_CHECK(offset % frame_align == 0);
  header.length = static_cast<std::uint32_t>(frame.size() - frame_header_bytes);
  frame.resize(aligned(frame.size()), '\0');
  frame.replace(0, 4, frame_magic);
  put(frame, 4, header.length);
  put(frame, 12, header.count);
  put(frame, 16, header.first);
  put(frame, 24, header.durable);
  put(frame, crc_at, seal.of(offset, frame));
}

std::optional<std::uint64_t> frame_extent(std::string_view bytes) {
  if (bytes.size() < frame_header_bytes || bytes.substr(0, 4) != frame_magic) return std::nullopt;
  const auto length = get<std::uint32_t>(bytes, 4);
  if (length > payload_bytes_max) return std::nullopt;
  return aligned(frame_header_bytes + length);
}

std::optional<Frame> frame_in(std::string_view bytes, std::uint64_t offset, const Seal& seal) {
  const auto extent = frame_extent(bytes);
  if (!extent || *extent > bytes.size()) return std::nullopt;
  bytes = bytes.substr(0, *extent);
  if (seal.of(offset, bytes) != get<std::uint32_t>(bytes, crc_at)) return std::nullopt;
  Frame frame;
  frame.header = {.length = get<std::uint32_t>(bytes, 4),
                  .count = get<std::uint32_t>(bytes, 12),
                  .first = get<std::uint64_t>(bytes, 16),
                  .durable = get<std::uint64_t>(bytes, 24)};
  frame.payload = bytes.substr(frame_header_bytes, frame.header.length);
  frame.end = offset + *extent;
  return frame;
}

std::optional<Frame> frame_at(std::string_view file, std::uint64_t offset, const Seal& seal) {
  return offset > file.size() ? std::nullopt : frame_in(file.substr(offset), offset, seal);
}

}  // namespace holdfast::journal::file
