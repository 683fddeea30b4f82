#include "engine/faulty/faulty_engine.h"

#include <algorithm>
#include <utility>

#include "core/text_rules.h"

namespace holdfast::engine {
namespace {

/// Longer than most leases.
constexpr Duration aged_by = std::chrono::minutes(2);

/// Believes that everybody is still there.
class Credulous final : public core::Presence {
 public:
  bool present(std::uint64_t) const override { return true; }
};

}  // namespace

FaultyEngine::FaultyEngine(std::vector<Injection> injections, Clock& clock, const core::Presence& presence,
                           core::Limits limits, Bounds bounds)
    : Engine(clock, presence, limits, bounds), injections_(std::move(injections)) {
  for (const Injection& injection : injections_) {
    if (std::unique_ptr<Fault> fault = holding_fault(injection.kind)) faults_.push_back(std::move(fault));
    if (std::unique_ptr<Fault> fault = queue_fault(injection.kind)) faults_.push_back(std::move(fault));
  }
}

const Injection* FaultyEngine::injected(Injection::Kind kind) const {
  const auto found = std::ranges::find(injections_, kind, &Injection::kind);
  return found == injections_.end() ? nullptr : &*found;
}

const core::Presence& FaultyEngine::presence() const {
  static const Credulous credulous;
  if (injected(Injection::Kind::forget_waiter_check)) return credulous;
  return Engine::presence();
}

void FaultyEngine::replay(const core::Effect& effect, core::Position position) {
  anything_replayed_ = true;
  if (!injected(Injection::Kind::token_reset)) return Engine::replay(effect, position);
  replayed_.emplace_back(effect, position);
}

void FaultyEngine::start(bool announced) {
  replay_what_is_held();
  if (injected(Injection::Kind::restart_ends_leases) && anything_replayed_) aged_ = aged_by;
  starting_ = true;
  Engine::start(announced);
  starting_ = false;
}

/// Only that: with what is over, its tokens are forgotten.
void FaultyEngine::replay_what_is_held() {
  if (replayed_.empty()) return;
  core::State all(std::as_const(*this).Engine::state().limits());
  for (const auto& [effect, position] : replayed_) all.apply(effect, position, core::Now{});
  const auto of_what_is_held = [&](const core::Effect& effect) {
    const core::Lease* lease = std::as_const(all).find(core::name_of(effect));
    if (!lease || !lease->held()) return false;
    const core::Granted* grant = std::get_if<core::Granted>(&effect);
    if (const core::Taken* taken = std::get_if<core::Taken>(&effect)) grant = &taken->grant;
    return !grant || grant->token == lease->token;
  };
  for (const auto& [effect, position] : replayed_) {
    Engine::replay(of_what_is_held(effect) ? effect : core::Forgotten{}, position);
  }
  replayed_.clear();
}

core::Now FaultyEngine::read_clock() {
  core::Now now = Engine::read_clock();
  now.lease += aged_;
  // Tokens would begin at the time of day.
  if (starting_ && injected(Injection::Kind::token_reset)) now.wall = WallTime{};
  if (!injected(Injection::Kind::lapse_by_wall_clock)) return now;
  if (!first_reading_) first_reading_ = now.wall;
  now.lease = Instant{std::max<Duration>(Duration::zero(), now.wall - *first_reading_)};
  return now;
}

bool FaultyEngine::may_leave(const core::Reply& reply) const {
  return injected(Injection::Kind::answer_before_durable) || Engine::may_leave(reply);
}

core::Token FaultyEngine::next_token() const {
  return injected(Injection::Kind::token_from_clock) ? token_of(last_reading().wall) : Engine::state().next_token();
}

void FaultyEngine::handle(core::Step& step, Request& request) {
  if (const Injection* injection = injected(Injection::Kind::check_then_act)) {
    const core::Acquire* acquire = std::get_if<core::Acquire>(&request.command);
    if (acquire && acquire->buffer == 0) {
      const core::Lease* lease = state().find(acquire->name);
      const bool available = !lease || !lease->held();  // The check ...
      if (available) {
        checked_.push_back({request, last_reading().lease + injection->delay});
        return;  // ... and, some time later, the act.
      }
    }
    const core::Edit* edit = std::get_if<core::Edit>(&request.command);
    if (edit && overwrite(step, *edit, request.from)) return;
  }
  if (injected(Injection::Kind::token_from_clock)) {
    const core::Acquire* acquire = std::get_if<core::Acquire>(&request.command);
    const core::Lease* lease = acquire ? state().find(acquire->name) : nullptr;
    if (acquire && acquire->buffer == 0 && (!lease || !lease->held())) return act(step, request);
  }
  if (injected(Injection::Kind::release_by_name)) {
    const core::Release* release = std::get_if<core::Release>(&request.command);
    const core::Lease* lease = release ? state().find(release->name) : nullptr;
    if (lease && lease->held()) return release_whoever_holds(step, *lease, *release, request.from);
  }
  Hands hand = hands(step);
  for (const std::unique_ptr<Fault>& fault : faults_) {
    if (fault->instead(hand, request)) return;
  }
  const bool about_a_ghost =
      std::holds_alternative<core::Leave>(request.command) || std::holds_alternative<core::TakeBack>(request.command);
  if (injected(Injection::Kind::forget_waiter_check) && about_a_ghost) return;
  Engine::handle(step, request);
  for (const std::unique_ptr<Fault>& fault : faults_) fault->afterwards(hand, request);
}

void FaultyEngine::before_tick(core::Step& step) {
  while (!checked_.empty() && checked_.front().acts_at <= last_reading().lease) {
    const Checked checked = std::move(checked_.front());
    checked_.pop_front();
    act(step, checked.request);
  }
  Hands hand = hands(step);
  for (const std::unique_ptr<Fault>& fault : faults_) fault->before_tick(hand);
}

void FaultyEngine::act(core::Step& step, const Request& request) {
  const core::Acquire& asked = std::get<core::Acquire>(request.command);
  const core::Now now = last_reading();
  const core::Lease* lease = state().find(asked.name);
  if (asked.numbered && (!lease || lease->buffer == 0)) {
    step.carry_out(core::Numbered{asked.name, state().next_buffer()});
  }
  step.carry_out_unchecked(core::Granted{asked.name, asked.who, next_token(), asked.ttl, asked.holder, asked.note,
                                         asked.metadata, now.wall});
  core::Reply reply;
  reply.who = asked.who;
  reply.granted_at = now.lease;
  reply.void_after = core::deadline(now.lease, asked.ttl);
  step.answer(request.from, asked.name, std::move(reply));
}

bool FaultyEngine::overwrite(core::Step& step, const core::Edit& edit, core::Address from) {
  const core::Buffer* buffer = std::as_const(*this).Engine::state().buffers().find(edit.name);
  const core::Lease* lease = state().find(edit.name);
  if (!buffer || !lease || edit.token > lease->token) return false;
  const text::RevisionLog& log = buffer->log();
  if (edit.token == lease->token && edit.base == log.newest()) return false;  // Alone, all is well.
  Result<text::Text> believed = log.text_at(edit.base);
  if (!believed) return false;
  for (const text::ChangeSet& change : edit.changes) {
    if (!believed->apply(change)) return false;
  }
  const text::Units length = log.text().length();
  core::BufferEdited saved{.name = edit.name, .token = edit.token, .who = edit.who, .base = log.newest()};
  saved.changes = {core::record_of(text::ChangeSet::replace(length, 0, length, believed->utf8()))};
  saved.seq = edit.seq == 0 ? 0 : edit.seq + edit.changes.size() - 1;
  saved.at = last_reading().wall;
  step.carry_out_unchecked(std::move(saved));
  const auto shown = core::brief(*buffer, edit.who.owner);
  shown->base = edit.base;
  shown->made = log.newest();
  core::Reply& reply = step.answer(from, edit.name, {});
  reply.text = shown;
  reply.waits_for = buffer->changed;
  return true;
}

void FaultyEngine::release_whoever_holds(core::Step& step, const core::Lease& lease, const core::Release& asked,
                                         core::Address from) {
  const core::Token token = lease.token;
  while (lease.held()) step.carry_out_unchecked(core::Released{lease.name, lease.first_active()->session, token});
  core::Reply reply;
  reply.who = asked.who;
  reply.ended = true;
  step.answer(from, asked.name, std::move(reply));
  step.hand_over(asked.name);
}

}  // namespace holdfast::engine
