// `holdfast run` with real processes: what it passes on, and that no command outlives the belief in its lease.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "local/processes_for_tests.h"
#include "tests/whole/cli_process.h"

namespace holdfast::whole {
namespace {

using namespace std::chrono_literals;
using local::Pipe;

/// Returns when `process` has said `text`; throws when it ends without.
void await(support::Process& process, const std::string& text) {
  // Its output is a file that others write: there is no event to wait for.
  for (bool alive = true; process.output().find(text) == std::string::npos; ::usleep(1'000)) {
    if (!alive) throw std::runtime_error("it never said " + text + ": " + process.output() + process.errors());
    alive = process.running();
  }
}

class RunVerb : public testing::Test {
 protected:
  /// The words of `holdfast run job ... -- sh -c script`.
  static std::vector<std::string> words_of(const std::string& script, std::vector<std::string> options = {}) {
    std::vector<std::string> words{"run", "job"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"--", "sh", "-c", script});
    return words;
  }
  support::Process start_run(const std::string& script, std::vector<std::string> options = {}) {
    return start(server->port(), words_of(script, std::move(options)));
  }
  Outcome run_to_end(const std::string& script, std::vector<std::string> options = {}) {
    return run(server->port(), words_of(script, std::move(options)));
  }
  bool held() { return run(server->port(), {"show", "job"}).out.starts_with("job is held"); }
  void alice_acquires() {
    ASSERT_EQ(run(server->port(), {"acquire", "job", "--owner", "alice", "--ttl", "1h"}).status, 0);
  }
  /// Returns when the server has stopped, as by a debugger.
  void stop_server() {
    server->process().signal(SIGSTOP);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(server->process().pid()), &info, WSTOPPED);
  }
  void go_on_server() { server->process().signal(SIGCONT); }

  std::optional<support::ServerProcess> server{std::in_place,
                                               support::ServerProcess::How{.arguments = {"--journal", "memory"}}};
};

// What is passed on -------------------------------------------------------------------------------------------------

TEST_F(RunVerb, ends_with_the_status_of_its_command) {
  for (const int status : {0, 1, 42, 75, 255}) {
    const Outcome got = run_to_end("exit " + std::to_string(status));
    EXPECT_EQ(got.status, status);
    EXPECT_EQ(got.out + got.err, "");
  }
}

TEST_F(RunVerb, ends_with_128_and_the_signal_that_ended_its_command) {
  for (const int signal : {SIGTERM, SIGKILL, SIGSEGV, SIGINT}) {
    EXPECT_EQ(run_to_end("kill -" + std::to_string(signal) + " $$").status, 128 + signal);
  }
}

TEST_F(RunVerb, ends_with_127_and_126_like_a_shell) {
  const Outcome none = run(server->port(), {"run", "job", "--", "/no/such/command"});
  EXPECT_EQ(none.status, 127);
  EXPECT_NE(none.err.find("/no/such/command: No such file"), std::string::npos) << none.err;
  EXPECT_EQ(run(server->port(), {"run", "job", "--", "/etc/passwd"}).status, 126);
  EXPECT_FALSE(held()) << "and gives the name back";
}

TEST_F(RunVerb, holds_the_name_while_the_command_runs_and_no_longer) {
  support::Process running = start_run("echo up; while :; do sleep 0.01; done");
  await(running, "up\n");
  EXPECT_TRUE(held());
  EXPECT_EQ(run(server->port(), {"acquire", "job", "--owner", "bob"}).status, 1);
  running.signal(SIGTERM);
  EXPECT_EQ(running.wait().exit_status, 128 + SIGTERM);
  EXPECT_FALSE(held()) << "released, not left to lapse";
}

TEST_F(RunVerb, passes_stdin_and_arguments_as_they_are) {
  support::Process piped({"sh", "-c",
                          "printf 'one\\n\\ntwo' | " + std::string{HOLDFAST_PROGRAM} +
                              " run job -- sh -c 'cat; echo \"|$1|$2\"' sh 'a  b' -n"},
                         {{"HOLDFAST_SERVER", "http://127.0.0.1:" + std::to_string(server->port())}});
  EXPECT_EQ(piped.wait().exit_status, 0) << piped.errors();
  EXPECT_EQ(piped.output(), "one\n\ntwo|a  b|-n\n");
}

TEST_F(RunVerb, tells_the_command_what_it_holds) {
  const Outcome got = run_to_end("env; echo ok", {"--owner", "bob", "--session", "s 1"});
  ASSERT_EQ(got.status, 0) << got.err;
  const auto has = [&](const std::string& line) {
    return ("\n" + got.out).find("\n" + line + "\n") != std::string::npos;
  };
  EXPECT_TRUE(has("HOLDFAST_NAME=job"));
  EXPECT_TRUE(has("HOLDFAST_OWNER=bob"));
  EXPECT_TRUE(has("HOLDFAST_SESSION=s 1"));
  EXPECT_TRUE(has("HOLDFAST_SERVER=http://127.0.0.1:" + std::to_string(server->port())));
  const std::size_t token = got.out.find("HOLDFAST_TOKEN=");
  ASSERT_NE(token, std::string::npos);
  EXPECT_EQ(
      run(server->port(), {"show", "job"}).out.find("token " + std::to_string(std::stoull(got.out.substr(token + 15)))),
      std::string("job is free\n  last      ").size());
}

TEST_F(RunVerb, lets_the_command_renew_with_what_it_was_told) {
  const Outcome got = run_to_end("exec " + std::string{HOLDFAST_PROGRAM} +
                                 " renew \"$HOLDFAST_NAME\" --token \"$HOLDFAST_TOKEN\" --owner \"$HOLDFAST_OWNER\" "
                                 "--session \"$HOLDFAST_SESSION\"");
  EXPECT_EQ(got.status, 0) << got.err;
}

TEST_F(RunVerb, renews_for_its_own_ttl_whatever_the_command_renewed_for) {
  const std::string program{HOLDFAST_PROGRAM};
  const std::string shows = program + " show job --json | grep -q '\"ttl_ms\":";
  const Outcome got = run_to_end(
      program +
          " renew job --token \"$HOLDFAST_TOKEN\" --owner \"$HOLDFAST_OWNER\" --session \"$HOLDFAST_SESSION\" "
          "--ttl 9s; " +
          shows + "9000' || exit 3; for i in $(seq 200); do " + shows + "1500' && exit 0; sleep 0.02; done; exit 4",
      {"--ttl", "1500ms"});
  EXPECT_EQ(got.status, 0) << got.err;
}

TEST_F(RunVerb, passes_signals_on_and_leaves_it_to_the_command_what_to_do) {
  for (const char* name : {"TERM", "INT", "HUP", "USR1", "QUIT"}) {
    support::Process running =
        start_run(std::string("trap 'echo got; exit 9' ") + name + "; echo up; while :; do sleep 0.01; done");
    await(running, "up\n");
    running.signal(name == std::string("TERM")   ? SIGTERM
                   : name == std::string("INT")  ? SIGINT
                   : name == std::string("HUP")  ? SIGHUP
                   : name == std::string("USR1") ? SIGUSR1
                                                 : SIGQUIT);
    EXPECT_EQ(running.wait().exit_status, 9) << name;
    EXPECT_EQ(running.output(), "up\ngot\n");
  }
}

TEST_F(RunVerb, renews_for_as_long_as_the_command_takes) {
  const Outcome got = run_to_end("sleep 1.5", {"--ttl", "500ms"});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_EQ(got.err, "");
}

TEST_F(RunVerb, says_nothing_of_its_own_on_stdout) {
  alice_acquires();
  EXPECT_EQ(run_to_end("true").out, "");
  EXPECT_EQ(run(server->port(), {"run", "other", "--", "/no/such"}).out, "");
  EXPECT_EQ(run(1, {"run", "job", "--", "true"}).out, "");
}

// Refusals ----------------------------------------------------------------------------------------------------------

TEST_F(RunVerb, ends_with_75_without_running_anything_where_somebody_else_holds_it) {
  alice_acquires();
  const Outcome got = run_to_end("echo ran");
  EXPECT_EQ(got.status, 75);
  EXPECT_EQ(got.out, "");
  EXPECT_NE(got.err.find("job is held by alice"), std::string::npos) << got.err;
  EXPECT_EQ(run_to_end("echo ran", {"-E", "9"}).status, 9);
  EXPECT_EQ(run_to_end("echo ran", {"-E", "0"}).status, 0);
}

TEST_F(RunVerb, ends_with_75_when_the_wait_is_over) {
  alice_acquires();
  const Outcome got = run_to_end("echo ran", {"--wait", "200ms"});
  EXPECT_EQ(got.status, 75);
  EXPECT_EQ(got.out, "");
  EXPECT_NE(got.err.find("the wait is over"), std::string::npos) << got.err;
}

TEST_F(RunVerb, runs_when_the_name_becomes_free_within_the_wait) {
  support::Process first = start_run("echo up; while :; do sleep 0.01; done");
  await(first, "up\n");
  support::Process second = start_run("echo second", {"--wait", "60s"});
  // One waits: then the first may end.
  while (run(server->port(), {"list", "--contended"}).out.find("job") == std::string::npos) {
  }
  first.signal(SIGTERM);
  EXPECT_EQ(second.wait().exit_status, 0) << second.errors();
  EXPECT_EQ(second.output(), "second\n");
}

TEST_F(RunVerb, leaves_the_queue_when_it_is_interrupted_while_it_waits) {
  alice_acquires();
  support::Process waiting = start_run("echo ran", {"--wait", "60s"});
  while (run(server->port(), {"list", "--contended"}).out.find("job") == std::string::npos) {
  }
  waiting.signal(SIGINT);
  EXPECT_EQ(waiting.wait().signal, SIGINT) << "so that a shell loop around it ends";
  EXPECT_EQ(waiting.output(), "");
  while (run(server->port(), {"list", "--contended"}).out.find("job") != std::string::npos) {
  }
}

TEST_F(RunVerb, ends_with_69_where_there_is_no_server) {
  server->kill();
  const Outcome got = run_to_end("echo ran");
  EXPECT_EQ(got.status, 69);
  EXPECT_EQ(got.out, "");
  EXPECT_NE(got.err.find("cannot be reached"), std::string::npos) << got.err;
}

TEST_F(RunVerb, ends_with_64_after_wrong_usage) {
  const std::vector<std::string> cases[] = {{"run"},
                                            {"run", "job"},
                                            {"run", "job", "--"},
                                            {"run", "job", "true"},
                                            {"run", "a//b", "--", "true"},
                                            {"run", "job", "--ttl", "50ms", "--", "true"},
                                            {"run", "job", "--ttl", "none", "--", "true"},
                                            {"run", "job", "--grace", "20s", "--", "true"},
                                            {"run", "job", "-E", "256", "--", "true"},
                                            {"run", "job", "--flush", "1s", "--", "true"}};
  for (const auto& words : cases) {
    const Outcome got = run(server->port(), words);
    EXPECT_EQ(got.status, 64) << testing::PrintToString(words) << got.err;
  }
}

// Losing the lease --------------------------------------------------------------------------------------------------

/// Writes the time of each of its moments, on CLOCK_BOOTTIME, into a file.
std::string beating(const std::filesystem::path& file) {
  return "while read -r up rest < /proc/uptime; do echo \"$up\" >> " + file.string() + "; sleep 0.005; done";
}

/// The last time that was written whole.
Duration last_beat(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string last;
  for (std::string line; std::getline(in, line) && !in.eof();) last = line;
  return last.empty() ? Duration::max()
                      : std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::stod(last)));
}

/// A command that beats until it is ended, under a lease of `ttl`.
struct Beating {
  Beating(std::uint16_t port, const std::string& before, Duration ttl)
      : process(start(port, {"run", "job", "--ttl", std::to_string(ttl / 1ms) + "ms", "--", "sh", "-c",
                             before + "; " + beating(beats)})) {
    pipe.close_writing();
    while (!std::filesystem::exists(beats) && process.running()) ::usleep(1'000);
  }
  support::ScratchDirectory scratch;
  std::filesystem::path beats = scratch.path() / "beats";
  Pipe pipe;  ///< At its end when the command and all it started are gone.
  support::Process process;
};

constexpr Duration ttl = 1500ms;

TEST_F(RunVerb, ends_the_command_before_belief_ends_when_the_server_does_not_answer) {
  Beating command(server->port(), "true", ttl);
  stop_server();
  const Duration belief_ends_by = local::boot_now() + ttl;  // The last renewal that was answered was sent before.
  EXPECT_EQ(command.process.wait().exit_status, 76);
  EXPECT_LT(last_beat(command.beats), belief_ends_by);
  EXPECT_NE(command.process.errors().find("the lease on job cannot be renewed: no answer from the server; ending"),
            std::string::npos)
      << command.process.errors();
  go_on_server();
}

TEST_F(RunVerb, kills_a_command_that_ignores_sigterm_before_belief_ends) {
  Beating command(server->port(), "trap '' TERM INT HUP", ttl);
  stop_server();
  const Duration belief_ends_by = local::boot_now() + ttl;
  EXPECT_EQ(command.process.wait().exit_status, 76);
  EXPECT_TRUE(command.pipe.ends());
  EXPECT_LT(last_beat(command.beats), belief_ends_by);
  go_on_server();
}

TEST_F(RunVerb, kills_what_the_command_started_too) {
  Beating command(server->port(), "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & true", ttl);
  stop_server();
  EXPECT_EQ(command.process.wait().exit_status, 76);
  EXPECT_TRUE(command.pipe.ends());
  go_on_server();
}

TEST_F(RunVerb, ends_the_command_before_belief_ends_when_the_server_is_gone) {
  Beating command(server->port(), "trap '' TERM", ttl);
  server->kill();
  const Duration belief_ends_by = local::boot_now() + ttl;
  EXPECT_EQ(command.process.wait().exit_status, 76);
  EXPECT_LT(last_beat(command.beats), belief_ends_by);
}

TEST_F(RunVerb, gives_the_command_time_to_clean_up) {
  Beating command(server->port(), "trap 'echo cleaned; exit 0' TERM", ttl);
  server->kill();
  EXPECT_EQ(command.process.wait().exit_status, 76) << "also where the command ends well";
  EXPECT_EQ(command.process.output(), "cleaned\n");
}

TEST_F(RunVerb, ends_the_command_at_once_when_a_server_says_that_the_lease_is_no_more) {
  Beating command(server->port(), "trap 'echo cleaned; exit 0' TERM", 3s);
  const std::uint16_t port = server->port();
  server->kill();
  server.emplace(support::ServerProcess::How{.arguments = {"--journal", "memory"}, .port = port});  // It has forgotten.
  EXPECT_EQ(command.process.wait().exit_status, 76);
  EXPECT_EQ(command.process.output(), "cleaned\n");
  EXPECT_NE(command.process.errors().find("the lease on job is lost"), std::string::npos) << command.process.errors();
}

TEST_F(RunVerb, goes_on_over_a_restart_of_a_server_that_forgets_nothing) {
  const support::ScratchDirectory scratch;
  const support::ServerProcess::How how{.arguments = {"--data", (scratch.path() / "data").string()}};
  server.emplace(how);
  const std::uint16_t port = server->port();
  support::Process running =
      start_run("echo up; while [ ! -e " + (scratch.path() / "go").string() + " ]; do sleep 0.01; done; echo done",
                {"--ttl", "10s"});
  await(running, "up\n");
  server->kill();
  server.emplace(support::ServerProcess::How{.arguments = how.arguments, .port = port});
  EXPECT_TRUE(held());
  std::ofstream(scratch.path() / "go") << "";
  EXPECT_EQ(running.wait().exit_status, 0) << running.errors();
  EXPECT_EQ(running.output(), "up\ndone\n");
  EXPECT_FALSE(held());
}

TEST_F(RunVerb, ends_the_command_before_belief_ends_though_it_is_stopped_itself) {  // R2: the guard
  Beating command(server->port(), "trap '' TERM", ttl);
  command.process.signal(SIGSTOP);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(command.process.pid()), &info, WSTOPPED);
  const Duration belief_ends_by = local::boot_now() + ttl;
  // It holds the pipe open itself, so its end tells nothing here; the beats until some time after do.
  while (local::boot_now() < belief_ends_by + 100ms) ::usleep(10'000);
  EXPECT_LT(last_beat(command.beats), belief_ends_by);
  command.process.signal(SIGCONT);
  EXPECT_EQ(command.process.wait().exit_status, 76);
}

TEST_F(RunVerb, takes_the_command_and_all_it_started_with_it_when_it_is_killed) {
  Beating command(server->port(), "trap '' TERM INT HUP; (trap '' TERM; while :; do sleep 1; done) & true", 1h);
  command.process.signal(SIGKILL);
  EXPECT_TRUE(command.pipe.ends());
  EXPECT_EQ(command.process.wait().signal, SIGKILL);
}

}  // namespace
}  // namespace holdfast::whole
