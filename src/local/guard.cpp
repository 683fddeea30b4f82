#include "local/guard.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace holdfast::local {
namespace {

/// From us to the guard.
struct Order {
  pid_t group;
  std::int64_t at_ns;
};

constexpr int orders_fd = 3;
constexpr int timer_fd = 4;

void set_timer(std::int64_t at_ns) {
  itimerspec when{};
  when.it_value.tv_sec = at_ns / 1'000'000'000;
  when.it_value.tv_nsec = at_ns % 1'000'000'000;
  ::timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, nullptr);
}

/// The guard's whole life. After fork in a process with threads: nothing here allocates or locks.
[[noreturn]] void keep_guard(int orders) {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::setsid();
  (void)!::chdir("/");
  ::prctl(PR_SET_NAME, "holdfast-guard");

  // Nothing of ours is kept open: whoever reads the command's output waits for the last copy to be closed.
  const int nothing = ::open("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2}) ::dup2(nothing, fd);
  const int timer = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
  const int high = ::fcntl(timer, F_DUPFD, 16);
  ::dup2(::fcntl(orders, F_DUPFD, 16), orders_fd);
  ::dup2(high, timer_fd);
  ::close_range(timer_fd + 1, ~0U, 0);

  Order order{};
  for (;;) {
    pollfd fds[] = {{orders_fd, POLLIN, 0}, {timer_fd, POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0) continue;
    if (fds[0].revents != 0) {
      Order next{};
      const ssize_t got = ::recv(orders_fd, &next, sizeof next, 0);
      if (got == sizeof next) {
        order = next;
        set_timer(order.at_ns);
      } else if (got == 0) {
        if (order.group > 0) ::kill(-order.group, SIGKILL);
        ::_exit(0);
      }
      continue;  // A newer order counts more than the time of an older one.
    }
    std::uint64_t count = 0;
    if (::read(timer_fd, &count, sizeof count) > 0 && order.group > 0) ::kill(-order.group, SIGKILL);
  }
}

}  // namespace

Guard::Guard(Guard&& other) noexcept : pid_(std::exchange(other.pid_, -1)), fd_(std::exchange(other.fd_, -1)) {}

Result<Guard> Guard::start() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail(ErrorCode::process_failed, system_words("socketpair", errno));
  }
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);  // Else it would never see that we are gone.
    keep_guard(ends[1]);
  }
  const int error = errno;
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return fail(ErrorCode::process_failed, system_words("fork", error));
  }
  return Guard(pid, ends[0]);
}

void Guard::end_at(pid_t group, Duration when) noexcept {
  if (fd_ < 0) return;
  const Order order{group, std::max<std::int64_t>(when.count(), 1)};
  (void)!::send(fd_, &order, sizeof order, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Guard::dismiss() noexcept {
  if (fd_ < 0) return;
  ::kill(pid_, SIGKILL);  // Not asked to go: somebody may have stopped it.
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  ::close(std::exchange(fd_, -1));
  pid_ = -1;
}

}  // namespace holdfast::local
