// Real processes for tests: any program, and `holdfast serve` among them. None outlives the test that started it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace holdfast::support {

/// A directory under the system's temporary one, gone with the object. Mode 0700.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Ended {
  int exit_status = -1;  ///< -1: a signal ended it.
  int signal = 0;
};

/// A child process, killed when the test's thread that started it ends, or with the object. stdout and stderr go to
/// files, so nothing blocks on a full pipe.
class Process {
 public:
  /// `words[0]` is looked up in PATH. `environment` is added to ours.
  explicit Process(const std::vector<std::string>& words, const std::map<std::string, std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  /// SIGSTOP: returns when it stands still. Until then threads that have not heard of it yet go on.
  void signal(int number) const;
  /// Throws std::runtime_error if it has not ended within `patience`.
  Ended wait(std::chrono::milliseconds patience = std::chrono::seconds(30));
  std::string output() const;  ///< All of stdout so far.
  std::string errors() const;  ///< All of stderr so far.

 private:
  ScratchDirectory scratch_;
  pid_t pid_ = -1;
  bool reaped_ = false;
  Ended ended_;
};

/// `holdfast serve` on a free port of loopback.
class ServerProcess {
 public:
  struct How {
    std::vector<std::string> arguments{};  ///< Behind `serve --listen 127.0.0.1:PORT`.
    std::vector<std::string> wrapper{};    ///< Before the program: `strace -f ...`.
    std::map<std::string, std::string> environment{};
    std::uint16_t port = 0;
    bool await_ready = true;  ///< Return once it listens; throws, with what it said, if it ends before.
  };
  explicit ServerProcess(const How& how);

  std::uint16_t port() const { return port_; }
  Process& process() { return process_; }
  /// Until it has said where it listens. False: it ended before it did.
  bool await_listening(std::chrono::milliseconds patience = std::chrono::seconds(60));
  /// SIGTERM, and its end.
  Ended stop();
  /// SIGKILL, and its end.
  void kill();

 private:
  Process process_;
  std::uint16_t port_ = 0;
};

}  // namespace holdfast::support
