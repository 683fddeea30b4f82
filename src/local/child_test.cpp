#include "local/child.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "local/processes_for_tests.h"

namespace holdfast::local {
namespace {

using namespace std::chrono_literals;

/// What is needed to start commands. Made before any thread, as Loop wants it.
struct Yard {
  Loop loop;
  Terminal terminal;

  std::expected<Child, NotStarted> start(std::vector<std::string> words,
                                         std::vector<std::pair<std::string, std::string>> environment = {}) {
    return Child::start({.words = std::move(words), .environment = std::move(environment)}, loop, terminal,
                        boot_now() + 1h);
  }
  Child shell(const std::string& script) {
    auto child = start({"sh", "-c", script});
    HF_CHECK(child.has_value());
    return *std::move(child);
  }
  /// Waits for the end of `child`.
  static Ending end_of(Child& child) {
    HF_CHECK(comes(child.fd()));
    const auto ending = child.ended();
    HF_CHECK(ending.has_value());
    return *ending;
  }
};

TEST(Child, gives_its_exit_status) {
  Yard yard;
  Child child = yard.shell("exit 42");
  const Ending ending = Yard::end_of(child);
  EXPECT_FALSE(ending.by_signal);
  EXPECT_EQ(ending.status(), 42);
  EXPECT_EQ(child.ended()->status(), 42) << "as often as it is asked";
}

TEST(Child, says_a_signal_as_a_shell_does) {
  Yard yard;
  Child child = yard.shell("kill -TERM $$");
  const Ending ending = Yard::end_of(child);
  EXPECT_TRUE(ending.by_signal);
  EXPECT_EQ(ending.status(), 128 + SIGTERM);
}

TEST(Child, has_not_ended_while_it_runs) {
  Yard yard;
  Child child = yard.shell("sleep 1000");
  EXPECT_EQ(child.ended(), std::nullopt);
  child.signal(SIGKILL);
  EXPECT_EQ(Yard::end_of(child).status(), 128 + SIGKILL);
}

TEST(Child, is_127_where_there_is_no_such_command) {
  Yard yard;
  for (const char* word : {"no-such-command-anywhere", "/no/such/command", ""}) {
    const auto child = yard.start({word});
    ASSERT_FALSE(child.has_value()) << word;
    EXPECT_EQ(child.error().status, 127);
    EXPECT_NE(child.error().why.find("No such file"), std::string::npos) << child.error().why;
  }
}

TEST(Child, is_126_where_it_cannot_be_executed) {
  Yard yard;
  for (const char* word : {"/etc/passwd", "/"}) {
    const auto child = yard.start({word});
    ASSERT_FALSE(child.has_value()) << word;
    EXPECT_EQ(child.error().status, 126);
  }
}

TEST(Child, leaves_nothing_behind_where_it_did_not_start) {
  Yard yard;
  ASSERT_FALSE(yard.start({"/no/such/command"}).has_value());
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Child, leads_a_group_of_its_own) {
  Yard yard;
  Pipe pipe;
  Child child = yard.shell("cut -d' ' -f5 /proc/$$/stat > " + pipe.path());
  EXPECT_EQ(pipe.line(), std::to_string(child.group()));
  EXPECT_NE(child.group(), ::getpgrp());
}

TEST(Child, gets_our_environment_with_what_is_added_in_place_of_ours) {
  Yard yard;
  Pipe pipe;
  ::setenv("CHILD_TEST_KEPT", "kept", 1);
  ::setenv("CHILD_TEST_REPLACED", "old", 1);
  auto child =
      yard.start({"sh", "-c", "env > " + pipe.path()}, {{"CHILD_TEST_REPLACED", "new"}, {"CHILD_TEST_NEW", "a=b c"}});
  std::vector<std::string> lines;
  Yard::end_of(*child);
  pipe.close_writing();
  for (std::string line = pipe.line(); !line.empty(); line = pipe.line()) {
    if (line.starts_with("CHILD_TEST_")) lines.push_back(line);
  }
  std::ranges::sort(lines);
  EXPECT_EQ(lines,
            (std::vector<std::string>{"CHILD_TEST_KEPT=kept", "CHILD_TEST_NEW=a=b c", "CHILD_TEST_REPLACED=new"}));
}

TEST(Child, starts_with_the_signals_as_they_were_before_the_loop) {  // C2
  ::signal(SIGCHLD, SIG_IGN);
  std::string inside;
  {
    Yard yard;
    Pipe pipe;
    auto child = yard.start({"dd", "status=none", "if=/proc/self/status", "of=" + pipe.path()});
    Yard::end_of(*child);
    pipe.close_writing();
    for (std::string line = pipe.line(); !line.empty(); line = pipe.line()) inside += line + "\n";
  }
  ::signal(SIGCHLD, SIG_DFL);
  const auto set = [&](const std::string& name) {
    return std::stoull(inside.substr(inside.find(name) + 8), nullptr, 16);
  };
  EXPECT_EQ(set("SigBlk:\t"), 0u) << inside;
  EXPECT_TRUE(set("SigIgn:\t") & (1ULL << (SIGCHLD - 1))) << "as whoever started us wanted it: " << inside;
}

TEST(Child, has_none_of_the_descriptors_that_look_after_it) {
  Yard yard;
  Pipe pipe;
  Child child = yard.shell("ls -l /proc/self/fd > " + pipe.path());
  Yard::end_of(child);
  pipe.close_writing();
  int seen = 0;
  for (std::string line = pipe.line(); !line.empty(); line = pipe.line(), ++seen) {
    for (const char* ours : {"anon_inode", "socket:", "/dev/tty"}) {
      if (line.find(" -> ") == std::string::npos || std::stoi(line.substr(line.rfind(" -> ") - 2)) <= 2) continue;
      EXPECT_EQ(line.find(ours), std::string::npos) << line;
    }
  }
  EXPECT_GT(seen, 3);
}

TEST(Child, is_signalled_with_its_whole_group) {
  Yard yard;
  Pipe pipe;
  Child child = yard.shell("sleep 1000 & sleep 1000 & echo up > " + pipe.path() + "; wait");
  pipe.line();
  child.signal(SIGTERM);
  EXPECT_EQ(Yard::end_of(child).status(), 128 + SIGTERM);
  EXPECT_TRUE(pipe.ends());
}

TEST(Child, can_be_signalled_as_a_group_whose_leader_has_ended) {
  Yard yard;
  Pipe pipe;
  Child child = yard.shell("sleep 1000 & echo up > " + pipe.path());
  pipe.line();
  ASSERT_TRUE(comes(child.fd()));
  EXPECT_TRUE(pipe.open());
  child.signal(SIGKILL);
  EXPECT_TRUE(pipe.ends());
  EXPECT_EQ(child.ended()->status(), 0);
}

TEST(Child, leaves_what_is_left_of_its_group_alone_when_it_ended_by_itself) {
  Yard yard;
  Pipe pipe;
  Child child = yard.shell("sleep 1000 & echo $! > " + pipe.path());
  const pid_t left = std::stoi(pipe.line());
  ASSERT_GT(left, 1);
  EXPECT_EQ(Yard::end_of(child).status(), 0);
  EXPECT_EQ(::kill(left, 0), 0);
  EXPECT_TRUE(pipe.open());
  ::kill(-child.group(), SIGKILL);
  EXPECT_TRUE(pipe.ends());
}

TEST(Child, says_once_what_stopped_it) {
  Yard yard;
  Child child = yard.shell("kill -STOP $$");
  while (yard.loop.wait(-1, std::nullopt).signal != SIGCHLD) {
  }
  EXPECT_EQ(child.stopped(), SIGSTOP);
  EXPECT_EQ(child.stopped(), std::nullopt);
  child.signal(SIGCONT);
  EXPECT_EQ(Yard::end_of(child).status(), 0);
  EXPECT_EQ(child.stopped(), std::nullopt);
}

TEST(Child, is_killed_with_the_object) {
  Pipe pipe;
  {
    Yard yard;
    const Child child = yard.shell("trap '' TERM INT HUP; echo up > " + pipe.path() + "; sleep 1000 & sleep 1000");
    pipe.line();
  }
  EXPECT_TRUE(pipe.ends());
}

TEST(Child, is_killed_with_its_group_when_the_process_that_looks_after_it_is_killed) {  // C1
  Pipe pipe;
  Forked keeper([&] {
    Yard yard;
    Child child = yard.shell("trap '' TERM INT HUP; echo up > " + pipe.path() + "; sleep 1000 & sleep 1000");
    for (;;) ::pause();
    return 0;
  });
  pipe.line();
  EXPECT_TRUE(pipe.open());
  keeper.signal(SIGKILL);
  EXPECT_TRUE(pipe.ends());
}

TEST(Child, is_killed_even_where_the_guard_was_killed_before) {  // C1, PR_SET_PDEATHSIG alone
  Pipe pipe;
  Forked keeper([&] {
    Yard yard;
    Child child = yard.shell("echo $$ > " + pipe.path() + "; exec sleep 1000");
    for (;;) ::pause();
    return 0;
  });
  const pid_t command = std::stoi(pipe.line());
  // Its children are the guard and the command.
  const std::string keepers = "/proc/" + std::to_string(keeper.pid());
  std::ifstream children(keepers + "/task/" + std::to_string(keeper.pid()) + "/children");
  int killed = 0;
  for (pid_t pid = 0; children >> pid;) {
    if (pid != command) killed += ::kill(pid, SIGKILL) == 0;
  }
  ASSERT_EQ(killed, 1);
  keeper.signal(SIGKILL);
  EXPECT_TRUE(pipe.ends());
}

TEST(Child, is_ended_at_its_time_though_the_process_that_looks_after_it_is_stopped) {
  Pipe pipe;
  Forked keeper([&] {
    Yard yard;
    Child child = yard.shell("trap '' TERM; echo up > " + pipe.path() + "; while :; do sleep 1000; done");
    pipe.close_writing();
    child.end_at(boot_now() + 200ms);
    ::raise(SIGSTOP);
    return 0;
  });
  pipe.line();
  ASSERT_TRUE(WIFSTOPPED(keeper.status(WUNTRACED)));
  EXPECT_TRUE(pipe.ends());
}

}  // namespace
}  // namespace holdfast::local
