#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace holdfast::engine {
namespace {

using core::Answer;
using core::Position;

/// 2026-01-01T00:00:00Z: tokens count microseconds from here, so that 53 bits last for 285 years (L3).
constexpr WallTime token_epoch{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

/// Whether `command` may begin a holding: a server that stops decides none of them any more.
bool begins_holding(const core::Command& command) {
  return std::holds_alternative<core::Acquire>(command) || std::holds_alternative<core::Takeover>(command) ||
         std::holds_alternative<core::Move>(command) || std::holds_alternative<core::Transfer>(command);
}

/// Whether `command` may add to a text, or to what is kept of texts.
bool changes_text(const core::Command& command) {
  return std::holds_alternative<core::Edit>(command) || std::holds_alternative<core::Undo>(command) ||
         std::holds_alternative<core::CreateBuffer>(command) || std::holds_alternative<core::KeepDraft>(command) ||
         std::holds_alternative<core::ApplyDraft>(command);
}

/// More room than for so many effects or answers is not taken before there is use for it.
constexpr std::size_t reserved_max = 1'024;

void count(const core::Effect& effect, Statistics& statistics) {
  if (std::holds_alternative<core::Granted>(effect)) {  // Most are.
    ++statistics.grants;
    return;
  }
  const bool granted = std::holds_alternative<core::Joined>(effect) || std::holds_alternative<core::Revived>(effect) ||
                       std::holds_alternative<core::Taken>(effect);
  if (granted) ++statistics.grants;
  if (const core::Taken* taken = std::get_if<core::Taken>(&effect)) {
    if (taken->displaced == core::Loss::taken_over || taken->displaced == core::Loss::none) ++statistics.takeovers;
  }
  if (std::holds_alternative<core::Released>(effect)) ++statistics.releases;
  if (std::holds_alternative<core::Lapsed>(effect)) ++statistics.lapses;
  if (const core::BufferEdited* edited = std::get_if<core::BufferEdited>(&effect)) {
    statistics.revisions += edited->changes.size();
  }
  if (std::holds_alternative<core::DraftKept>(effect)) ++statistics.drafts_kept;
}

}  // namespace

core::Token token_of(WallTime wall) {
  // A clock that is set far into the future, for a moment even, must not use up the tokens that there are (L2): half of
  // them are left whatever it says.
  constexpr std::int64_t latest = core::token_max / 2;  // In the year 2168.
  const auto since = (wall - token_epoch).count();
  return {static_cast<std::uint64_t>(std::clamp<std::int64_t>(since, 1, latest))};
}

Engine::Engine(Clock& clock, const core::Presence& presence, core::Limits limits, Bounds bounds)
    : lease_clock_(clock), presence_(presence), bounds_(bounds), state_(limits) {
  now_ = lease_clock_.read();
}

void Engine::replay(const core::Effect& effect, Position position) {
  state_.apply(effect, position, core::Now{});  // Lease time of a start begins here: each lease has its full ttl (L4).
}

void Engine::start(bool announced) {
  lease_clock_.skip();  // What the replay took is nobody's lease time.
  now_ = read_clock();
  state_.begin_tokens_at(token_of(now_.wall));
  // A start that gave no token must not share its incarnation with the next one, whatever the clock says.
  if (!state_.starts().empty()) state_.begin_tokens_at(core::Token{state_.starts().back().incarnation + 1});
  incarnation_ = state_.next_token().value;
  durable_ = state_.position();
  core::Step step(state_, now_, presence(), outcome_);
  if (announced) step.carry_out(core::Started{incarnation_, now_.wall});
  step.drop_takeovers(core::Drop::restart);
  std::vector<Answer> nobody;
  collect(false, nobody);
}

bool Engine::behind() const {
  if (pending_bytes_ > bounds_.pending_bytes_max) return true;
  return !batches_.empty() && now_.lease - batches_.front().since > bounds_.behind_max;
}

bool Engine::out_of_room() const {
  return room_.full && pending_bytes_ + room_.aside > room_.bytes;
}

/// Of a command whose answer may be that somebody owns what they did not own before. Whoever holds already and asks
/// again is not one of them: that costs no room.
/// A takeover or a move asked for again by the session that has it already only moves a deadline (L12).
bool Engine::holds_already(const core::Command& command) const {
  const core::Takeover* takeover = std::get_if<core::Takeover>(&command);
  const core::Move* move = std::get_if<core::Move>(&command);
  if (!takeover && !move) return false;
  const core::Who& who = takeover ? takeover->want.who : move->who;
  const core::Lease* lease = state_.find(core::name_of(command));
  const core::Part* part = lease && lease->owner == who.owner ? lease->part_of(who.session) : nullptr;
  return part && !part->lapsed && (!takeover || part->ttl == takeover->want.ttl);
}

/// What would fill the rest of the disk: new holdings, and whatever a client can say again and again.
bool Engine::needs_room(const core::Command& command) const {
  if (const core::Renew* renew = std::get_if<core::Renew>(&command)) return changes_ttl(*renew);
  if (const core::RenewSession* renew = std::get_if<core::RenewSession>(&command)) return renew->ttl.has_value();
  const core::Acquire* acquire = std::get_if<core::Acquire>(&command);
  if (changes_text(command)) return true;
  if (!acquire)
    return (begins_holding(command) && !holds_already(command)) || std::holds_alternative<core::AskHolder>(command);
  const std::string* name = acquire->buffer != 0 ? state_.name_of(acquire->buffer) : &acquire->name;
  const core::Lease* lease = name ? state_.find(*name) : nullptr;
  if (!lease || !lease->held() || lease->owner != acquire->who.owner) return true;
  const core::Part* part = lease->part_of(acquire->who.session);
  return !part || part->lapsed || part->ttl != acquire->ttl;
}

bool Engine::refuses(const core::Command& command) const {
  // A renewal must not fail because the disk is slow: most cost it nothing, and the holder would lose its lease. One
  // with another ttl each time could fill the memory.
  if (const core::Renew* renew = std::get_if<core::Renew>(&command)) return changes_ttl(*renew);
  if (const core::RenewSession* renew = std::get_if<core::RenewSession>(&command)) return renew->ttl.has_value();
  // The same for a program that renews: what else it changes it is refused on its way.
  if (const core::RunProgram* run = std::get_if<core::RunProgram>(&command)) return run->may_begin;
  if (std::holds_alternative<core::Leave>(command) || std::holds_alternative<core::TakeBack>(command)) return false;
  if (const core::Get* get = std::get_if<core::Get>(&command)) return !get->unsettled;
  if (const core::List* list = std::get_if<core::List>(&command)) return !list->unsettled;
  if (const core::Show* show = std::get_if<core::Show>(&command)) return !show->unsettled;
  return true;
}

core::Refusals Engine::refusals() const {
  if (behind()) return {ErrorCode::journal_behind, ErrorCode::journal_behind, ErrorCode::journal_behind};
  core::Refusals refusals;
  if (out_of_room()) refusals.begins = refusals.new_ttl = ErrorCode::disk_full;
  if (stopping_) refusals.begins = ErrorCode::stopping;
  return refusals;
}

bool Engine::changes_ttl(const core::Renew& renew) const {
  const core::Lease* lease = renew.ttl ? state_.find(renew.name) : nullptr;
  if (!lease || lease->token != renew.token) return false;
  const core::Part* part = renew.who.session.empty() ? lease->only_part() : lease->part_of(renew.who.session);
  return part && part->ttl != *renew.ttl;
}

void Engine::handle(core::Step& step, Request& request) {
  step.handle(request.command, request.from);
}

void Engine::submit(std::span<Request> requests, std::vector<Answer>& leaving) {
  now_ = read_clock();  // One reading a batch; the core sees no other time (L4).
  if (requests.size() > 1) {
    // Among a million names each look is a wait for memory, and then for another piece of it; begun together, these
    // waits overlap.
    fetched_.clear();
    for (const Request& request : requests) fetched_.push_back(state_.fetch(core::name_of(request.command)));
    for (const std::uint64_t fetched : fetched_) state_.fetch_lease(fetched);
  }
  if (!late_.empty()) take_back_late(leaving);
  // Most have one of each, and those are long: a list that grows moves them.
  outcome_.answers.reserve(std::min(requests.size(), reserved_max));
  outcome_.effects.reserve(std::min(requests.size(), reserved_max));
  core::Step step(state_, now_, presence(), outcome_);
  for (Request& request : requests) {
    ErrorCode refused = ErrorCode::none;
    if (stopping_ && begins_holding(request.command)) {
      refused = ErrorCode::stopping;
    } else if (behind() && refuses(request.command)) {
      refused = ErrorCode::journal_behind;
      ++statistics_.refused_behind;
    } else if (out_of_room() && needs_room(request.command)) {
      refused = ErrorCode::disk_full;
      ++statistics_.refused_full;
    }
    if (refused != ErrorCode::none) {
      core::Answer& answer = outcome_.answers.emplace_back(request.from);
      answer.reply.code = refused;
      answer.reply.position = durable_;
      continue;
    }
    if (std::holds_alternative<core::RunProgram>(request.command)) step.refuse(refusals());
    handle(step, request);
    if (outcome_.refused == ErrorCode::journal_behind) ++statistics_.refused_behind;
    if (outcome_.refused == ErrorCode::disk_full) ++statistics_.refused_full;
    collect_effects(true);
  }
  finish_step(leaving);
}

bool Engine::tick(std::vector<Answer>& leaving) {
  now_ = read_clock();
  if (!late_.empty()) take_back_late(leaving);
  const bool full = out_of_room();
  core::Step step(state_, now_, presence(), outcome_);
  if (full) {  // First: what comes free now is handed over to nobody.
    end_waits(ErrorCode::disk_full, leaving);
    step.drop_takeovers(core::Drop::disk_full);
  }
  before_tick(step);
  const bool more = step.tick(bounds_.looks_a_tick, !full);
  collect(false, leaving);
  return more;
}

void Engine::open_batch_for(std::size_t bytes, Position next) {
  const bool open = batches_.size() > (front_taken_ ? 1 : 0);
  if (open && batches_.back().bytes + bytes <= bounds_.batch_bytes_max) return;
  hand_over_effects();
  batches_.push_back({Batch{next, {}}, journal::frame_bytes_max, now_.lease, {}});
  pending_bytes_ += journal::frame_bytes_max;
}

void Engine::collect(bool whole, std::vector<Answer>& leaving) {
  collect_effects(whole);
  finish_step(leaving);
}

void Engine::collect_effects(bool whole) {
  const std::span<core::Effect> fresh = std::span(outcome_.effects).subspan(collected_);
  if (!fresh.empty()) {
    Position next{state_.position().value - fresh.size() + 1};
    if (whole) {
      std::size_t bytes = 0;
      for (const core::Effect& effect : fresh) {
        count(effect, statistics_);
        bytes += core::size_estimate(effect);
      }
      open_batch_for(bytes, next);  // A crash leaves all of it or nothing.
      batches_.back().bytes += bytes;
      pending_bytes_ += bytes;
      collected_ = outcome_.effects.size();
    }
    while (collected_ < outcome_.effects.size()) {
      const core::Effect& effect = outcome_.effects[collected_];
      count(effect, statistics_);
      const std::size_t bytes = core::size_estimate(effect);
      open_batch_for(bytes, next);
      batches_.back().bytes += bytes;
      pending_bytes_ += bytes;
      ++next.value;
      ++collected_;
    }
  }
  for (const Duration lateness : outcome_.lateness) statistics_.lapse_lateness.observe(lateness);
  outcome_.lateness.clear();
  outcome_.refused = ErrorCode::none;
}

void Engine::hand_over_effects() {
  if (collected_ == 0) return;
  std::vector<core::Effect>& effects = batches_.back().batch.effects;
  if (effects.empty() && collected_ == outcome_.effects.size()) {
    effects.swap(outcome_.effects);
  } else {
    const auto end = outcome_.effects.begin() + static_cast<std::ptrdiff_t>(collected_);
    effects.insert(effects.end(), std::make_move_iterator(outcome_.effects.begin()), std::make_move_iterator(end));
    outcome_.effects.erase(outcome_.effects.begin(), end);
  }
  collected_ = 0;
}

void Engine::finish_step(std::vector<Answer>& leaving) {
  hand_over_effects();
  route_answers(leaving);
}

void Engine::route_answers(std::vector<Answer>& leaving) {
  // Where all of them wait for the newest batch and are its first, they change hands without being moved: they are
  // long.
  const auto waits_for_newest = [this](const Answer& answer) {
    return !may_leave(answer.reply) && batches_.back().batch.first <= answer.reply.waits_for;
  };
  if (!batches_.empty() && batches_.back().answers.empty() && std::ranges::all_of(outcome_.answers, waits_for_newest)) {
    batches_.back().answers.swap(outcome_.answers);
    return;
  }
  for (Answer& answer : outcome_.answers) route(std::move(answer), leaving);
  outcome_.answers.clear();
}

void Engine::route(Answer&& answer, std::vector<Answer>& leaving) {
  if (may_leave(answer.reply)) {
    let_go(answer);
    leaving.push_back(std::move(answer));
    return;
  }
  for (auto gathering = batches_.rbegin(); gathering != batches_.rend(); ++gathering) {
    if (gathering->batch.first <= answer.reply.waits_for) {
      gathering->answers.push_back(std::move(answer));
      return;
    }
  }
  HF_CHECK(!"an answer waits for what is neither durable nor pending");
}

void Engine::let_go(Answer& answer) {
  core::Reply& reply = answer.reply;
  const bool granted = reply.code == ErrorCode::none && reply.void_after > Instant{};
  if (granted && now_.lease >= reply.void_after) {  // L4: not answered as granted any more.
    ++statistics_.grants_lapsed;
    reply.code = ErrorCode::grant_lapsed;
    // Of what a program began, some may have more time: it is told of none.
    for (const core::Reply::Grant& grant : reply.granted) {
      late_.push_back({answer.to, core::TakeBack{grant.lease.name, grant.lease.token, grant.who}});
    }
  }
}

void Engine::take_back_late(std::vector<Answer>& leaving) {
  core::Step step(state_, now_, presence(), outcome_);
  for (Request& request : std::exchange(late_, {})) {
    handle(step, request);
    collect(true, leaving);
  }
}

Batch Engine::take_batch() {
  HF_CHECK(!front_taken_);
  if (batches_.empty()) return {};
  front_taken_ = true;
  // The list of first and effects is the journal's now; what is left here answers when it is durable.
  Batch taken;
  taken.first = batches_.front().batch.first;
  taken.effects.swap(batches_.front().batch.effects);
  // Watchers keep it for long: room that turned out not to be needed is not kept with it.
  if (taken.effects.capacity() > 2 * taken.effects.size()) taken.effects.shrink_to_fit();
  return taken;
}

std::optional<std::uint64_t> Engine::only_client_pending() const {
  std::optional<std::uint64_t> only;
  for (const Gathering& gathering : batches_) {
    for (const Answer& answer : gathering.answers) {
      if (only && *only != answer.to.client) return std::nullopt;
      only = answer.to.client;
    }
  }
  return only;
}

void Engine::durable(Position position, std::vector<Answer>& leaving) {
  HF_CHECK(front_taken_ && position > durable_);
  now_ = read_clock();
  durable_ = position;
  front_taken_ = false;
  Gathering done = std::move(batches_.front());
  batches_.pop_front();
  pending_bytes_ -= done.bytes;
  for (Answer& answer : done.answers) let_go(answer);
  if (leaving.empty()) {
    leaving.swap(done.answers);
  } else {
    leaving.insert(leaving.end(), std::make_move_iterator(done.answers.begin()),
                   std::make_move_iterator(done.answers.end()));
  }
}

void Engine::fail(std::vector<Answer>& leaving) {
  for (Gathering& gathering : batches_) {
    for (Answer& answer : gathering.answers) {
      core::Reply lost;
      lost.code = ErrorCode::commit_unknown;
      lost.position = durable_;
      leaving.push_back({answer.to, std::move(lost)});
    }
  }
  batches_.clear();
  tell_stopping(leaving);  // Nothing was decided for those: not done.
}

void Engine::stop_waiting(std::vector<Answer>& leaving) {
  tell_stopping(leaving);
  core::Step(state_, now_, presence(), outcome_)
      .drop_takeovers(core::Drop::restart);  // Else a release would still act on one.
  collect(false, leaving);
}

void Engine::tell_stopping(std::vector<Answer>& leaving) {
  stopping_ = true;
  end_waits(ErrorCode::stopping, leaving);
}

void Engine::end_waits(ErrorCode why, std::vector<Answer>& leaving) {
  if (state_.waiting() == 0) return;
  for (const core::Address& from : state_.all_waiting()) {
    state_.leave(from);
    core::Reply reply;
    reply.code = why;
    reply.position = durable_;
    leaving.push_back({from, std::move(reply)});
  }
}

std::vector<core::NameChange> Engine::take_name_changes() {
  state_.record_names();
  return state_.take_name_changes();
}

}  // namespace holdfast::engine
