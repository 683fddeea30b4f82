// The few system calls a journal makes, with their failures as errors: disk_full where there was no space or no quota
// left, else journal_io.
//
// Writes are plain pwrite and fdatasync, so that strace can make each of them fail. No fsync is ever tried again: the
// kernel forgets what it could not write once it has said so.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "core/types.h"

namespace holdfast::journal::file {

/// For the log; may be called from any thread.
using Note = std::function<void(const std::string&)>;

/// Called before the single effects up to `up_to` become a snapshot and are gone: whoever keeps them too returns when
/// it has them, or when `stop` is requested. From the thread that folds.
using BeforeFold = std::function<void(core::Position up_to, const std::stop_token& stop)>;

/// Who may use a data directory at the same time.
enum class Use : std::uint8_t {
  alone,   ///< To write. Makes the directory if there is none, and leaves the process id in its lock file.
  look,    ///< To read; others may look too. Changes nothing.
  beside,  ///< To read while a server may write: no lock. Files come and go. Changes nothing.
};

/// A data directory, locked for as long as this lives. All files are opened relative to it, and no link is followed.
///
/// Thread-safe, but for moving it.
class Directory {
 public:
  /// Errors: journal_unsafe (not ours, or writable by others), journal_held (names the process), journal_io.
  static Result<Directory> open(const std::filesystem::path& path, Use use);

  const std::filesystem::path& path() const { return path_; }
  /// The path of a file in it, for messages.
  std::string where(std::string_view name) const { return (path_ / name).string(); }

  /// The names in it, sorted.
  Result<std::vector<std::string>> names() const;
  /// Opens a regular file to read it. Errors: journal_io; journal_damaged if it is no regular file.
  Result<Fd> open_to_read(const std::string& name) const;
  /// Opens a regular file to write in it.
  Result<Fd> open_to_write(const std::string& name) const;
  /// Makes `name` anew, 0600; a file that was there is gone.
  Result<Fd> create(const std::string& name) const;
  Result<void> rename(const std::string& from, const std::string& to) const;
  Result<void> remove(const std::string& name) const;
  /// What is free on the disk for somebody like us; none where the file system does not say.
  std::optional<std::uint64_t> free_bytes() const;
  /// Makes the names in it durable. Once it has failed it always fails: a second fsync would only seem to succeed.
  Result<void> sync() const;

 private:
  std::filesystem::path path_;
  Fd fd_;
  Fd lock_;
  std::shared_ptr<std::atomic<bool>> sync_failed_ = std::make_shared<std::atomic<bool>>(false);
};

/// Writes all of `bytes`; short writes are gone on with. `where` is for the message.
Result<void> write_at(const Fd& file, std::string_view bytes, std::uint64_t offset, const std::string& where);
/// Writes `size` zeros, in pieces; really writes them, because what is only reserved is converted at the next sync.
Result<void> write_zeros(const Fd& file, std::uint64_t offset, std::uint64_t size, const std::string& where);
/// Makes the file's bytes durable: one fdatasync.
Result<void> sync_data(const Fd& file, const std::string& where);
/// Reads up to `size` bytes into `out` (all there are before the end of the file).
Result<void> read_at(const Fd& file, std::string& out, std::uint64_t offset, std::size_t size,
                     const std::string& where);
/// Reads the whole file into `out`.
Result<void> read_all(const Fd& file, std::string& out, const std::string& where);
Result<std::uint64_t> size_of(const Fd& file, const std::string& where);

}  // namespace holdfast::journal::file
