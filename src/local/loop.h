// What a process that looks after a child waits for, in one place: the child, signals, a point in time, other threads.
#pragma once

#include <signal.h>

#include <optional>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::local {

/// Whether `signal` asks this process to end.
inline bool ends_us(int signal) {
  return signal == SIGHUP || signal == SIGINT || signal == SIGQUIT || signal == SIGTERM;
}

/// While it lives, the signals below are not delivered but come as events, and SIGTTOU is blocked, so that a process in
/// the background may write to its terminal and take it back.
///
/// Make it before any other thread, so that all threads have the same mask. One at a time in a process.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  struct Event {
    enum class Kind {
      signal,  ///< `signal` came. SIGCHLD: some child changed; ask them.
      ready,   ///< The descriptor given to wait() is readable.
      time,    ///< The point in time has come.
      woken,   ///< wake() was called, once or more.
    };
    Kind kind;
    int signal = 0;
  };

  /// Waits for the next event. `until` is on CLOCK_BOOTTIME, so that time in which the machine slept counts.
  Event wait(int also_readable, std::optional<Duration> until);

  /// From any thread. Not lost if nobody waits at the moment.
  void wake() noexcept;

  /// Stops this process as `signal` would, with the default action; returns true after SIGCONT, which comes as an event
  /// too, or false at once where the kernel does not let it stop (nobody could continue an orphaned process group).
  bool stop_self(int signal);
  /// The same for our whole process group: what a terminal does to a job. A shell waits until all of a job has stopped.
  bool stop_job(int signal);
  /// Ends this process as `signal` would: whoever started it sees that. Returns only where that cannot be.
  void die_of(int signal);

  /// The mask and the SIGCHLD action from before; a child should start with them.
  const sigset_t& mask_before() const { return mask_before_; }
  const struct sigaction& child_action_before() const { return child_action_before_; }

 private:
  bool stop(int signal, pid_t whom);

  sigset_t mask_before_{};
  struct sigaction child_action_before_ {};
  int signals_ = -1;
  int timer_ = -1;
  int wake_ = -1;
};

}  // namespace holdfast::local
