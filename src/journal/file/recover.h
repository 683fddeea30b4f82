// What a data directory holds: reading all of it, and telling a torn tail from damage. Writes nothing.
//
// Recovery keeps these, in this order:
//   R1  The newest whole snapshot and the segments from its `next` on make up the state; without one, segment 1 and on.
//   R2  Segments have numbers without gaps; frames have positions without gaps, across segments too.
//   R3  What does not fit is a torn tail only if no valid frame behind it says it was durable. It was never answered
//       then, and is cut off. Everything else that does not fit is damage, and damage is never touched.
//   R4  A damaged snapshot is passed over only if an older one, or segment 1, still leads to where it stood.
#pragma once

#include <optional>
#include <vector>

#include "journal/file/snapshot.h"

namespace holdfast::journal::file {

/// A segment that is part of the state.
struct Segment {
  std::uint64_t sequence = 0;
  std::uint64_t end = header_bytes;  ///< Offset behind its last frame.
  core::Position last;               ///< Of the newest effect in it and before it.
};

/// A frame that was being written when the power went.
struct Torn {
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  ///< From there to the last byte that is not zero.
};

struct Recovered {
  bool fresh = true;  ///< There is no journal yet; nothing below says anything but `leftovers`.
  StoreId store{};
  std::optional<Snapshot> snapshot;
  std::vector<Segment> segments;        ///< Oldest first. The last is the one to go on in; never empty unless fresh.
  std::string tail;                     ///< The valid bytes of the last one.
  bool tail_marked = false;             ///< Its last frame is a mark.
  std::vector<std::uint64_t> prepared;  ///< Segments behind the last, in which nothing was ever written.
  std::optional<Torn> torn;
  core::Position last;
  std::uint64_t frames = 0;
  std::uint64_t effects = 0;
  std::uint64_t bytes = 0;             ///< Of frames and snapshots that were read.
  std::vector<std::string> leftovers;  ///< Names of files that are no part of the state any more.
  std::vector<std::string> notes;
};

/// Called now and then with the bytes read so far and all there are to read. May be empty.
using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// Reads everything and hands it to `sink` as it goes; after an error the caller throws away what it was given.
///
/// Errors: journal_damaged (names file and offset), journal_too_new, journal_io.
Result<Recovered> recover(const Directory& directory, const Sink& sink, const Progress& progress = {});

}  // namespace holdfast::journal::file
