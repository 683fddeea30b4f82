// Makes the next segment ready while the present one is written to.
#pragma once

#include <condition_variable>
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

/// Owns a thread that writes zeros ahead. Thread-safe.
class Preparer {
 public:
  /// A segment nothing was written to yet.
  struct Ready {
    Fd file;
    std::uint64_t bytes = 0;
  };

  /// `existing` are segments that are there and untouched. `directory` must outlive it.
  Preparer(const Directory& directory, const StoreId& store, std::uint64_t segment_bytes,
           std::set<std::uint64_t> existing, Note note);
  ~Preparer();

  /// Begins to prepare this segment. One at a time: the one before has been taken.
  void want(std::uint64_t sequence);
  /// The segment last wanted; waits until it is ready. Errors: journal_io, if it could not be made so far.
  Result<Ready> take();
  /// Waits until there is nothing to do, or it cannot be done.
  void settle();

 private:
  void run();
  Result<Ready> prepare(std::uint64_t sequence);

  const Directory& directory_;
  const StoreId store_;
  const std::uint64_t segment_bytes_;
  const Note note_;
  const std::set<std::uint64_t> existing_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // Guarded by mutex_, as all below.
  std::optional<std::uint64_t> wanted_;
  std::optional<Ready> ready_;
  std::optional<Error> failed_;  ///< Why the last attempt came to nothing.
  std::thread thread_;           // Last: it uses all of the above.
};

}  // namespace holdfast::journal::file
