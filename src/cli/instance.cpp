#include "cli/instance.h"

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>

#include "base/text_hash.h"
#if HOLDFAST_INJECTIONS
#include "engine/faulty/faulty_engine.h"
#endif

namespace holdfast::cli {
namespace {

// A stop should be over within 5 s, also with a disk that hangs.
constexpr std::chrono::milliseconds stop_patience{4'700};
constexpr std::chrono::milliseconds disk_patience{2'500};
constexpr std::chrono::seconds connection_patience{2};
constexpr std::chrono::milliseconds patience_for_reading{100};  ///< At least: it may not have begun.
constexpr std::chrono::milliseconds patience_for_closing{250};  ///< Likewise, of the journal.
constexpr std::chrono::seconds look_every{1};
/// Sessions are being counted for one part of the time in so many, at most.
constexpr int counting_share = 100;

core::Limits limits_of(const Settings& settings) {
  core::Limits limits;
  limits.waiters_max = settings.waiters_max;
  limits.sessions_max = settings.sessions_max;
  limits.remembered_max = settings.remembered_max;
  limits.buffers_max = settings.buffers_max;
  limits.salt = salt_of_process();
  return limits;
}

/// Without a disk there is nothing to wait for, so nothing to hand over.
engine::RunnerOptions runner_options_for(const Settings& settings, engine::RunnerOptions options,
                                         server::Service& service, engine::EventRing& events,
                                         engine::Listener* historian) {
  options.listeners.push_back(&events);
  options.on_room = [&service](bool out_of_room, const journal::Room& room) {
    service.room_changed(out_of_room, room);
  };
  options.on_tick = [&service] { service.look_after_lanes(); };
  if (historian) options.listeners.push_back(historian);
  if (!settings.directory()) options.policy = engine::CommitPolicy::always_inline;
  return options;
}

server::http::Options door_options(const Settings& settings) {
  const Listen listen = *parse_listen(settings.listen);
  server::http::Options options;
  options.host = listen.host;
  options.port = listen.port;
  options.names = settings.names;
  options.io_threads = static_cast<int>(settings.io_threads);
  options.connections_max = settings.connections_max;
  options.body_bytes_max = settings.body_bytes_max;
  return options;
}

server::EventBounds event_bounds(const Settings& settings) {
  server::EventBounds bounds;
  bounds.watchers_max = settings.watchers_max;
  return bounds;
}

/// What `work` says; none where it has not said it by then: only the end of the process ends it.
std::optional<Result<void>> said_by(std::chrono::steady_clock::time_point until,
                                    std::move_only_function<Result<void>()> work) {
  std::packaged_task<Result<void>()> task(std::move(work));
  std::future<Result<void>> said = task.get_future();
  std::thread(std::move(task)).detach();
  if (said.wait_until(until) != std::future_status::ready) return std::nullopt;
  return said.get();
}

}  // namespace

std::unique_ptr<engine::Engine> make_engine(const Settings& settings, Clock& clock, const core::Presence& presence) {
  engine::Bounds bounds;
  bounds.pending_bytes_max = settings.pending_bytes_max;
#if HOLDFAST_INJECTIONS
  if (!settings.inject.empty()) {
    std::vector<engine::Injection> injections;
    for (const std::string& text : settings.inject) injections.push_back(*engine::Injection::parse(text));
    return std::make_unique<engine::FaultyEngine>(std::move(injections), clock, presence, limits_of(settings), bounds);
  }
#endif
  return std::make_unique<engine::Engine>(clock, presence, limits_of(settings), bounds);
}

Instance::Instance(const Settings& settings, journal::Journal& journal, Clock& clock, server::Log& log,
                   engine::OnJournalFailure on_journal_failure, engine::RunnerOptions runner_options,
                   history::Store* history)
    : journal_(journal),
      historian_(history),
      events_(settings.events_bytes_max),
      service_(log, events_),
      streams_(events_, service_.metrics(), event_bounds(settings)),
      live_(service_, {}),
      runner_(std::make_unique<engine::Runner>(
          make_engine(settings, clock, service_.clients()), journal,
          [this](std::vector<core::Answer>& leaving) { service_.deliver(leaving); }, std::move(on_journal_failure),
          runner_options_for(settings, runner_options, service_, events_, history ? &historian_ : nullptr))),
      web_root_(settings.web_root),
      door_(service_, streams_, live_, files_, door_options(settings)),
      refusals_(log, service_.metrics()) {
  if (const std::optional<Listen> listen = *resp_listen(settings)) {
    server::resp::Options options;
    options.host = listen->host;
    options.port = listen->port;
    options.io_threads = static_cast<int>(settings.io_threads);
    resp_door_.emplace(service_, streams_, options);
  }
  service_.injections = settings.inject;
  service_.run(*runner_);
  service_.history().keep(history);
  service_.meet(live_);
  service_.journal = journal.describe();
}

Instance::~Instance() {
  if (running_) static_cast<void>(stop());
}

Result<journal::Opened> Instance::start(const server::console::Frames& frames) {
  if (web_root_.empty()) {
    files_ = server::console::Files::embedded(frames);
  } else {
    HF_TRY(files, server::console::Files::in_folder(web_root_, frames));
    files_ = std::move(files);
  }
  service_.console = files_.version();
  service_.demonstration = frames.demonstration;
  HF_TRY(opened, runner_->start());
  streams_.start();
  live_.start();
  HF_TRY_VOID(door_.open());
  if (resp_door_) HF_TRY_VOID(resp_door_->open());
  running_ = true;
  service_.ready = true;
  watching_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  return opened;
}

void Instance::watch(const std::stop_token& stop) {
  std::mutex sleeping;
  std::condition_variable_any timer;
  auto next_count = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    refusals_.look(runner_->snapshot());
    if (const auto began = std::chrono::steady_clock::now(); began >= next_count) {
      if (const std::optional<std::size_t> counted = runner_->count_sessions()) service_.metrics().sessions = *counted;
      next_count = began + (std::chrono::steady_clock::now() - began) * counting_share;
    }
    std::unique_lock sleep(sleeping);
    timer.wait_for(sleep, stop, look_every, [] { return false; });
  }
}

Result<void> Instance::stop() {
  running_ = false;
  service_.ready = false;
  watching_.request_stop();
  door_.stop_taking();
  live_.stop_taking();
  if (resp_door_) resp_door_->stop_taking();
  streams_.stop();  // After the doors know: nobody is let in behind it.
  const auto until = std::chrono::steady_clock::now() + stop_patience;
  const bool drained = runner_->drain(disk_patience);
  watching_ = {};  // It counts no further now.
  live_.close(connection_patience);
  door_.close(connection_patience);
  if (resp_door_) resp_door_->close(connection_patience);
  const bool read = service_.history().end(std::max(until, std::chrono::steady_clock::now() + patience_for_reading));
  // What came after the drain is durable too, and nobody else writes to the journal.
  const auto no_answer = [] {
    return fail(ErrorCode::journal_io, "the disk does not answer; what was in flight was not answered either");
  };
  const auto at_least = [&](Duration patience) {
    return std::max<Duration>(until - std::chrono::steady_clock::now(), patience);
  };
  if (!read || !drained || !runner_->finish(at_least(patience_for_closing))) return no_answer();
  if (runner_->snapshot().failed) return fail(ErrorCode::journal_io, "the journal failed while serving");
  std::optional<Result<void>> closed = said_by(std::max(until, std::chrono::steady_clock::now() + patience_for_closing),
                                               [&journal = journal_] { return journal.close(); });
  if (!closed) return no_answer();
  return *std::move(closed);
}

}  // namespace holdfast::cli
