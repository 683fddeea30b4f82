#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "cli/machine.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "cli/simulate_text.h"
#include "cli/text.h"
#include "cli/verify_output.h"
#include "simulate/campaign.h"
#include "simulate/shrink.h"
#include "simulate/story.h"

namespace holdfast::cli {
namespace {

using simulate::Covered;

volatile sig_atomic_t interrupted = 0;

void stop_when_interrupted() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

/// What is said where the engine stops itself: it has found a broken promise of its own, and the process ends there.
std::array<char, 512> last_words{};

void say_last_words_when_it_stops_itself(const std::string& words) {
  std::snprintf(last_words.data(), last_words.size(), "%s", words.c_str());
  struct sigaction action {};
  action.sa_handler = [](int) {
    [[maybe_unused]] const ssize_t said = ::write(STDERR_FILENO, last_words.data(), std::strlen(last_words.data()));
    ::_exit(status(Exit::refused));  // That is "violated" here.
  };
  ::sigaction(SIGABRT, &action, nullptr);
}

Exit exit_of_verdict(verify::Verdict verdict) {
  return static_cast<Exit>(static_cast<int>(verdict));
}

/// Shows a failing world as a person wants it: which it was, what is wrong, and the shortest story that shows it.
simulate::Shrunk shown_failure(const simulate::Failure& failure, const simulate::Machine& machine,
                               const simulate::Judge& judge) {
  const auto wrong = [&](const simulate::Outcome& outcome) { return simulate::wrong_with(outcome, judge); };
  return simulate::shrink(failure.plan, machine, wrong, failure.kind);
}

int run_simulate(const Verb& self, const Words& words) {
  std::uint64_t seed = 1;
  std::uint64_t hours = 0;
  std::uint64_t seeds = 0;
  std::vector<std::string> injections;
  VerifyOutput files;
  bool json = false;
  bool table = false;
  Options options{self};
  options.number("--seed", seed, "The first world's; each further one has the next")
      .number("--hours", hours, "Simulate so many hours at least, in as many worlds as it takes")
      .number("--seeds", seeds, "Run so many worlds at least; one unless --hours or this is given")
      .texts("--inject", injections, "Put a known bug back: this must find it", "BUG", injection_forms())
      .text("--record", files.record, "Write what the clients of the failing world saw, or of the last one", "FILE")
      .text("--html", files.html, "Write a page that shows it", "FILE")
      .text("--report", files.markdown, "Write a report on it in Markdown", "FILE")
      .flag("--table", table, "Inject each known bug in turn, and show how soon it is found")
      .flag("--json", json, "Print JSON");
  if (const auto end = options.parse(words)) return *end;
  if (table) return print_table(seed, json);
  Result<simulate::Machine> machine = make_machine(injections);
  if (!machine) return options.wrong(shown(machine.error().where));

  simulate::Wanted wanted;
  wanted.seed = seed;
  wanted.worlds = std::max<std::uint64_t>(seeds, hours > 0 ? 0 : 1);
  wanted.simulated = static_cast<simulate::Nanos>(hours) * 3600 * simulate::second;
  wanted.judge = simulate::judged;
  const auto began = std::chrono::steady_clock::now();
  const auto took = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); };
  const bool watched = ::isatty(STDERR_FILENO) != 0;
  double shown_at = 0;
  wanted.about_to = [&](std::uint64_t next) {
    say_last_words_when_it_stops_itself("holdfast simulate: the engine stopped itself in the world of seed " +
                                        std::to_string(next) + ". Again: " + replay_command(next, injections) + "\n");
  };
  wanted.progress = [&](const Covered& covered) {
    if (watched && took() - shown_at > 0.2) {
      shown_at = took();
      fmt::print(stderr, "\r{} ", told_progress(covered, wanted.simulated));
    }
    return interrupted != 0;
  };
  stop_when_interrupted();
  if (!json && wanted.worlds == 1 && hours == 0) {
    fmt::print("seed {}: {}\n", seed, simulate::describe(simulate::plan_of(seed).options));
  }
  const simulate::Report report = simulate::run(wanted, *machine);
  if (watched) fmt::print(stderr, "\r\x1b[K");

  std::optional<simulate::Shrunk> shrunk;
  if (report.failure) shrunk = shown_failure(*report.failure, *machine, wanted.judge);
  const recording::Recording& recording = shrunk ? shrunk->outcome.recording : report.last;
  const std::string again = replay_command(report.failure ? report.failure->plan.seed : seed, injections);
  if (!write_files(self, recording, simulate::judged(recording), files, again)) return status(Exit::wrong_usage);
  const std::string text =
      json ? json_text(report, shrunk, injections, took()) : told(report, shrunk, injections, took());
  fmt::print("{}", text);
  return status(exit_of_verdict(report.verdict()));
}

}  // namespace

const Verb simulate_verb{
    .name = "simulate",
    .usage =
        "holdfast simulate [--seed 1] [--hours N] [--seeds N] [--inject BUG] [--record FILE] [--html FILE] [--json]",
    .summary = "Run seeded worlds around the engine, in which much goes wrong.",
    .examples =
        "holdfast simulate --hours 100\n"
        "holdfast simulate --seed 8812\n"
        "holdfast simulate --seeds 50 --inject lifo-queue\n"
        "holdfast simulate --table",
    .run = run_simulate,
    .details =
        "Each world is the real rules and the real engine on the real bytes of its journal, in one thread and without "
        "real time. A seed decides everything: who takes part, what they do, and what goes wrong when: crashes, power "
        "cuts, torn frames, failing, full, slow and hanging disks, pauses, clocks that are set, clients that vanish, "
        "requests that are lost, late or come twice. Then nothing goes wrong any more, and everything must come to an "
        "end. What is seen from inside is checked at each step, and what the clients saw is judged as `holdfast "
        "verify` judges it. A world that shows what must not be is made shorter and printed as a scenario.\n\n"
        "Exit status: 0 nothing was found, 1 something was, 2 undecided, 3 too little was met to say."};

}  // namespace holdfast::cli
