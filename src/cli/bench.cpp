#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <limits>

#include "cli/asking.h"
#include "cli/load.h"
#include "cli/load_text.h"
#include "cli/open_files.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

constexpr std::uint64_t files_besides = 32;  // What a process has open that is no connection of the load.

volatile sig_atomic_t interrupted = 0;

/// The first Ctrl-C ends the measuring, and what is held is released; a second one ends the process.
void stop_when_interrupted() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

void show_progress(const LoadProgress& progress) {
  const double seconds = std::chrono::duration<double>(progress.over).count();
  fmt::print(stderr, "\r{:4.0f} s  {:9.0f} requests per second ",
             std::chrono::duration<double>(progress.since_begin).count(),
             static_cast<double>(progress.answered) / seconds);
}

int exit_of_load(const LoadReport& report) {
  if (report.lost > 0) return status(Exit::maybe_done);
  if (report.done() == 0) return status(Exit::refused);
  return status(Exit::done);
}

int failed(const Verb& self, const Error& error) {
  say(self, shown(error.text()));
  return status(error.code == ErrorCode::held ? Exit::refused : Exit::unreachable);
}

int run_bench(const Verb& self, const Words& words) {
  Caller caller;
  std::string what{word(LoadKind::acquire_release)};
  LoadOptions load;
  std::uint64_t clients = load.clients;
  std::uint64_t names = load.names;
  std::uint64_t rate = 0;
  Options options{self};
  options.reader(caller, false)
      .owner(load.owner)
      .number("--clients", clients, "Connections, each with one request under way; 64 unless given")
      .duration("--time", load.time, "How long to measure")
      .number("--names", names, "How many names acquire-release and acquire use; 100000 unless given")
      .choice("--what", what, "What each client does", load_kinds(), "KIND")
      .number("--rate", rate, "Requests a second; latency counts from when each was due");
  if (const auto end = options.parse(words)) return *end;

  const Result<client::Url> url = client::parse_url(caller.server);
  if (!url) return options.wrong(shown(url.error().where));
  const std::optional<LoadKind> kind = parse_kind(what);
  if (!kind) return options.wrong(fmt::format("--what: there is no '{}'", shown(what)));
  if (names == 0 || names > std::numeric_limits<std::uint32_t>::max()) return options.wrong("--names: 1 to 4294967295");
  const std::uint64_t files = raise_open_files();
  if (clients == 0 || clients + files_besides > files) {
    return options.wrong(fmt::format("--clients: 1 to {}, by the limit on open files", files - files_besides));
  }
  load.server = *url;
  load.kind = *kind;
  load.clients = clients;
  load.names = static_cast<std::uint32_t>(names);
  load.rate = static_cast<double>(rate);
  load.give_up = [] { return interrupted != 0; };
  const bool watched = ::isatty(STDERR_FILENO) != 0;
  if (watched) load.progress = show_progress;

  stop_when_interrupted();
  const Result<LoadReport> report = run_load(load);
  if (watched) fmt::print(stderr, "\r\x1b[K");
  if (!report) return failed(self, report.error());
  if (caller.json) {
    print_json(json_report(load, *report));
  } else {
    fmt::print("{}", told_report(load, *report));
  }
  return exit_of_load(*report);
}

}  // namespace

const Verb bench_verb{
    .name = "bench",
    .usage =
        "holdfast bench [--server URL] [--what KIND] [--clients 64] [--time 5s] [--names 100000] [--rate N] [--json]",
    .summary = "Measure a running server, and release again what that acquires.",
    .examples =
        "holdfast bench\n"
        "holdfast bench --clients 1 --time 2s\n"
        "holdfast bench --what renew --rate 5000 --json\n"
        "holdfast bench --what contend --clients 1000 --server http://127.0.0.1:7500",
    .run = run_bench,
    .details =
        "acquire-release: random names, each released at once. acquire: each name once, kept until the end. renew: one "
        "name a client. livez: HTTP alone. contend: all clients wait for one name; hand-over is from a release to the "
        "next grant. All names are below bench/. Ctrl-C ends the measuring, and what is held is released all the "
        "same.\n\n"
        "Exit status: 0 also where some requests were refused, which the table counts; 1 if all were; 2 if answers "
        "were "
        "lost."};

}  // namespace holdfast::cli
