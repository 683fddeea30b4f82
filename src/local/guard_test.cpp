#include "local/guard.h"

#include <gtest/gtest.h>

#include "local/processes_for_tests.h"

namespace holdfast::local {
namespace {

using namespace std::chrono_literals;

/// A process that waits for ever, in a group of its own.
class Sleeper : public Forked {
 public:
  Sleeper()
      : Forked([] {
          for (;;) ::pause();
          return 0;
        }) {
    ::setpgid(pid(), pid());
  }
  /// Having been killed.
  void expect_killed() {
    const int status_now = status();
    EXPECT_TRUE(WIFSIGNALED(status_now) && WTERMSIG(status_now) == SIGKILL) << status_now;
  }
  bool runs() const { return ::waitpid(pid(), nullptr, WNOHANG) == 0; }
};

TEST(Guard, ends_the_group_at_its_time_and_not_before) {
  Sleeper sleeper;
  Guard guard = *Guard::start();
  const Duration when = boot_now() + 50ms;
  guard.end_at(sleeper.pid(), when);
  sleeper.expect_killed();
  EXPECT_GE(boot_now(), when);
}

TEST(Guard, ends_it_at_once_where_the_time_is_over) {
  Sleeper sleeper;
  Guard guard = *Guard::start();
  guard.end_at(sleeper.pid(), Duration::min());
  sleeper.expect_killed();
}

TEST(Guard, goes_by_the_latest_time_it_was_told) {
  Sleeper spared, ended;
  Guard guard = *Guard::start();
  guard.end_at(spared.pid(), boot_now() + 50ms);
  guard.end_at(spared.pid(), boot_now() + 1h);
  Guard later = *Guard::start();
  later.end_at(ended.pid(), boot_now() + 100ms);
  ended.expect_killed();
  EXPECT_TRUE(spared.runs());
  guard.end_at(spared.pid(), boot_now());
  spared.expect_killed();
}

TEST(Guard, does_nothing_more_once_it_is_dismissed) {
  Sleeper spared, ended;
  Guard guard = *Guard::start();
  guard.end_at(spared.pid(), boot_now() + 50ms);
  guard.dismiss();
  guard.end_at(spared.pid(), boot_now());
  Guard later = *Guard::start();
  later.end_at(ended.pid(), boot_now() + 100ms);
  ended.expect_killed();
  EXPECT_TRUE(spared.runs());
}

TEST(Guard, ends_the_group_when_the_one_who_started_it_is_gone) {
  Sleeper sleeper;
  Pipe told;
  Forked starter([&] {
    Guard guard = *Guard::start();
    guard.end_at(sleeper.pid(), boot_now() + 1h);
    (void)!::write(told.write_end(), "\n", 1);
    for (;;) ::pause();
    return 0;
  });
  told.line();
  EXPECT_TRUE(sleeper.runs());
  starter.signal(SIGKILL);
  sleeper.expect_killed();
}

TEST(Guard, keeps_its_time_when_the_one_who_started_it_is_stopped) {
  Sleeper sleeper;
  Forked starter([&] {
    Guard guard = *Guard::start();
    guard.end_at(sleeper.pid(), boot_now() + 100ms);
    ::raise(SIGSTOP);
    return 0;
  });
  EXPECT_TRUE(WIFSTOPPED(starter.status(WUNTRACED)));
  sleeper.expect_killed();
}

TEST(Guard, ends_every_process_of_the_group) {
  Pipe pipe;
  Forked leader([] {
    ::setpgid(0, 0);
    ::fork();
    for (;;) ::pause();
    return 0;
  });
  ::setpgid(leader.pid(), leader.pid());
  Guard guard = *Guard::start();
  EXPECT_TRUE(pipe.open());
  guard.end_at(leader.pid(), boot_now());
  EXPECT_TRUE(pipe.ends());
}

TEST(Guard, keeps_no_file_of_ours_open) {
  Pipe pipe;
  Guard guard = *Guard::start();
  EXPECT_TRUE(pipe.ends()) << "whoever reads the command's output would wait for the guard";
}

TEST(Guard, is_not_ended_by_signals_that_were_meant_for_us) {
  Sleeper sleeper;
  Pipe told;
  Forked starter([&] {
    ::setpgid(0, 0);
    ::signal(SIGTERM, SIG_IGN);
    ::signal(SIGINT, SIG_IGN);
    Guard guard = *Guard::start();
    guard.end_at(sleeper.pid(), boot_now() + 1h);
    ::kill(0, SIGTERM);
    ::kill(0, SIGINT);
    (void)!::write(told.write_end(), "\n", 1);
    for (;;) ::pause();
    return 0;
  });
  told.line();
  EXPECT_TRUE(sleeper.runs());
  starter.signal(SIGKILL);
  sleeper.expect_killed();
}

}  // namespace
}  // namespace holdfast::local
