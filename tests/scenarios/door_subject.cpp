#include "tests/scenarios/door_subject.h"

#include <poll.h>

#include <algorithm>
#include <stdexcept>

namespace holdfast::scenarios {

DoorSubject::DoorSubject(const Options& options, std::string resp) : began_(clock_.wall()) {
  settings_.listen = "127.0.0.1:0";
  settings_.journal = "memory";
  settings_.resp = std::move(resp);
  for (const auto& [key, value] : options) bound_of(key) = std::stoull(value);
  restart();
}

DoorSubject::~DoorSubject() {
  crash();
}

bool DoorSubject::can(std::string_view need) const {
  // What needs a disk, an unheard end or an answer that does not arrive has to be ordered from inside.
  return need == "bound waiters_max" || need == "bound sessions_max" || need == "bound remembered_max" ||
         need == "bound buffers_max";
}

void DoorSubject::ask(const Ask& ask) {
  if (!server_) return;  // The connection is refused.
  Connection& connection = idle_connection_of(ask);
  connection.asked = ask;
  connection.wire->send(ask);
  settle();
}

void DoorSubject::advance(Duration time) {
  while (time > Duration::zero()) {
    const Duration step = std::min(time, tick_every - since_tick_);
    clock_.advance(step);
    time -= step;
    since_tick_ += step;
    if (since_tick_ < tick_every) continue;
    since_tick_ = {};
    if (!server_) continue;
    server_->runner().tick();
    settle();
  }
}

void DoorSubject::crash() {
  connections_.clear();  // Nobody hears anything of it.
  server_.reset();
  journal_.reset();
}

void DoorSubject::restart() {
  journal_ = std::make_unique<journal::KeepingJournal>(shelf_);
  server_ = std::make_unique<cli::Instance>(
      settings_, *journal_, clock_, log_, [](const Error& error) { throw std::runtime_error(error.text()); },
      engine::RunnerOptions{.policy = engine::CommitPolicy::always_inline, .tick_by_hand = true});
  const auto started = server_->start();
  if (!started) throw std::runtime_error(started.error().text());
  durable_before_ = started->last.value;
}

void DoorSubject::vanish(std::uint64_t client, bool) {
  connections_.remove_if([&](const Connection& each) { return each.client == client; });
  if (server_) settle();
}

void DoorSubject::undelivered(const Ask&, std::uint64_t) {
  throw std::logic_error("cannot be ordered from outside");
}

void DoorSubject::order(const std::string& what) {
  throw std::logic_error("cannot: " + what);
}

std::uint64_t& DoorSubject::bound_of(const std::string& key) {
  if (key == "waiters_max") return settings_.waiters_max;
  if (key == "sessions_max") return settings_.sessions_max;
  if (key == "remembered_max") return settings_.remembered_max;
  if (key == "buffers_max") return settings_.buffers_max;
  throw std::invalid_argument("no such bound: " + key);
}

DoorSubject::Connection& DoorSubject::idle_connection_of(const Ask& ask) {
  for (Connection& each : connections_) {
    if (each.client == ask.client && !each.asked) return each;
  }
  return connections_.emplace_back(ask.client, connect(*server_, ask), std::nullopt);
}

std::size_t DoorSubject::unanswered() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const Connection& each) { return each.asked.has_value(); }));
}

/// Each question is in a queue, or its answer is on its way: so these two are equal only when all have come. And what
/// nobody asked for, a lapse, is durable as well; else the time turned on by hand would make the disk look slow.
bool DoorSubject::settled() {
  const engine::Runner::Snapshot now = server_->runner().snapshot();
  return unanswered() == now.waiting && now.position.value == durable_before_ + now.batch_effects;
}

/// Reads until every question is answered but those that wait in a queue.
void DoorSubject::settle() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::vector<Told> came;
  while (!settled()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("an answer does not come");
    std::vector<pollfd> waited_for;
    for (const Connection& each : connections_) waited_for.push_back({each.wire->socket(), POLLIN, 0});
    // A place given up by a closed connection shows on no socket, so look again after a moment.
    ::poll(waited_for.data(), waited_for.size(), 1);
    for (Connection& each : connections_) {
      if (!each.asked) continue;
      std::optional<Told> told = each.wire->answer(*each.asked, began_);
      if (!told) continue;
      came.push_back(*std::move(told));
      each.asked.reset();
    }
  }
  if (server_->service().metrics().buffer_conflicts != 0) throw std::runtime_error("the monitor sees two owners");
  // Connections have no order among one another; the tokens that were given have, and a grant comes before a refusal
  // that shows it.
  std::ranges::stable_sort(came, {},
                           [](const Told& told) { return std::pair(told.number("newest"), told.word != "granted"); });
  std::ranges::move(came, std::back_inserter(told_));
}

}  // namespace holdfast::scenarios
