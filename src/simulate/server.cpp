#include "simulate/server.h"

#include <utility>

namespace holdfast::simulate {

Server::Server(const Machine& machine, const Plan& plan, Agenda& agenda, Observer& observer, Deliver deliver)
    : clock(Rate(plan.options.server_ppm)),
      machine_(machine),
      plan_(plan),
      agenda_(agenda),
      observer_(observer),
      deliver_(std::move(deliver)) {}

bool Server::boot() {
  ++starts_;
  serving_ = false;
  in_flight_ = {};
  std::unique_ptr<journal::Journal> journal = std::make_unique<DiskJournal>(disk, *machine_.frames);
  if (machine_.around_journal) journal = machine_.around_journal(std::move(journal));
  std::unique_ptr<engine::Engine> engine = machine_.engine(clock, connections, core::Limits{}, engine::Bounds{});
  const Result<journal::Opened> opened = journal->open([&](const core::Effect& effect, core::Position position) {
    engine->replay(effect, position);
    observer_.recovers(effect, position, agenda_.now());
  });
  if (!opened) {
    unreadable_ = opened.error().text();
    return false;
  }
  observer_.recovered(opened->last, agenda_.now());
  engine->start(true);
  lease_clock_.emplace(clock);
  journal_ = std::move(journal);
  engine_ = std::move(engine);
  after({}, Instant{});
  return true;
}

void Server::before() {
  engine_->set_room(journal_->room());
}

void Server::after(const Asked& asked, Instant lease) {
  observer_.decided(state(), asked, agenda_.now(), lease);
  let_leave();
  begin_commit();
}

void Server::let_leave() {
  while (!leaving_.empty()) {
    std::vector<engine::Request> taken_back;
    for (core::Answer& answer : std::exchange(leaving_, {})) {
      if (std::optional<engine::Request> request = deliver_(answer)) taken_back.push_back(*std::move(request));
    }
    if (taken_back.empty() || !engine_) return;
    const Instant at = lease();
    engine_->submit(taken_back, leaving_);
    observer_.decided(state(), {}, agenda_.now(), at);
  }
}

void Server::submit(std::span<engine::Request> requests, const Asked& asked) {
  before();
  const Instant at = lease();
  engine_->submit(requests, leaving_);
  after(asked, at);
}

void Server::tick() {
  before();
  const Instant at = lease();
  while (engine_->tick(leaving_)) {
  }
  after({}, at);
}

void Server::look() {
  if (!serving() || !quiet()) return;
  observer_.look(state(), agenda_.now(), lease());
}

Nanos Server::latency() {
  Random random(plan_.seed, Stream::disk, starts_, ++batches_);
  Nanos takes = random.about(plan_.options.disk_sync);
  if (agenda_.now() < slow_until) takes += slow_by;
  return takes;
}

void Server::begin_commit() {
  if (!engine_ || !in_flight_.effects.empty() || !engine_->pending()) return;
  in_flight_ = engine_->take_batch();
  agenda_.put(std::max(agenda_.now(), hung_until) + latency(), Happening::committed, 0, starts_);
}

bool Server::committed(std::uint64_t number) {
  if (number != starts_ || !engine_) return true;  // Of a process that is gone.
  const Nanos now = agenda_.now();
  if (now < hung_until) {
    agenda_.put(hung_until + latency(), Happening::committed, 0, starts_);
    return true;
  }
  if (disk.full && disk.room < 64 * 1024) {  // There is no room: an append waits until there is.
    agenda_.put(full_until + latency(), Happening::committed, 0, starts_);
    return true;
  }
  disk.chance = mixed(plan_.seed, mixed(starts_, batches_));
  const Result<void> kept = journal_->append(in_flight_.first, in_flight_.effects);
  if (!kept) {
    engine_->fail(leaving_);
    let_leave();
    engine_.reset();
    journal_.reset();
    return false;
  }
  const Instant at = lease();
  engine_->durable(in_flight_.last(), leaving_);
  observer_.durable(std::exchange(in_flight_.effects, {}), in_flight_.first);
  observer_.decided(state(), {}, now, at);
  let_leave();
  observer_.all_left();
  begin_commit();
  if (quiet()) serving_ = true;
  return true;
}

void Server::end(bool power) {
  Random random(plan_.seed, Stream::restart, starts_, power ? 1 : 0);
  disk.chance = random.next();
  if (journal_ && !in_flight_.effects.empty() && random.chance(800)) {
    disk.dying = true;  // The frame was on its way; how much of it arrived is for the disk to say.
    static_cast<void>(journal_->append(in_flight_.first, in_flight_.effects));
    disk.dying = false;
  }
  journal_.reset();
  if (power) disk.disk.cut_power(random);
  if (engine_ && quiet()) observer_.compare_with_replay(state(), agenda_.now());
  engine_.reset();
  in_flight_ = {};
  leaving_.clear();
  serving_ = false;
}

}  // namespace holdfast::simulate
