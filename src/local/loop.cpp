#include "local/loop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "base/check.h"

namespace holdfast::local {
namespace {

constexpr int watched[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, SIGTSTP, SIGCHLD};

sigset_t set_of(auto... signals) {
  sigset_t set{};
  ::sigemptyset(&set);
  (::sigaddset(&set, signals), ...);
  return set;
}

/// Sends `signal` to `whom`, this process among them, and lets it through once, with its default action.
void deliver(int signal, pid_t whom) {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  struct sigaction before {};
  const bool changed = signal != SIGSTOP && ::sigaction(signal, &plain, &before) == 0;
  const sigset_t set = set_of(signal);
  sigset_t mask{};
  ::kill(whom, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &set, &mask);  // Here it takes effect: every thread has it blocked until now.
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  if (changed) ::sigaction(signal, &before, nullptr);
}

}  // namespace

Loop::Loop() {
  sigset_t set{};
  ::sigemptyset(&set);
  for (const int signal : watched) ::sigaddset(&set, signal);
  sigset_t blocked = set;
  ::sigaddset(&blocked, SIGTTOU);
  HF_CHECK(::pthread_sigmask(SIG_BLOCK, &blocked, &mask_before_) == 0);

  // Whoever started us may have SIGCHLD ignored; then the kernel would throw our children's statuses away.
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  HF_CHECK(::sigaction(SIGCHLD, &plain, &child_action_before_) == 0);

  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  timer_ = ::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  HF_CHECK(signals_ >= 0 && timer_ >= 0 && wake_ >= 0);
}

Loop::~Loop() {
  for (const int fd : {signals_, timer_, wake_}) ::close(fd);
  ::sigaction(SIGCHLD, &child_action_before_, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

Loop::Event Loop::wait(int also_readable, std::optional<Duration> until) {
  itimerspec when{};
  if (until) {
    const Duration at = std::max(*until, Duration{1});  // 0 would switch it off.
    when.it_value.tv_sec = at / std::chrono::seconds(1);
    when.it_value.tv_nsec = (at % std::chrono::seconds(1)).count();
  }
  HF_CHECK(::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr) == 0);

  for (;;) {
    pollfd fds[] = {{timer_, POLLIN, 0}, {also_readable, POLLIN, 0}, {signals_, POLLIN, 0}, {wake_, POLLIN, 0}};
    if (::poll(fds, 4, -1) < 0) {
      HF_CHECK(errno == EINTR);
      continue;
    }
    // Time first: after a gap, what is due is due before anything else is looked at.
    std::uint64_t count = 0;
    if (fds[0].revents != 0 && ::read(timer_, &count, sizeof count) > 0) return {Event::Kind::time};
    if (fds[1].revents != 0) return {Event::Kind::ready};
    signalfd_siginfo info{};
    if (fds[2].revents != 0 && ::read(signals_, &info, sizeof info) == sizeof info) {
      return {Event::Kind::signal, static_cast<int>(info.ssi_signo)};
    }
    if (fds[3].revents != 0 && ::read(wake_, &count, sizeof count) > 0) return {Event::Kind::woken};
  }
}

void Loop::wake() noexcept {
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
}

bool Loop::stop(int signal, pid_t whom) {
  deliver(signal, whom);
  sigset_t pending{};
  return ::sigpending(&pending) == 0 && ::sigismember(&pending, SIGCONT) == 1;
}

bool Loop::stop_self(int signal) {
  return stop(signal, ::getpid());
}

bool Loop::stop_job(int signal) {
  return stop(signal, 0);
}

void Loop::die_of(int signal) {
  deliver(signal, ::getpid());
}

}  // namespace holdfast::local
