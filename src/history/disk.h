// The few system calls of the history's files. Every failure is `history_io`, and none is fatal for a server.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace holdfast::history {

/// The folder of the history's files. It is made with the first file.
class Folder {
 public:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  std::string where(std::string_view name) const { return (path_ / name).string(); }

  /// The names in it, sorted; none if it is not there.
  Result<std::vector<std::string>> names() const;
  Result<Fd> open_to_read(const std::string& name) const;
  /// Makes `name` anew, 0600, and the folder too where it is missing.
  Result<Fd> create(const std::string& name) const;
  Result<void> rename(const std::string& from, const std::string& to) const;
  /// The file has both names.
  Result<void> link(const std::string& from, const std::string& to) const;
  Result<void> remove(const std::string& name) const;
  /// Makes the names in it durable.
  Result<void> sync() const;

  struct Space {
    std::uint64_t free = 0;
    std::uint64_t all = 0;
  };
  /// Of the file system that it is, or would be, in.
  Result<Space> space() const;

 private:
  std::filesystem::path path_;
};

Result<void> write_all(const Fd& file, std::string_view bytes, const std::string& where);
Result<void> sync_file(const Fd& file, const std::string& where);
/// Exactly `size` bytes from `offset`. history_damaged if the file is shorter.
Result<std::string> read_exactly(const Fd& file, std::uint64_t offset, std::size_t size, const std::string& where);
Result<std::uint64_t> size_of(const Fd& file, const std::string& where);

}  // namespace holdfast::history
