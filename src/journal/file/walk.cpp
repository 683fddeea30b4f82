#include "journal/file/walk.h"

#include <fmt/format.h>

#include <cstring>

#include "journal/codec.h"
#include "journal/file/layout.h"

namespace holdfast::journal::file {

namespace {

/// The first offset from `from` on at which there is anything but zero; the size if there is none.
std::size_t first_nonzero(std::string_view bytes, std::size_t from) {
  std::size_t at = from;
  for (std::uint64_t word = 0; at + 8 <= bytes.size(); at += 8) {
    std::memcpy(&word, bytes.data() + at, 8);
    if (word != 0) break;
  }
  while (at < bytes.size() && bytes[at] == '\0') ++at;
  return at;
}

}  // namespace

std::unexpected<Error> damaged(const std::string& where, std::uint64_t offset, std::string_view what) {
  return fail(ErrorCode::journal_damaged, fmt::format("{}, offset {}: {}", where, offset, what));
}

Result<void> replay_frame(const Frame& frame, std::uint64_t offset, const std::string& where, const Replay& replay,
                          const core::Position* fixed) {
  std::string_view payload = frame.payload;
  for (std::uint32_t i = 0; i < frame.header.count; ++i) {
    const auto effect = decode_front(payload);
    if (!effect && effect.error() == Unreadable::newer_kind) {
      return fail(ErrorCode::journal_too_new,
                  fmt::format("{}, offset {}: effect kind {} is newer than the {} this holdfast understands", where,
                              offset, static_cast<unsigned char>(payload.front()), std::variant_size_v<core::Effect>));
    }
    if (!effect) return damaged(where, offset, fmt::format("effect {} of the frame cannot be read", i + 1));
    if (replay) replay(*effect, fixed ? *fixed : core::Position{frame.header.first + i});
  }
  if (!payload.empty()) return damaged(where, offset, "the frame holds more than its effects");
  return {};
}

std::uint64_t end_of_frames(std::string_view segment, const Seal& seal) {
  std::uint64_t end = header_bytes;
  while (const auto frame = frame_at(segment, end, seal)) end = frame->end;
  return end;
}

Result<Walked> walk_segment(std::string_view bytes, const FileHeader& header, core::Position last,
                            const std::string& where, const Sink& sink) {
  const Seal seal(header);
  const std::string name = segment_name(header.number);
  Walked walked{.last = last};
  while (const auto frame = frame_at(bytes, walked.end, seal)) {
    if (frame->header.first != walked.last.value + 1) {
      return damaged(where, walked.end,
                     fmt::format("position {} where {} should follow", frame->header.first, walked.last.value + 1));
    }
    if (frame->header.durable >= frame->header.first)
      return damaged(where, walked.end, "a frame that says it was there before it was");
    if (sink.frame) sink.frame({name, walked.end, frame->header});
    HF_TRY_VOID(replay_frame(*frame, walked.end, where, sink.replay));
    walked.last.value += frame->header.count;
    walked.marked = frame->header.count == 0;
    walked.end = frame->end;
  }
  walked.clean = first_nonzero(bytes, walked.end) >= bytes.size();
  return walked;
}

bool untouched(std::string_view segment) {
  return first_nonzero(segment, header_bytes) >= segment.size();
}

std::optional<std::uint64_t> claim_after(std::string_view segment, const Seal& seal, std::uint64_t offset,
                                         core::Position position) {
  for (std::uint64_t at = offset + frame_align; at + frame_header_bytes <= segment.size(); at += frame_align) {
    if (segment[at] == '\0') continue;  // Quickly over zeros; frame_at looks closer.
    const auto frame = frame_at(segment, at, seal);
    if (frame && frame->header.durable >= position.value) return at;
  }
  return std::nullopt;
}

}  // namespace holdfast::journal::file
