// A small process that ends a process group when the one who should do it cannot.
//
// Whoever holds a lease for a command may be killed, stopped or hang; its timers then do not run. The guard is a
// process of its own, in a session of its own, and blocks every signal that can be blocked. It sends SIGKILL to the
// group
//   - at the time it was last told, on CLOCK_BOOTTIME; or
//   - as soon as the process that started it is gone.
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::local {

class Guard {
 public:
  /// Starts the process. It does nothing until told which group.
  ///
  /// Errors: process_failed.
  static Result<Guard> start();

  Guard(Guard&& other) noexcept;
  Guard& operator=(Guard&&) = delete;
  ~Guard() { dismiss(); }

  /// From now on it ends `group`, when its time comes or we are gone. A later call sets another time.
  void end_at(pid_t group, Duration when) noexcept;

  /// Returns when it is gone, having done nothing more. Before the group's leader is reaped: its number may be given to
  /// somebody else then.
  void dismiss() noexcept;

 private:
  Guard(pid_t pid, int fd) : pid_(pid), fd_(fd) {}
  pid_t pid_ = -1;
  int fd_ = -1;
};

}  // namespace holdfast::local
