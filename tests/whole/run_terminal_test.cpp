// `holdfast run` under an interactive shell on a terminal: Ctrl-C, Ctrl-Z, fg, pipelines, the size of the window.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "tests/support/process.h"

namespace holdfast::whole {
namespace {

/// bash on a terminal of its own, as somebody types into it. `holdfast` is the program, and knows its server.
class Shell {
 public:
  explicit Shell(std::uint16_t port) {
    const std::string server = "http://127.0.0.1:" + std::to_string(port);
    const pid_t parent = ::getpid();
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ < 0) throw std::runtime_error("forkpty");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(127);
      ::setenv("HOLDFAST_SERVER", server.c_str(), 1);
      ::setenv("PS1", "ready> ", 1);
      ::setenv("TERM", "dumb", 1);
      ::unsetenv("PROMPT_COMMAND");
      ::execlp("bash", "bash", "--norc", "--noprofile", "--noediting", "-i", nullptr);
      ::_exit(127);
    }
    expect("ready> ");
    run("holdfast() { " + std::string{HOLDFAST_PROGRAM} + " \"$@\"; }; stty -echo");
  }
  ~Shell() {
    // The terminal's end hangs up every job of it.
    ::close(terminal_);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  void type(const std::string& keys) {
    if (::write(terminal_, keys.data(), keys.size()) < 0) throw std::runtime_error("write to the terminal");
  }
  /// Reads until `text` comes; returns what came before. Throws if it does not come in time.
  std::string expect(const std::string& text) {
    while (seen_.find(text) == std::string::npos) {
      pollfd wanted{terminal_, POLLIN, 0};
      char bytes[4096];
      ssize_t got = 0;
      if (::poll(&wanted, 1, 30'000) != 1 || (got = ::read(terminal_, bytes, sizeof bytes)) <= 0) {
        throw std::runtime_error("'" + text + "' did not come, but: " + seen_);
      }
      seen_.append(bytes, static_cast<std::size_t>(got));
    }
    const std::size_t at = seen_.find(text);
    const std::string before = seen_.substr(0, at);
    seen_.erase(0, at + text.size());
    return before;
  }
  /// Types a line and returns what is printed until the next prompt.
  std::string run(const std::string& line) {
    type(line + "\n");
    return expect("ready> ");
  }
  int status() { return std::stoi(run("echo $?")); }
  void resize(unsigned short rows, unsigned short columns) {
    const winsize size{rows, columns, 0, 0};
    ::ioctl(terminal_, TIOCSWINSZ, &size);
  }

 private:
  pid_t pid_ = -1;
  int terminal_ = -1;
  std::string seen_;
};

constexpr const char* ctrl_c = "\x03";
constexpr const char* ctrl_d = "\x04";
constexpr const char* ctrl_z = "\x1a";

/// Echoes each line as `<line>`; says `up` first.
const std::string echoing = "sh -c 'echo up; while read -r line; do echo \"<$line>\"; done'";

class RunOnTerminal : public testing::Test {
 protected:
  support::ServerProcess server{{.arguments = {"--journal", "memory"}}};
  Shell shell{server.port()};
};

TEST_F(RunOnTerminal, lets_the_command_read_what_is_typed) {
  shell.type("holdfast run job -- " + echoing + "\n");
  shell.expect("up");
  shell.type("hello\n");
  shell.expect("<hello>");
  shell.type(ctrl_d);
  shell.expect("ready> ");
  EXPECT_EQ(shell.status(), 0);
}

TEST_F(RunOnTerminal, ends_with_its_command_on_ctrl_c_and_so_does_a_script_that_runs_it) {
  shell.type("holdfast run job -- sh -c 'echo up; exec sleep 1000'\n");
  shell.expect("up");
  shell.type(ctrl_c);
  shell.expect("ready> ");
  EXPECT_EQ(shell.status(), 130);
  shell.type("(holdfast run job -- sh -c 'echo up; exec sleep 1000'; echo went on)\n");
  shell.expect("up");
  shell.type(ctrl_c);
  EXPECT_EQ(shell.expect("ready> ").find("went on"), std::string::npos);
}

TEST_F(RunOnTerminal, stops_on_ctrl_z_and_goes_on_with_fg) {
  shell.type("holdfast run job -- " + echoing + "\n");
  shell.expect("up");
  shell.type(ctrl_z);
  shell.expect("Stopped");
  shell.expect("ready> ");
  shell.type("fg\n");
  shell.type("again\n");
  shell.expect("<again>");
  shell.type(ctrl_d);
  shell.expect("ready> ");
  EXPECT_EQ(shell.status(), 0);
}

TEST_F(RunOnTerminal, stops_a_whole_pipeline_on_ctrl_z) {
  for (const std::string& job :
       {"holdfast run job -- " + echoing + " | cat", "(holdfast run job -- " + echoing + "; echo after)"}) {
    shell.type(job + "\n");
    shell.expect("up");
    shell.type(ctrl_z);
    shell.expect("Stopped");
    shell.expect("ready> ");
    shell.type("fg\n");
    shell.type("again\n");
    shell.expect("<again>");
    shell.type(ctrl_d);
    shell.expect("ready> ");
    EXPECT_EQ(shell.status(), 0);
  }
}

TEST_F(RunOnTerminal, does_not_go_on_where_it_was_stopped_for_longer_than_it_may_believe) {  // R3
  shell.type("holdfast run job --ttl 500ms -- " + echoing + "\n");
  shell.expect("up");
  shell.type(ctrl_z);
  shell.expect("Stopped");
  shell.expect("ready> ");
  // Until the server has let it lapse, and so after every belief in it.
  for (int looks = 0; shell.run("holdfast show job").find("job is free") == std::string::npos; ++looks) {
    ASSERT_LT(looks, 10'000);
  }
  shell.type("fg\n");
  shell.expect("the lease on job was not renewed in time");
  shell.expect("ready> ");
  EXPECT_EQ(shell.status(), 76);
}

TEST_F(RunOnTerminal, goes_on_in_the_background_and_comes_back_to_read) {
  shell.run("holdfast run job -- " + echoing + " &");
  // It wants to read, which only the foreground may, so it stops, and the job with it.
  for (int looks = 0; shell.run("jobs").find("Stopped") == std::string::npos; ++looks) ASSERT_LT(looks, 10'000);
  shell.type("fg\n");
  shell.type("hello\n");
  shell.expect("<hello>");
  shell.type(ctrl_d);
  shell.expect("ready> ");
  EXPECT_EQ(shell.status(), 0);
}

TEST_F(RunOnTerminal, tells_the_command_that_the_window_has_another_size) {
  shell.type("holdfast run job -- sh -c 'trap \"stty size\" WINCH; echo up; while :; do sleep 0.01; done'\n");
  shell.expect("up");
  shell.resize(33, 77);
  shell.expect("33 77");
  shell.type(ctrl_c);
  shell.expect("ready> ");
}

TEST_F(RunOnTerminal, gives_back_a_terminal_that_a_killed_command_had_changed) {
  shell.type("holdfast run job --ttl 1s -- sh -c 'trap : TERM; stty raw; echo up; while :; do sleep 0.01; done'\n");
  shell.expect("up");
  server.kill();
  shell.expect("ready> ");
  EXPECT_EQ(shell.status(), 76);
  EXPECT_NE(shell.run("stty -a").find(" icanon"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::whole
