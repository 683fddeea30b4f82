// A TCP socket whose every wait ends at a deadline or when somebody cancels.
#pragma once

#include <holdfast/boot_time.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace holdfast::client {

/// On the clock that goes on while the machine sleeps: who wakes up late knows it at once.
using Deadline = BootTime::time_point;

/// A file descriptor that is closed once.
class Handle {
 public:
  Handle() = default;
  explicit Handle(int fd) : fd_(fd) {}
  Handle(Handle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Handle() { close(); }
  void close() noexcept;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Said to threads that wait; stays said. Thread-safe.
class Cancel {
 public:
  Cancel();
  void say() noexcept;
  int fd() const { return event_.get(); }  ///< Readable from then on.

 private:
  Handle event_;
};

/// Rings at a time, also where the machine slept through it.
class Alarm {
 public:
  Alarm();
  void set(Deadline deadline) noexcept;
  int fd() const { return timer_.get(); }  ///< Readable from then on.

 private:
  Handle timer_;
};

/// Waits until `deadline`, or until `cancel` is said: then true.
bool cancelled_before(Deadline deadline, const Cancel& cancel);

/// Why a socket did not do what it was asked to.
struct Trouble {
  enum class Kind { broken, time_over, cancelled };
  Kind kind = Kind::broken;
  std::string words;
};

class Socket {
 public:
  explicit Socket(const Cancel& cancel) : cancel_(cancel) {}

  /// Tries the addresses of `host` one after the other. Looking the host up ends at the deadline too.
  ///
  /// Errors: unreachable, and the socket is closed.
  Result<void> connect(const std::string& host, std::uint16_t port, Deadline deadline);

  /// Returns when the kernel has all of `bytes`. On trouble it has fewer.
  std::expected<void, Trouble> send(std::string_view bytes, Deadline deadline);

  /// At least one byte; 0 where the peer closed.
  std::expected<std::size_t, Trouble> receive(std::span<char> into, Deadline deadline);

  /// Nothing has come and the peer has not closed, as far as is known here: fit for another request.
  bool quiet() const;
  bool open() const { return static_cast<bool>(handle_); }
  void close() noexcept { handle_.close(); }

 private:
  /// Returns when `events` or an error is there; trouble is time or somebody who cancelled.
  std::expected<void, Trouble> wait(int fd, short events, Deadline deadline) const;

  const Cancel& cancel_;
  mutable Alarm alarm_;
  Handle handle_;
};

}  // namespace holdfast::client
