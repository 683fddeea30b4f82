// A server of this program's own, for the time of a verification.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "client/url.h"

namespace holdfast::cli {

/// A directory that only we may enter, gone with the object.
class TemporaryDirectory {
 public:
  /// Error: process_failed.
  static Result<TemporaryDirectory> make();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// `holdfast serve` on a free port of loopback with a data directory that nobody else has. It does not outlive the
/// thread that started it.
class OwnServer {
 public:
  /// Returns when it listens. Error: process_failed, with what it said.
  static Result<OwnServer> start(const std::vector<std::string>& inject);
  OwnServer(OwnServer&& other) noexcept
      : directory_(std::move(other.directory_)), pid_(std::exchange(other.pid_, -1)), url_(std::move(other.url_)) {}
  OwnServer& operator=(OwnServer&&) = delete;
  /// Ends it.
  ~OwnServer();
  const client::Url& url() const { return url_; }

 private:
  OwnServer(TemporaryDirectory directory, pid_t pid) : directory_(std::move(directory)), pid_(pid) {}
  TemporaryDirectory directory_;
  pid_t pid_ = -1;
  client::Url url_;
};

}  // namespace holdfast::cli
