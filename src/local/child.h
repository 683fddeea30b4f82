// A command that runs as a process group of its own, and does not outlive the process that looks after it.
//
// Kept here:
//   C1  if we are killed, the command is killed (PR_SET_PDEATHSIG), and the guard ends the rest of its group;
//   C2  the command starts only after the guard knows its group, and with the signal mask and actions we were given;
//   C3  the guard is gone before the command is reaped, so it can never hit a number that was given to somebody else.
#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "local/guard.h"
#include "local/loop.h"
#include "local/terminal.h"

namespace holdfast::local {

struct Command {
  std::vector<std::string> words;  ///< The first is looked for in PATH unless it has a slash. Not empty.
  std::vector<std::pair<std::string, std::string>> environment;  ///< Added to ours.
};

/// Why a command did not start, with the exit status that shells give it.
struct NotStarted {
  int status = 126;  ///< 127: there is no such command. 126: there is, but it cannot be executed.
  std::string why;
};

/// How a command ended.
struct Ending {
  bool by_signal = false;
  int number = 0;  ///< The exit status, or the signal.
  /// As a shell would say it: a signal is 128 + its number.
  int status() const { return by_signal ? 128 + number : number; }
};

class Child {
 public:
  /// Starts `command`, with stdin, stdout and stderr as ours. If our group is in the foreground of the terminal and
  /// stdin is one, the command's group is put there before the command can read. It is ended at `end_at`
  /// (CLOCK_BOOTTIME) whatever happens to us.
  ///
  /// On the thread that lives as long as the process: C1 is about the thread.
  static std::expected<Child, NotStarted> start(const Command& command, const Loop& loop, Terminal& terminal,
                                                Duration end_at);

  Child(Child&&) noexcept;
  Child& operator=(Child&&) = delete;
  /// Kills and reaps it if that has not been done.
  ~Child();

  /// Readable when it has ended; for Loop::wait.
  int fd() const { return fd_; }
  pid_t group() const { return pid_; }

  /// To the whole group, its leader ended or not. Nothing after ended() has returned its ending.
  void signal(int number) noexcept;
  /// Another time for the guard.
  void end_at(Duration when) noexcept { guard_.end_at(pid_, when); }

  /// The signal that stopped it since this was last asked.
  std::optional<int> stopped() noexcept;
  /// None while it runs. Reaps it; the group's other processes, if any are left, go on.
  std::optional<Ending> ended() noexcept;

 private:
  Child(pid_t pid, int fd, Guard guard) : pid_(pid), fd_(fd), guard_(std::move(guard)) {}
  pid_t pid_ = -1;
  int fd_ = -1;
  std::optional<Ending> ending_;
  Guard guard_;
};

}  // namespace holdfast::local
