// Which files become one, what of them is dropped, and how.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "history/file.h"
#include "history/trim.h"

namespace holdfast::history {

using Files = std::vector<std::shared_ptr<const File>>;  ///< From the oldest positions to the newest.

/// What is to be done next with files [begin, end).
struct Plan {
  std::size_t begin = 0, end = 0;
  Expiry expiry;        ///< Only where `begin` is 0: the end of a holding must not go while its beginning stays.
  bool remove = false;  ///< They go, without another one in their place.
};

/// What planning looks at of a file.
struct Size {
  std::uint64_t bytes = 0;
  WallTime newest, earliest_end;
  bool damaged = false;
};

struct Room {
  std::uint64_t bytes_max = 0;           ///< Of all files together.
  WallTime keep_from = WallTime::min();  ///< Holdings that ended before may go.
};

/// In this order: a damaged file is written anew; too many bytes, and what ended first goes; holdings that are too old
/// go; files of like size become one. None: all is well.
std::optional<Plan> plan(std::span<const Size> files, const Room& room);

/// Writes one file of `files`, which stand next to each other. Blocks that cannot be read become a gap.
///
/// Errors: history_io; stopping. Nothing is left behind then, and all files are as they were.
Result<std::shared_ptr<const File>> merge(const Folder& folder, std::span<const std::shared_ptr<const File>> files,
                                          const Bounds& bounds, const Expiry& expiry, const std::stop_token& stop);

/// The gaps of `files`, those between them included.
std::vector<Gap> gaps_of(std::span<const std::shared_ptr<const File>> files);

}  // namespace holdfast::history
