// One file of the history: names in order, each with its entries of a run of positions. Never changed once it is there.
//
//   "hfhist1\n"                                   8 bytes
//   blocks                                        of names in order; each name with its entries as text (entry.h)
//   index                                         what `About` says, then of each block: first name, bytes, CRC-32C
//   footer                                        32 bytes: where the index begins and how long it is (8 each, lowest
//                                                 byte first), its CRC-32C, that of the footer so far (4 each), the
//                                                 magic
// A name never lies in two blocks. See docs/history-format.md.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/cursor.h"
#include "history/disk.h"
#include "history/holding.h"

namespace holdfast::history {

/// What a file covers.
struct About {
  core::Position first, last;               ///< Everything in between that tells something, but for bounds and gaps.
  WallTime newest = WallTime::min();        ///< The latest time of an entry.
  WallTime earliest_end = WallTime::max();  ///< The earliest end of a holding that has ended in this file.
  std::vector<Gap> gaps;
};

/// `holdings-<first>-<last>`, of 16 digits each.
std::string file_name(core::Position first, core::Position last);
struct Range {
  core::Position first, last;
};
/// The positions in a name that `file_name` made; none for any other.
std::optional<Range> range_in(std::string_view name);

/// A file that is there. Thread-safe; stays readable when its name is gone.
class File : public std::enable_shared_from_this<File> {
 public:
  /// Reads its index. Errors: history_io; history_damaged.
  static Result<std::shared_ptr<const File>> open(const Folder& folder, const std::string& name);

  const About& about() const { return about_; }
  const std::string& name() const { return name_; }
  std::uint64_t bytes() const { return bytes_; }

  /// From the first name that is not before `from`. Blocks that cannot be read are passed over, and noted in `damaged`.
  std::unique_ptr<Cursor> cursor(std::string_view from) const;
  /// The bytes of the entries of `name`; empty if it has none here, or they cannot be read.
  std::string entries(std::string_view name) const;

  /// Why some block could not be read; empty: none so far.
  std::string damage() const;
  bool damaged() const { return damaged_.load(); }

 private:
  friend class FileCursor;
  struct Block {
    std::string first;  ///< Its first name.
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint32_t crc = 0;
  };
  Result<void> read_index(std::string_view index, std::uint64_t end);
  /// The block that may have `name`; blocks().size() if none may.
  std::size_t block_for(std::string_view name) const;
  /// Empty if it is damaged.
  std::string read(std::size_t block) const;

  std::string name_, where_;
  Fd fd_;
  std::uint64_t bytes_ = 0;
  About about_;
  std::vector<Block> blocks_;
  mutable std::atomic<bool> damaged_{false};
};

/// Writes a file under a temporary name, syncs it, and gives it its own.
class FileWriter {
 public:
  static Result<FileWriter> begin(const Folder& folder, core::Position first, core::Position last);
  /// Names in order; `entries` as `encode` makes them.
  Result<void> add(std::string_view name, std::string_view entries);
  std::uint64_t bytes() const { return offset_ + block_.size(); }
  /// `about.first` and `.last` are those of `begin`.
  Result<void> finish(const About& about);
  /// The temporary file goes, if it was not finished.
  void give_up();

 private:
  FileWriter(const Folder& folder, std::string name, Fd fd)
      : folder_(&folder), name_(std::move(name)), fd_(std::move(fd)) {}
  Result<void> end_block();

  const Folder* folder_;
  std::string name_;
  Fd fd_;
  std::uint64_t offset_ = 0;
  std::uint64_t synced_ = 0;  ///< Up to here it is on the disk.
  std::string block_, block_first_;
  std::string index_;
  std::uint64_t blocks_ = 0;
};

}  // namespace holdfast::history
