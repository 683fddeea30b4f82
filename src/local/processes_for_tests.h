// Processes for tests: forked, watched without being their parent, and gone when the test is.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/time.h"

namespace holdfast::local {

inline Duration boot_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// True if `fd` is readable or closed at the other end within half a minute.
inline bool comes(int fd) {
  pollfd wanted{fd, POLLIN, 0};
  return ::poll(&wanted, 1, 30'000) == 1;
}

/// What every process has that was started while it was open; a shell writes to path(). At its end when all are gone.
class Pipe {
 public:
  Pipe() { HF_CHECK(::pipe(ends_) == 0); }
  ~Pipe() {
    close_writing();
    ::close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(ends_[1]); }
  int write_end() const { return ends_[1]; }
  void close_writing() {
    if (const int fd = std::exchange(ends_[1], -1); fd >= 0) ::close(fd);
  }
  /// Up to and without the next line end, or what there was before all writers were gone.
  std::string line() {
    std::string out;
    char byte = 0;
    while (comes(ends_[0]) && ::read(ends_[0], &byte, 1) == 1 && byte != '\n') out += byte;
    return out;
  }
  /// Whether every writer is gone within half a minute. What they still wrote is thrown away.
  bool ends() {
    close_writing();
    char bytes[256];
    while (comes(ends_[0])) {
      if (::read(ends_[0], bytes, sizeof bytes) == 0) return true;
    }
    return false;
  }
  /// Whether some writer is still there now.
  bool open() {
    close_writing();
    pollfd wanted{ends_[0], POLLIN, 0};
    return ::poll(&wanted, 1, 0) == 0;
  }

 private:
  int ends_[2];
};

/// A process of ours that runs `body` and exits with what it returns. Killed with the object, or with us.
class Forked {
 public:
  template <class Body>
  explicit Forked(Body body) {
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    HF_CHECK(pid_ >= 0);
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(99);
    ::_exit(body());
  }
  ~Forked() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const { ::kill(pid_, number); }
  /// Its end, or with WUNTRACED that it stopped, as waitpid says it.
  int status(int options = 0) {
    int status = 0;
    while (::waitpid(pid_, &status, options) < 0 && errno == EINTR) {
    }
    if (!WIFSTOPPED(status)) pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace holdfast::local
