// Going through the frames of a file, oldest first.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/types.h"
#include "journal/file/disk.h"
#include "journal/file/format.h"
#include "journal/journal.h"

namespace holdfast::journal::file {

/// A frame on its way past whoever looks on.
struct FrameSeen {
  const std::string& file;
  std::uint64_t offset;
  const FrameHeader& header;
};

/// Where what is read goes. Both may be empty.
struct Sink {
  Replay replay;
  std::function<void(const FrameSeen&)> frame;  ///< Before the frame's effects.
};

/// journal_damaged at `offset` of the file `where`.
std::unexpected<Error> damaged(const std::string& where, std::uint64_t offset, std::string_view what);

/// Hands the frame's effects to `replay`: at consecutive positions, or all at `fixed` where that is given.
///
/// Errors: journal_damaged; journal_too_new for a kind of effect this version does not know.
Result<void> replay_frame(const Frame& frame, std::uint64_t offset, const std::string& where, const Replay& replay,
                          const core::Position* fixed = nullptr);

/// How far valid frames go, wherever their positions begin; the offset behind the last.
std::uint64_t end_of_frames(std::string_view segment, const Seal& seal);

/// How far the frames of a segment go.
struct Walked {
  std::uint64_t end = header_bytes;  ///< Offset behind the last valid frame.
  bool clean = true;                 ///< Only zeros follow. Else there is something at `end` that is no valid frame.
  bool marked = false;               ///< The last frame is a mark.
  core::Position last;               ///< Of the last effect so far.
};

/// Goes through the frames of a segment, whose bytes are `bytes`, up to the first that is not valid.
///
/// `last` is the position of the newest effect before the segment. That what follows `end` is a torn tail and not
/// damage is for the caller to find out.
/// Errors: journal_damaged for a valid frame that does not belong there; journal_too_new.
Result<Walked> walk_segment(std::string_view bytes, const FileHeader& header, core::Position last,
                            const std::string& where, const Sink& sink);

/// Whether nothing was ever written behind the header of a segment.
bool untouched(std::string_view segment);

/// The offset of a valid frame behind `offset` that says everything up to `position` was durable when it was written:
/// proof that what is missing at `offset` was once there. None if there is no such frame.
std::optional<std::uint64_t> claim_after(std::string_view segment, const Seal& seal, std::uint64_t offset,
                                         core::Position position);

}  // namespace holdfast::journal::file
