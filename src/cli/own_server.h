// A second server of this program's own: for the time of a verification, or to show a fault beside a sound server.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
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

/// `holdfast serve` on a free port of loopback. It does not outlive the thread that started it.
class OwnServer {
 public:
  struct How {
    std::vector<std::string> inject{};
    bool in_memory = false;              ///< Else it keeps a journal in a directory that nobody else has.
    std::vector<std::string> further{};  ///< Arguments.
  };
  /// Returns when it listens. Error: process_failed, with what it said; also where it takes longer than 10 s.
  static Result<OwnServer> start(const How& how);
  OwnServer(OwnServer&& other) noexcept
      : directory_(std::move(other.directory_)),
        pid_(std::exchange(other.pid_, -1)),
        errors_(std::move(other.errors_)),
        url_(std::move(other.url_)) {}
  OwnServer& operator=(OwnServer&&) = delete;
  /// Ends it.
  ~OwnServer();
  const client::Url& url() const { return url_; }
  /// True once, when it has ended by itself.
  bool has_ended();

 private:
  OwnServer() = default;
  std::optional<TemporaryDirectory> directory_;
  pid_t pid_ = -1;
  Fd errors_;  ///< What it says on stderr, as much as a pipe holds. Nobody reads it but where it does not start.
  client::Url url_;
};

}  // namespace holdfast::cli
