// Makes the next segment ready while the present one is written to.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "journal/file/disk.h"
#include "journal/file/format.h"

namespace holdfast::journal::file {

/// Makes a segment: header, zeros up to `bytes`, all of it durable, under its name.
///
/// `frames` may stand between header and zeros. Returns the open file.
Result<Fd> make_segment(const Directory& directory, const StoreId& store, std::uint64_t sequence,
                        std::string_view frames, std::uint64_t bytes, const std::function<bool()>& give_up = {});

/// Makes `frames`, which were read from this segment, durable in it where it lies: for a start on a full disk, where
/// there is no space for another file. They may have been in the page cache only. Behind them are zeros, up to the
/// length the file has. Returns the open file and its length.
///
/// Whenever it is cut short, what stands there reads as before: each byte of `frames` is written over itself.
struct Rewritten {
  Fd file;
  std::uint64_t bytes = 0;
};
Result<Rewritten> rewrite_segment(const Directory& directory, const StoreId& store, std::uint64_t sequence,
                                  std::string_view frames);

/// Owns a thread that writes zeros ahead. Where the disk is full it tries again every second. Thread-safe.
class Preparer {
 public:
  /// A segment nothing was written to yet.
  struct Ready {
    Fd file;
    std::uint64_t bytes = 0;
  };

  /// `existing` are segments that are there and untouched. `directory` must outlive it. `on_full` is called by the
  /// thread after each attempt for which the disk had no room.
  Preparer(const Directory& directory, const StoreId& store, std::uint64_t segment_bytes,
           std::set<std::uint64_t> existing, Note note, std::function<void()> on_full);
  ~Preparer();

  /// Begins to prepare this segment. One at a time: the one before has been taken.
  void want(std::uint64_t sequence);
  /// The segment last wanted; waits until it is ready, also for room on the disk. Errors: journal_io, if it could not
  /// be made so far for any other reason.
  Result<Ready> take();
  /// Bytes of the segment that is ready; 0 while none is. From any thread.
  std::uint64_t ready_bytes() const { return ready_bytes_.load(std::memory_order_relaxed); }
  /// The last attempt found no room on the disk. From any thread.
  bool full() const { return full_.load(std::memory_order_relaxed); }
  /// Waits until there is nothing to do, or it cannot be done.
  void settle();

 private:
  void run();
  Result<Ready> prepare(std::uint64_t sequence);

  const Directory& directory_;
  const StoreId store_;
  const std::uint64_t segment_bytes_;
  const Note note_;
  const std::function<void()> on_full_;
  const std::set<std::uint64_t> existing_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // Guarded by mutex_, as all below.
  std::optional<std::uint64_t> wanted_;
  std::optional<Ready> ready_;
  std::optional<Error> failed_;  ///< Why the last attempt came to nothing.
  std::atomic<std::uint64_t> ready_bytes_{0};
  std::atomic<bool> full_{false};
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace holdfast::journal::file
