#include "local/loop.h"

#include <gtest/gtest.h>

#include <thread>

#include "local/processes_for_tests.h"

namespace holdfast::local {
namespace {

using namespace std::chrono_literals;
using Kind = Loop::Event::Kind;

bool blocked(int signal) {
  sigset_t mask{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return ::sigismember(&mask, signal) == 1;
}

TEST(Loop, wakes_at_a_time_and_not_before) {
  Loop loop;
  const Duration until = boot_now() + 20ms;
  EXPECT_EQ(loop.wait(-1, until).kind, Kind::time);
  EXPECT_GE(boot_now(), until);
}

TEST(Loop, wakes_at_once_where_the_time_is_over) {
  Loop loop;
  EXPECT_EQ(loop.wait(-1, boot_now() - 1h).kind, Kind::time);
  EXPECT_EQ(loop.wait(-1, Duration{0}).kind, Kind::time);
  EXPECT_EQ(loop.wait(-1, Duration::min()).kind, Kind::time);
}

TEST(Loop, forgets_the_time_of_the_wait_before) {
  Loop loop;
  loop.wake();
  EXPECT_EQ(loop.wait(-1, boot_now() + 1h).kind, Kind::woken);
  loop.wake();
  EXPECT_EQ(loop.wait(-1, std::nullopt).kind, Kind::woken);
}

TEST(Loop, does_not_lose_a_wake_that_came_before_the_wait) {
  Loop loop;
  std::thread([&loop] {
    loop.wake();
    loop.wake();
  }).join();
  EXPECT_EQ(loop.wait(-1, std::nullopt).kind, Kind::woken);
  EXPECT_EQ(loop.wait(-1, boot_now() + 1ms).kind, Kind::time) << "both are one";
}

TEST(Loop, gives_signals_as_events) {
  Loop loop;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGWINCH, SIGTSTP, SIGCONT}) {
    ::kill(::getpid(), signal);
    const Loop::Event event = loop.wait(-1, std::nullopt);
    EXPECT_EQ(event.kind, Kind::signal);
    EXPECT_EQ(event.signal, signal);
  }
}

TEST(Loop, says_what_is_due_before_anything_else) {
  Loop loop;
  Pipe pipe;
  ASSERT_EQ(::write(pipe.write_end(), "x", 1), 1);
  loop.wake();
  ::kill(::getpid(), SIGTERM);
  EXPECT_EQ(loop.wait(-1, boot_now() - 1s).kind, Kind::time);
  EXPECT_EQ(loop.wait(-1, std::nullopt).kind, Kind::signal);
  EXPECT_EQ(loop.wait(-1, std::nullopt).kind, Kind::woken);
}

TEST(Loop, leaves_mask_and_child_action_as_they_were) {
  ::signal(SIGCHLD, SIG_IGN);
  const bool before = blocked(SIGTERM);
  {
    Loop loop;
    EXPECT_TRUE(blocked(SIGTERM));
    EXPECT_TRUE(blocked(SIGTTOU)) << "so that taking the terminal back does not stop us";
  }
  EXPECT_EQ(blocked(SIGTERM), before);
  EXPECT_EQ(::signal(SIGCHLD, SIG_DFL), SIG_IGN);
}

TEST(Loop, dies_of_a_signal_so_that_whoever_waits_sees_it) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Forked process([signal] {
      ::signal(signal, SIG_IGN);  // As under nohup.
      Loop loop;
      loop.die_of(signal);
      return 3;
    });
    const int status = process.status();
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << status;
  }
}

TEST(Loop, stops_itself_and_hears_of_its_going_on) {
  Forked process([] {
    ::setpgid(0, 0);
    Loop loop;
    if (!loop.stop_self(SIGTSTP)) return 3;
    return loop.wait(-1, std::nullopt).signal == SIGCONT ? 0 : 4;
  });
  EXPECT_TRUE(WIFSTOPPED(process.status(WUNTRACED)));
  process.signal(SIGCONT);
  const int status = process.status();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Loop, stops_the_whole_job_with_itself) {
  Forked leader([] {
    ::setpgid(0, 0);
    for (;;) ::pause();
    return 0;
  });
  ::setpgid(leader.pid(), leader.pid());
  Forked process([&] {
    ::setpgid(0, leader.pid());
    Loop loop;
    return loop.stop_job(SIGTSTP) ? 0 : 3;
  });
  EXPECT_TRUE(WIFSTOPPED(leader.status(WUNTRACED)));
  EXPECT_TRUE(WIFSTOPPED(process.status(WUNTRACED)));
  ::kill(-leader.pid(), SIGCONT);
  const int status = process.status();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Loop, does_not_stop_where_nobody_could_let_it_go_on) {
  Forked process([] {
    ::setsid();  // A group without a parent in its session: the kernel ignores SIGTSTP.
    Loop loop;
    return loop.stop_self(SIGTSTP) ? 3 : 0;
  });
  const int status = process.status(WUNTRACED);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace holdfast::local
