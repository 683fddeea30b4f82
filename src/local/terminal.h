// The terminal of this process, and which process group may read from it.
#pragma once

#include <sys/types.h>
#include <termios.h>

namespace holdfast::local {

/// Needs SIGTTOU blocked (loop.h) wherever it gives or takes.
class Terminal {
 public:
  /// Opens the controlling terminal, if there is one.
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Our group is the one that may read: we are in the foreground.
  bool ours() const;
  /// `group` becomes the one that may.
  void give(pid_t group);
  /// Ours again, if we gave it away.
  void take_back();
  /// As it was when it was opened: for after a command that was killed in the middle of drawing.
  void restore_settings();

  bool there() const { return fd_ >= 0; }
  bool given() const { return given_; }
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
  bool given_ = false;
  termios settings_{};
};

}  // namespace holdfast::local
