#include "local/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/check.h"

namespace holdfast::local {
namespace {

/// A pipe that exec closes.
struct Pipe {
  int read_end = -1;
  int write_end = -1;

  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    return true;
  }
  static void close(int& fd) {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
  ~Pipe() {
    close(read_end);
    close(write_end);
  }
};

/// Reads `into` whole; false at the end of the pipe.
bool read_whole(int fd, void* into, std::size_t size) {
  ssize_t got = 0;
  do {
    got = ::read(fd, into, size);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(size);
}

/// Our environment with `added` in place of what has the same name.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text{*entry};
    const std::string_view name = text.substr(0, text.find('='));
    if (std::ranges::none_of(added, [&](const auto& pair) { return pair.first == name; })) out.emplace_back(text);
  }
  for (const auto& [name, value] : added) out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// What the child does between fork and exec. Everything is made before: here nothing allocates or locks.
struct Start {
  pid_t parent;
  int go;        ///< One byte comes when the guard knows the group.
  int failure;   ///< For errno, if exec fails.
  int terminal;  ///< -1: none to take.
  const sigset_t* mask;
  const struct sigaction* child_action;
  char* const* words;
  char* const* environment;

  [[noreturn]] void carry_out() const {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);               // It was gone before the line above.
    if (terminal >= 0) ::tcsetpgrp(terminal, ::getpid());  // SIGTTOU is still blocked.

    char byte = 0;
    if (!read_whole(go, &byte, 1)) ::_exit(127);
    ::sigaction(SIGCHLD, child_action, nullptr);
    ::sigprocmask(SIG_SETMASK, mask, nullptr);
    ::execvpe(words[0], words, environment);
    const int error = errno;
    (void)!::write(failure, &error, sizeof error);
    ::_exit(127);
  }
};

NotStarted not_started(const std::string& what, int error) {
  return {.status = error == ENOENT ? 127 : 126, .why = system_words(what, error)};
}

}  // namespace

std::expected<Child, NotStarted> Child::start(const Command& command, const Loop& loop, Terminal& terminal,
                                              Duration end_at) {
  HF_CHECK(!command.words.empty());
  auto words = command.words;
  auto environment = environment_with(command.environment);
  const auto words_at = pointers_to(words);
  const auto environment_at = pointers_to(environment);

  Pipe go;
  Pipe failure;
  if (!go.open() || !failure.open()) return std::unexpected(NotStarted{126, system_words("pipe", errno)});
  auto guard = Guard::start();
  if (!guard) return std::unexpected(NotStarted{126, guard.error().where});

  const bool foreground = ::isatty(STDIN_FILENO) == 1 && terminal.ours();
  const Start start{.parent = ::getpid(),
                    .go = go.read_end,
                    .failure = failure.write_end,
                    .terminal = foreground ? terminal.fd() : -1,
                    .mask = &loop.mask_before(),
                    .child_action = &loop.child_action_before(),
                    .words = words_at.data(),
                    .environment = environment_at.data()};
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(go.write_end);  // Else it would wait for itself if we are gone.
    start.carry_out();
  }
  if (pid < 0) return std::unexpected(NotStarted{126, system_words("fork", errno)});

  ::setpgid(pid, pid);  // In both processes, so that it is done whoever comes first.
  if (foreground) terminal.give(pid);
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  HF_CHECK(fd >= 0);
  Child child(pid, fd, *std::move(guard));
  child.end_at(end_at);
  (void)!::write(go.write_end, "g", 1);

  Pipe::close(failure.write_end);
  int error = 0;
  if (read_whole(failure.read_end, &error, sizeof error)) {
    terminal.take_back();
    return std::unexpected(not_started(command.words[0], error));  // The destructor reaps it.
  }
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      fd_(std::exchange(other.fd_, -1)),
      ending_(other.ending_),
      guard_(std::move(other.guard_)) {}

Child::~Child() {
  if (pid_ < 0) return;
  if (!ending_) {
    signal(SIGKILL);
    guard_.dismiss();
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) < 0 && errno == EINTR) {
    }
  }
  ::close(fd_);
}

void Child::signal(int number) noexcept {
  if (!ending_) ::kill(-pid_, number);
}

std::optional<int> Child::stopped() noexcept {
  siginfo_t info{};
  if (ending_ || ::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WNOHANG) != 0 || info.si_pid == 0) {
    return std::nullopt;
  }
  return info.si_status;
}

std::optional<Ending> Child::ended() noexcept {
  if (ending_) return ending_;
  const auto id = static_cast<id_t>(pid_);
  siginfo_t info{};
  if (::waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return std::nullopt;
  guard_.dismiss();  // C3
  HF_CHECK(::waitid(P_PID, id, &info, WEXITED) == 0);
  ending_ = Ending{.by_signal = info.si_code != CLD_EXITED, .number = info.si_status};
  return ending_;
}

}  // namespace holdfast::local
