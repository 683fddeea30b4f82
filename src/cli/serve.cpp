#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "cli/instance.h"
#include "cli/journals.h"
#include "cli/open_files.h"
#include "cli/own_server.h"
#include "cli/serve_options.h"
#include "cli/service_manager.h"

namespace holdfast::cli {
namespace {

using server::Log;

Log make_log(const Settings& settings) {
  const Log::Form form = settings.log_format == "json"   ? Log::Form::json
                         : settings.log_format == "text" ? Log::Form::text
                                                         : Log::usual_form();
  const Log::Level least = settings.log_level == "debug"   ? Log::Level::debug
                           : settings.log_level == "warn"  ? Log::Level::warn
                           : settings.log_level == "error" ? Log::Level::error
                                                           : Log::Level::info;
  return Log(form, least);
}

/// Files kept for the journal, the logs and turning away: connections never use these up. A journal that cannot open
/// its next segment has failed.
constexpr std::uint64_t files_reserved = 32;
/// Those of the history, where there are enough files for everybody. One that it cannot open is missing from an answer.
constexpr std::uint64_t files_of_history = 128;
constexpr std::uint64_t files_for_everybody = 1024;

/// As many open files as the system lets us have: each connection is one. Where they are too few for `connections_max`,
/// that is lowered.
void make_room_for_connections(Settings& settings, Log& log) {
  const std::uint64_t files = raise_open_files();
  if (files == 0) return;  // The system does not say.
  const std::uint64_t reserved = files_reserved + (files >= files_for_everybody ? files_of_history : 0);
  const std::uint64_t most = files > reserved ? files - reserved : 1;
  if (settings.connections_max <= most) return;
  settings.connections_max = most;
  log.write(Log::Level::warn, "only so many files may be open (ulimit -n): connections_max is lowered",
            {{"open_files", std::to_string(files)}, {"connections_max", std::to_string(most)}});
}

/// What one of the server's threads found out about the journal. The end is left to the main thread: the threads have
/// answers to write, and whoever asked is to hear that nobody knows.
class JournalFailure {
 public:
  explicit JournalFailure(Log& log) : log_(log) {}

  void operator()(const Error& error) {
    log_.write(Log::Level::error, "the journal failed, stopping; what was in flight is answered maybe_done",
               {{"why", error.where}});
    happened_ = true;
    ::kill(::getpid(), SIGTERM);  // The main thread waits for nothing else.
  }
  bool happened() const { return happened_; }

 private:
  Log& log_;
  std::atomic<bool> happened_ = false;
};

/// Ends the process without another look at the journal: what the disk holds now is all there is to know, and a restart
/// finds out.
[[noreturn]] void end_without_journal() {
  std::fflush(nullptr);
  ::_exit(status(Exit::journal_failed));
}

std::string url_of(const Listen& listen, std::uint16_t port) {
  const std::string host = listen.host.find(':') == std::string::npos ? listen.host : "[" + listen.host + "]";
  return fmt::format("http://{}:{}", host, port);
}

/// A second server, whose race the console shows beside this one. None where it is not asked for, or does not start:
/// the server does without then.
std::optional<OwnServer> start_demonstration(const Settings& settings, Log& log) {
  if (!settings.demonstration) return std::nullopt;
  OwnServer::How how{.inject = {"check-then-act=100ms"}, .in_memory = true};
  for (const std::string& origin : origins_of(settings)) how.further.insert(how.further.end(), {"--shown-in", origin});
  if (!settings.web_root.empty()) how.further.insert(how.further.end(), {"--web-root", settings.web_root});
  Result<OwnServer> started = OwnServer::start(how);
  if (started) return *std::move(started);
  log.write(Log::Level::warn, "there is no demonstration", {{"why", started.error().text()}});
  return std::nullopt;
}

void say_hello(const Settings& settings, const std::string& url, std::uint16_t port, const std::string& resp,
               const journal::Journal& journal, const server::Service& service) {
  fmt::print("Holdfast {} listens on {}\n  {}\n", HOLDFAST_VERSION, url, journal.describe());
  if (!service.console.empty()) fmt::print("  console: {}/ in a browser\n", url);
  if (!resp.empty()) fmt::print("  clients of Redis: {}\n", resp);
  if (!service.demonstration.empty()) {
    // A policy of a page names no addresses of IPv6, so it is shown beside it under the name of the machine.
    const std::string here = url.starts_with("http://[") ? fmt::format("http://localhost:{}", port) : url;
    fmt::print("  demonstration of a race: {}/#/try beside {}, in memory, until this one ends\n", here,
               service.demonstration);
  }
  for (const std::string& injection : settings.inject) {
    fmt::print("  WARNING: the fault {} is injected. Ownership here is broken on purpose.\n", injection);
  }
  const std::string server = port == 7420 ? "" : " --server " + url;
  fmt::print(
      "\nTry it, in another terminal:\n  build/release/holdfast run{} demo -- sleep 30\n"
      "  curl {}/v1/leases/demo\n\nCtrl-C stops it.\n",
      server, url);
  std::fflush(stdout);
}

/// The last words of a server: a line of the log where programs read it, else a sentence.
void complain(Log& log, const Error& error, std::string_view what, Exit exit) {
  if (log.form() == Log::Form::text) {
    fmt::print(stderr, "holdfast serve: {}\n", error.text());
    return;
  }
  log.write(Log::Level::error, what, {{"why", error.text()}, {"exit_status", std::to_string(status(exit))}});
}

Exit exit_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::bad_configuration:
      return Exit::wrong_usage;
    case ErrorCode::journal_held:
      return Exit::refused;
    default:
      return Exit::journal_failed;
  }
}

int run_serve(const Verb& self, const Words& words) {
  Options options(self);
  Settings settings;
  if (const std::optional<int> over = read_settings(options, words, settings)) return *over;

  // Before any thread starts, so that all of them inherit the mask and only sigwait sees these.
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);  // Whoever started us may ignore it, and then nobody would hear of a child's end.

  Log log = make_log(settings);
  make_room_for_connections(settings, log);
  std::optional<OwnServer> demonstration = start_demonstration(settings, log);
  const server::console::Frames frames{.demonstration = demonstration ? demonstration->url().text() : "",
                                       .shown_in = settings.shown_in};
  SystemClock clock;
  const auto tell = [&log](const std::string& text) { log.write(Log::Level::info, text); };
  const std::unique_ptr<history::Store> history = make_history(settings, clock, tell);
  const std::unique_ptr<journal::Journal> journal = make_journal(settings, tell, history.get());
  JournalFailure failure(log);
  Instance instance(
      settings, *journal, clock, log, [&failure](const Error& error) { failure(error); }, {}, history.get());
  const Result<journal::Opened> opened = instance.start(frames);
  if (!opened) {
    const Exit exit = exit_of(opened.error());
    complain(log, opened.error(), "not started", exit);
    return status(exit);
  }
  for (const std::string& note : opened->notes) log.write(Log::Level::info, note);
  for (const std::string& injection : settings.inject) {
    log.write(Log::Level::warn, "a fault is injected: ownership here is broken on purpose", {{"fault", injection}});
  }
  const std::string url = url_of(*parse_listen(settings.listen), instance.port());
  std::string resp;
  if (instance.resp_port()) resp = fmt::format("{}:{}", (*resp_listen(settings))->host, *instance.resp_port());
  if (!settings.quiet) say_hello(settings, url, instance.port(), resp, *journal, instance.service());
  log.write(Log::Level::info, "started",
            {{"version", HOLDFAST_VERSION},
             {"listen", url},
             {"resp", resp.empty() ? "off" : resp},
             {"journal", journal->describe()},
             {"position", std::to_string(opened->last.value)},
             {"pid", std::to_string(::getpid())}});

  tell_service_manager("READY=1");
  int signal = 0;
  do {
    ::sigwait(&signals, &signal);
    if (demonstration && demonstration->has_ended()) {
      instance.service().demonstration_over = true;
      log.write(Log::Level::warn, "the demonstration has ended by itself; a restart brings it back");
    }
    // A daemon's reload: there is nothing to reload.
  } while (signal == SIGCHLD || (signal == SIGHUP && !::isatty(STDIN_FILENO)));
  tell_service_manager("STOPPING=1");
  log.write(Log::Level::info, "stopping: who waits is told, nothing new is granted",
            {{"why", failure.happened() ? "the journal failed" : fmt::format("SIG{}", ::sigabbrev_np(signal))}});
  if (const Result<void> stopped = instance.stop(); !stopped) {
    complain(log, stopped.error(), "stopped without the journal", Exit::journal_failed);
    end_without_journal();
  }
  log.write(Log::Level::info, "stopped; everything that was answered is durable", {{"exit_status", "0"}});
  return status(Exit::done);
}

}  // namespace

const Verb serve_verb{
    .name = "serve",
    .usage = "holdfast serve [--data DIR] [--listen HOST:PORT] [--journal file|memory] [--config FILE]",
    .summary = "Run the server; needs no configuration.",
    .examples =
        "holdfast serve\n"
        "holdfast serve --listen 127.0.0.1:7500 --data /var/lib/holdfast\n"
        "holdfast serve --journal memory --inject check-then-act=100ms",
    .run = run_serve,
    .details =
        "Listens on 127.0.0.1:7420 and keeps everything in ./holdfast-data unless told otherwise. SIGTERM or Ctrl-C "
        "stops it, and what was answered is durable."};

}  // namespace holdfast::cli
