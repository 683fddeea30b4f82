// Folds closed segments into a snapshot, so that neither disk nor start time grow without bound.
//
// What is on disk after each step, all of which a start understands:
//
// 1. `snapshot-N.tmp` grows: the old state, and a leftover.
//
// 2. It is synced and renamed, and the directory synced: two states. The newer one is taken, the older is a leftover.
//
// 3. The old snapshot and the folded segments are removed: the new state.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "core/types.h"
#include "journal/file/recover.h"

namespace holdfast::journal::file {

/// Writes the snapshot of `old` and the segments after it, which are closed and go up to `next_segment`.
///
/// Reads from disk, and through core::State: the one rule book. Deletes nothing. Given up when `stop` is requested.
/// Errors: `stopping`; journal_damaged, journal_io.
Result<Snapshot> fold(const Directory& directory, const StoreId& store, const std::optional<Snapshot>& old,
                      std::span<const Segment> closed, const core::Limits& limits, const std::stop_token& stop);

/// Owns a thread that folds when enough segments are closed. Thread-safe.
class Folder {
 public:
  struct Options {
    std::uint64_t fold_after_bytes;
    core::Limits limits;
    Note note;
    BeforeFold before_fold{};
  };
  /// Of attempts that ended; kept by the caller, who may read it from any thread.
  struct Counts {
    std::atomic<std::uint64_t> snapshots{0};
    std::atomic<std::uint64_t> failures{0};
  };

  /// `snapshot` and `closed` are what recovery found. `directory` and `counts` must outlive it.
  Folder(const Directory& directory, const StoreId& store, std::optional<Snapshot> snapshot,
         std::vector<Segment> closed, Options options, Counts& counts);
  ~Folder();

  /// The disk is full: what is closed is folded now, though it is little. Where that fails too, it is tried again when
  /// this is called again, with longer and longer pauses.
  void make_room();
  /// `segment` will not be written to any more.
  void closed(const Segment& segment);
  /// Waits until there is nothing to fold, or the last attempt failed.
  void settle();

 private:
  void run(const std::stop_token& stop);
  bool due() const;
  void tell(const std::string& text) const;

  const Directory& directory_;
  const StoreId store_;
  const Options options_;
  Counts& counts_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Snapshot> snapshot_;  // Guarded by mutex_, as all below.
  std::vector<Segment> closed_;
  bool failed_ = false;  ///< The last attempt. The next is made when another segment is closed, or room is wanted.
  bool room_wanted_ = false;
  std::chrono::steady_clock::duration pause_{};  ///< Before room is made again, after attempts that failed.
  std::chrono::steady_clock::time_point not_before_;
  bool busy_ = false;
  std::jthread thread_;  // Last: it uses all of the above.
};

}  // namespace holdfast::journal::file
