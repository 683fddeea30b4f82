#include "cli/instance.h"

#include <condition_variable>
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
constexpr std::chrono::seconds look_every{1};

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
      door_(service_, streams_, live_, door_options(settings)),
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
  service_.keep(history);
}

Instance::~Instance() {
  if (running_) static_cast<void>(stop());
}

Result<journal::Opened> Instance::start() {
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
  while (!stop.stop_requested()) {
    refusals_.look(runner_->snapshot());
    std::unique_lock sleep(sleeping);
    timer.wait_for(sleep, stop, look_every, [] { return false; });
  }
}

Result<void> Instance::stop() {
  running_ = false;
  service_.ready = false;
  watching_ = {};
  door_.stop_taking();
  live_.stop_taking();
  if (resp_door_) resp_door_->stop_taking();
  streams_.stop();  // After the doors know: nobody is let in behind it.
  const auto until = std::chrono::steady_clock::now() + stop_patience;
  const bool drained = runner_->drain(disk_patience);
  live_.close(connection_patience);
  door_.close(connection_patience);
  if (resp_door_) resp_door_->close(connection_patience);
  // What came after the drain is durable too, and nobody else writes to the journal.
  if (!drained || !runner_->finish(until - std::chrono::steady_clock::now())) {
    return fail(ErrorCode::journal_io, "the disk does not answer; what was in flight was not answered either");
  }
  if (runner_->snapshot().failed) return fail(ErrorCode::journal_io, "the journal failed while serving");
  return journal_.close();
}

}  // namespace holdfast::cli
