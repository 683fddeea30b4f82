#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <random>

#include "cli/asking.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "cli/text.h"
#include "cli/verify_lock_words.h"
#include "cli/verify_output.h"
#include "cli/verify_targets.h"
#include "recording/read.h"
#include "verify/drive.h"

namespace holdfast::cli {
namespace {

constexpr std::uint64_t clients_max = 1'000;

volatile sig_atomic_t interrupted = 0;

/// The first Ctrl-C ends the run early, and what was seen is judged; a second one ends the process.
void stop_when_interrupted() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

void show_progress(const verify::Progress& progress) {
  fmt::print(stderr, "\r\x1b[K{:4.1f} s  {:<9} {:>8} operations",
             std::chrono::duration<double>(progress.since_begin).count(), progress.workload, progress.operations);
}

int failed(const Verb& self, const Error& error) {
  say(self, shown(error.where.empty() ? error.text() : error.where));
  const bool bad = error.code == ErrorCode::bad_description || error.code == ErrorCode::recording_damaged ||
                   error.code == ErrorCode::recording_io;
  return status(bad ? Exit::bad_input : Exit::wrong_usage);
}

std::vector<std::string> workload_names() {
  std::vector<std::string> out;
  for (const verify::Workload* workload : verify::all_workloads()) out.emplace_back(workload->name);
  return out;
}

/// What was typed.
struct Wanted {
  std::string target;
  std::uint64_t clients = 16;
  std::uint64_t names = 32;
  std::uint64_t seed = std::random_device{}();
  std::string faults = "none";
  std::vector<std::string> inject;
  std::string lock;
  Duration ttl{-1};
  verify::DriveOptions drive{};
  VerifyOutput output{};
};

std::int64_t whole_ms(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

/// The command that makes the same choices again.
std::string replay_of(const Wanted& wanted) {
  const Wanted usual;
  std::string out = fmt::format("holdfast verify {} --seed {}", wanted.target, wanted.seed);
  if (wanted.clients != usual.clients) out += fmt::format(" --clients {}", wanted.clients);
  if (wanted.names != usual.names) out += fmt::format(" --names {}", wanted.names);
  if (wanted.drive.time != usual.drive.time) out += fmt::format(" --time {}ms", whole_ms(wanted.drive.time));
  if (wanted.drive.ttl) out += fmt::format(" --ttl {}ms", whole_ms(*wanted.drive.ttl));
  if (wanted.faults != usual.faults) out += " --faults " + wanted.faults;
  for (const std::string& workload : wanted.drive.workloads) out += " --workload " + workload;
  for (const std::string& injection : wanted.inject) out += " --inject " + injection;
  return out;
}

/// Drives the lock. What could not be found out is part of what is judged.
Result<verify::Driven> driven(const Verb& self, Wanted& wanted, verify::Target& target) {
  const bool watched = ::isatty(STDERR_FILENO) != 0;
  if (watched) wanted.drive.progress = show_progress;
  wanted.drive.give_up = [] { return interrupted != 0; };
  say(self, shown(fmt::format("{}, {} clients, seed {}", target.about(), wanted.clients, wanted.seed)));
  Result<verify::Driven> result = verify::drive(target, wanted.drive);
  if (watched) fmt::print(stderr, "\r\x1b[K");
  if (result) {
    for (const std::string& note : result->notes) say(self, shown(note));
  }
  return result;
}

int run_verify(const Verb& self, const Words& words) {
  Wanted wanted;
  Options options{self};
  options
      .word("TARGET", wanted.target, "http://HOST:PORT, server, engine:memory, engine:file, LOCK.toml, or a recording")
      .number("--clients", wanted.clients, "How many ask at the same time; 16 unless given")
      .duration("--time", wanted.drive.time, "How long all workloads take together, about")
      .number("--names", wanted.names, "How many names the workload `names` uses; 32 unless given")
      .number("--seed", wanted.seed, "Makes the same choices as the run that printed it")
      .texts("--workload", wanted.drive.workloads, "Only this one", "NAME", workload_names())
      .text("--faults", wanted.faults, "What to do to clients and requests: pause,kill,duplicate,late or all", "LIST")
      .duration("--ttl", wanted.ttl,
                "The ttl that is asked for, where the lock asks; a twentieth of --time unless given")
      .texts("--inject", wanted.inject, "Put a known bug back; with `server` or `engine:...`", "BUG", injection_forms())
      .text("--lock", wanted.lock, "Of a recording that does not say what it is of: " + lock_words(), "WORDS")
      .text("--record", wanted.output.record, "Write what was seen, for judging it again", "FILE")
      .text("--html", wanted.output.html, "Write a page with the timeline", "FILE")
      .text("--report", wanted.output.markdown, "Write a report in Markdown, for a ticket", "FILE")
      .flag("--json", wanted.output.json, "Print the findings as JSON");
  if (const auto end = options.parse(words)) return *end;

  if (wanted.clients < 2 || wanted.clients > clients_max) {
    return options.wrong(fmt::format("--clients: 2 to {}; one alone meets nobody", clients_max));
  }
  if (wanted.names == 0 || wanted.names > 100'000) return options.wrong("--names: 1 to 100000");
  if (wanted.drive.time <= Duration{}) return options.wrong("--time must be above 0");
  const Result<verify::Faults> faults = verify::Faults::parse(wanted.faults);
  if (!faults) return options.wrong("--faults: " + shown(faults.error().where));
  for (const std::string& workload : wanted.drive.workloads) {
    if (!verify::find_workload(workload)) {
      return options.wrong(fmt::format("--workload: there is no '{}'; there are {}", shown(workload),
                                       fmt::join(workload_names(), ", ")));
    }
  }
  if (wanted.ttl > Duration{}) wanted.drive.ttl = wanted.ttl;
  const Result<recording::Lock> lock = parse_lock_words(wanted.lock);
  if (!lock) return options.wrong("--lock: " + shown(lock.error().where));
  wanted.drive.clients = wanted.clients;
  wanted.drive.names = wanted.names;
  wanted.drive.seed = wanted.seed;
  wanted.drive.faults = *faults;

  stop_when_interrupted();  // Before there is anything that must not be left behind.
  Result<std::unique_ptr<verify::Target>> target = open_target(wanted.target, wanted.inject);
  if (!target) {
    return target.error().code == ErrorCode::bad_configuration ? options.wrong(shown(target.error().where))
                                                               : failed(self, target.error());
  }
  if (!*target) {
    const Result<recording::Recording> recording =
        recording::read(std::filesystem::path{wanted.target}, recording::ReadOptions{.lock = *lock});
    if (!recording) return failed(self, recording.error());
    return judge_and_tell(self, *recording, {}, wanted.output, "holdfast verify " + wanted.target);
  }
  const Result<verify::Driven> result = driven(self, wanted, **target);
  if (!result) return failed(self, result.error());
  return judge_and_tell(self, result->recording, result->missed, wanted.output, replay_of(wanted));
}

}  // namespace

const Verb verify_verb{
    .name = "verify",
    .usage =
        "holdfast verify TARGET [--clients 16] [--time 10s] [--names 32] [--seed N] [--workload NAME] [--faults LIST] "
        "[--ttl TIME] [--inject BUG] [--lock WORDS] [--record FILE] [--html FILE] [--report FILE] [--json]",
    .summary = "Find out whether something is a lock: Holdfast, or anybody else's.",
    .examples =
        "holdfast verify http://127.0.0.1:7420\n"
        "holdfast verify my-lock.toml --html found.html\n"
        "holdfast verify server --inject check-then-act\n"
        "holdfast verify engine:file --faults all --time 60s\n"
        "holdfast verify my-lock.toml --workload contend --clients 64 --record seen.jsonl\n"
        "holdfast verify seen.jsonl --report ticket.md\n"
        "holdfast verify jepsen-history.edn --lock tokens,leases",
    .run = run_verify,
    .details =
        "Drives clients against a lock that contend, renew, pause, die and release twice, takes down what they see, "
        "and "
        "judges it: whether its answers fit one order of events, whether two clients ever believed at once that they "
        "own, whether its tokens keep a late writer out, and more. Each is answered apart: holds, violated or "
        "undecided. What is violated comes with the two to six operations that show it.\n\n"
        "TARGET is a Holdfast server; `server`, which starts one of its own; the engine in this process "
        "(engine:memory, engine:file, engine:file:DIR); somebody else's HTTP lock, described in a few lines of a .toml "
        "file (docs/verifying.md shows one); or a recording, which is only judged. A lock in use is not disturbed "
        "otherwise than by more clients: they use names of their own.\n\n"
        "Exit status: 0 it holds, 1 it is violated, 2 undecided, 3 inconclusive (too little was met to say that "
        "anything "
        "holds), 64 wrong usage or nobody there, 65 a description or recording that is not what it should be."};

}  // namespace holdfast::cli
