#include "core/rules.h"

#include <algorithm>

#include "base/check.h"
#include "core/keys.h"

namespace holdfast::core {

namespace {

/// A time until `until`, at `now`.
Duration remaining(Instant until, Instant now) {
  return until == Instant::max() ? forever : std::max(Duration::zero(), until - now);
}

std::shared_ptr<const Wanted> wanted(const Lease& lease, Instant now) {
  const Extras* extras = lease.extras.get();
  if (!extras || !lease.held() || (!extras->pending && !extras->asked)) return nullptr;
  const auto shown = std::make_shared<Wanted>();
  if (extras->pending) {
    shown->taker = extras->pending->by;
    shown->reason = extras->pending->reason;
    shown->window_ends_in = remaining(extras->pending->until, now);
  }
  if (extras->asked) {
    shown->asked_by = extras->asked->by.owner;
    shown->message = extras->asked->message;
  }
  return shown;
}

}  // namespace

LeaseView view(const Lease& lease, Instant now) {
  LeaseView shown;
  show(lease, now, shown);
  return shown;
}

void show(const Lease& lease, Instant now, LeaseView& shown) {
  shown.name = lease.name;
  shown.buffer = lease.buffer;
  shown.waiting = lease.waiting();
  if (!lease.remembered()) return;
  shown.known = true;
  shown.held = lease.held();
  shown.token = lease.token;
  shown.previous = lease.previous;
  shown.ended = lease.ended;
  shown.holder = lease.holder;
  shown.since = lease.since;
  shown.who.owner = lease.owner;
  shown.sessions = lease.active;
  if (const Part* first = lease.first_active()) {
    shown.who.session = first->session;
    shown.ttl = first->ttl;
    shown.ends_in = remaining(lease.ends_at(), now);
  }
  if (lease.extras) {
    shown.note = lease.extras->note;
    shown.metadata = lease.extras->metadata;
    shown.wanted = wanted(lease, now);
    if (!shown.held) shown.why = lease.why_of(lease.token);
  }
}

namespace {

/// A session that never held this does from here on. One that is back after a lapse (L6) did: should its answer be
/// lost, it may ask again, and the lease lapses by itself if it does not.
bool begins(const Effect& effect) {
  return std::holds_alternative<Granted>(effect) || std::holds_alternative<Joined>(effect) ||
         std::holds_alternative<Taken>(effect);
}

}  // namespace

void Step::carry_out(Effect&& effect) {
  outcome_.effects.push_back(std::move(effect));
  carry_out_newest();
}

void Step::carry_out_newest() {
  check_step(state_, outcome_.effects.back());
  apply_newest();
}

void Step::carry_out_unchecked(Effect&& effect) {
  outcome_.effects.push_back(std::move(effect));
  apply_newest();
}

void Step::apply_newest() {
  const Position next{state_.position().value + 1};
  state_.apply(outcome_.effects.back(), next, now_);
}

Reply& Step::answer(Address to, std::string_view name, Verdict&& said, bool unsettled) {
  return answer(to, name, state_.find(name), std::move(said), unsettled);
}

Reply& Step::answer(Address to, std::string_view name, const Lease* lease, Verdict&& said, bool unsettled) {
  Reply& reply = outcome_.answers.emplace_back(to).reply;
  static_cast<Verdict&>(reply) = std::move(said);
  fill_in(reply, name, lease, unsettled);
  return reply;
}

void Step::fill_in(Reply& reply, std::string_view name, const Lease* lease, bool unsettled) const {
  if (lease) {
    show(*lease, now_.lease, reply.lease);
    if (reply.void_after > Instant{}) {
      reply.before = lease->loss_of(lease->previous);
      // What a session is told of its own grant is its own ttl and deadline, not those of others that share the
      // holding. Where it is the only one, they are shown already.
      const bool alone = lease->parts.size() == 1 && lease->held();
      if (const Part* own = alone ? nullptr : lease->part_of(reply.who.session)) {
        reply.lease.ttl = own->ttl;
        reply.lease.ends_in = remaining(own->ends_at, now_.lease);
      }
    }
  } else {
    reply.lease.name = name;
  }
  reply.position = state_.position();
  reply.unsettled = unsettled;
  // What shows a name waits for the last change of it; what shows that something is absent, for everything.
  const bool shows_absence = !lease || !lease->remembered();
  if (!unsettled) reply.waits_for = shows_absence ? state_.position() : lease->changed;
}

const Lease* Step::settle(const std::string& name) {
  const Lease* lease = state_.find(name);
  if (!lease || !lease->held()) return lease;
  bool dropped = false;
  while (true) {
    // What came first is carried out first, however late it is looked at.
    const PendingTakeover* pending = lease->pending();
    const bool window_over = pending && pending->until <= now_.lease && lease->held();
    if (window_over && pending->until < lease->ends_at()) {
      dropped = !act_takeover(*lease);
      continue;
    }
    std::optional<Effect> lapse = due_lapse(*lease, now_);
    if (!lapse) break;
    outcome_.lateness.push_back(now_.lease - lease->part_of(std::get<Lapsed>(*lapse).session)->ends_at);
    carry_out(*std::move(lapse));
  }
  hand_over(name);
  if (dropped) join_others_of(*lease);  // Whoever came in the window was let in by nobody, and may be now.
  return lease;
}

void Step::tell_wait_over(const Waiter& waiter) {
  Verdict over;
  over.code = ErrorCode::wait_over;
  over.waited = now_.lease - waiter.since;
  answer(waiter.from, waiter.command.name, std::move(over));
}

void Step::tell_superseded(Address from, const std::string& name) {
  Verdict moved;
  moved.code = ErrorCode::wait_superseded;
  answer(from, name, std::move(moved));
}

void Step::tell_granted(const Waiter& waiter, Effect&& effect, bool joined) {
  const Acquire& asked = waiter.command;
  const bool began = begins(effect);
  carry_out(std::move(effect));
  const Lease* lease = state_.find(asked.name);
  note_answered(*lease, asked.who.session, began, waiter.from);
  Verdict told;
  told.who = asked.who;
  told.waited = now_.lease - waiter.since;
  told.joined = joined;
  told.granted_at = now_.lease;
  told.void_after = deadline(now_.lease, asked.ttl);
  answer(waiter.from, asked.name, lease, std::move(told));
}

bool Step::act_takeover(const Lease& lease) {
  const PendingTakeover& pending = *lease.pending();
  if (!presence_.present(pending.from.client)) {
    drop_takeover(lease, Drop::taker_left);
    return false;
  }
  const Waiter taker{pending.command->want, pending.from, pending.since, Instant::max()};
  tell_granted(taker, taken_by(lease, pending, state_.next_token(), now_), false);
  give_up_place(lease, taker.command.who);
  if (lease.holder == HolderKind::owner) join_others_of(lease);
  return true;
}

void Step::drop_takeover(const Lease& lease, Drop because) {
  carry_out(TakeoverDropped{lease.name, lease.token, lease.pending()->by, because, now_.wall});
}

void Step::drop_takeovers(Drop because) {
  for (const std::string& name : state_.all_pending()) drop_takeover(*state_.find(name), because);
}

void Step::hand_over(const std::string& name) {
  hand_over(state_.find(name));
}

void Step::hand_over(const Lease* lease) {
  if (!lease || lease->held()) return;
  if (lease->pending()) act_takeover(*lease);
  while (!lease->held() && lease->waiting() > 0) {
    const Waiter waiter = state_.dequeue(lease->name);
    if (waiter.until <= now_.lease) {
      tell_wait_over(waiter);
    } else if (presence_.present(waiter.from.client)) {  // L8: looked at in the moment of granting.
      tell_granted(waiter, grant_to(lease, waiter.command, state_.next_token(), now_.lease - waiter.since, now_),
                   false);
      if (waiter.command.holder == HolderKind::owner) join_others_of(*lease);
    }
  }
}

void Step::join_others_of(const Lease& lease) {
  std::vector<Address> joining;
  // A queue may be long: it is only gone through where there is somebody to find.
  if (!lease.queue || !lease.queue->of_owner.contains(lease.owner)) return;
  for (const WaitQueue::Place& place : lease.queue->places) {
    const bool bound = lease.parts.size() + joining.size() >= state_.limits().sessions_max;
    if (!bound && may_join(lease, place.waiter.command)) joining.push_back(place.waiter.from);
  }
  for (const Address& from : joining) {
    const std::optional<Waiter> waiter = state_.leave(from);
    if (waiter->until <= now_.lease) {
      tell_wait_over(*waiter);
    } else if (presence_.present(from.client)) {  // Else as if it had left before.
      tell_granted(*waiter, grant_to(&lease, waiter->command, state_.next_token(), now_.lease - waiter->since, now_),
                   true);
    }
  }
}

void Step::carry_out_decision(const std::string& name, Decision&& decision, Address from) {
  bool began = false;
  if (Effect* effect = std::get_if<Effect>(&decision.change)) {
    began = begins(*effect);
    carry_out(std::move(*effect));
  } else if (Extended* extended = std::get_if<Extended>(&decision.change)) {
    state_.move_deadline(name, *extended);
  } else if (Queued* queued = std::get_if<Queued>(&decision.change)) {
    if (const std::optional<Address> superseded = state_.enqueue(name, std::move(queued->waiter))) {
      tell_superseded(*superseded, name);
    }
  } else if (const Awaited* awaited = std::get_if<Awaited>(&decision.change)) {
    if (const auto superseded = state_.await_takeover(name, awaited->command, awaited->from, now_.lease)) {
      tell_superseded(*superseded, name);
    }
  }
  const Lease* lease = state_.find(name);
  const bool granted = decision.answered && decision.reply.void_after > Instant{};
  if (granted) note_answered(*lease, decision.reply.who.session, began, from);
  if (decision.answered) answer(from, name, lease, std::move(decision.reply));
  hand_over(lease);
}

/// Only what began here can be taken back from here: of a renewal the session may know already that it holds (L4).
void Step::note_answered(const Lease& lease, const std::string& session, bool began, Address from) {
  if (began) {
    State::answered_at(lease, session, from);
  } else {
    State::renewed(lease, session);
  }
}

void Step::handle(const Command& command, Address from) {
  std::visit([&](const auto& c) { operate(c, from); }, command);
}

void Step::operate(const Acquire& command, Address from) {
  if (command.buffer != 0) {
    const std::string* name = state_.name_of(command.buffer);
    if (!name) {
      Verdict unknown;
      unknown.code = ErrorCode::unknown_buffer;
      unknown.field = "buffer_id";
      answer(from, "", std::move(unknown));
      return;
    }
    Acquire named = command;
    named.name = *name;
    named.buffer = 0;
    return operate(named, from);
  }
  if (command.holder == HolderKind::owner && state_.buffers().find(command.name)) {
    return refuse_text(from, command.name, ErrorCode::text_is_single, "holder");
  }
  const Lease* lease = settle(command.name);
  if (command.numbered && (!lease || lease->buffer == 0)) {
    if (state_.next_buffer() > state_.limits().buffers_max) {
      Verdict full;
      full.code = ErrorCode::buffers_full;
      answer(from, command.name, std::move(full));
      return;
    }
    carry_out(Numbered{command.name, state_.next_buffer()});
    lease = state_.find(command.name);
  }
  if (is_granted_at_once(lease)) return grant_at_once(command, from);
  make_room(*lease, command);
  Decision decision = decide(lease, command, from, state_.next_token(), state_.limits(), now_);
  const bool done = decision.answered && decision.reply.code == ErrorCode::none;
  if (done) give_up_place(*lease, command.who);
  carry_out_decision(command.name, std::move(decision), from);
}

/// What `decide` says of a name that is free. Most commands come to this, and a decision is long to move.
void Step::grant_at_once(const Acquire& command, Address from) {
  outcome_.effects.emplace_back(new_holding(command, state_.next_token(), Duration::zero(), now_));
  carry_out_newest();
  const Lease* lease = state_.find(command.name);
  note_answered(*lease, command.who.session, true, from);
  Reply& reply = outcome_.answers.emplace_back(from).reply;
  tell_grant(command.who, command.ttl, now_, reply);
  fill_in(reply, command.name, lease, false);
}

void Step::make_room(const Lease& lease, const Acquire& command) {
  if (lease.parts.size() < state_.limits().sessions_max || !may_join(lease, command)) return;
  if (lease.part_of(command.who.session)) return;
  const auto lapsed = std::ranges::find(lease.parts, true, &Part::lapsed);
  if (lapsed == lease.parts.end()) return;
  carry_out(Released{lease.name, lapsed->session, lease.token, now_.wall, lease.owner});
}

void Step::give_up_place(const Lease& lease, const Who& who) {
  if (!lease.queue) return;
  const auto place = lease.queue->by_who.find(WaitQueue::key(who));
  if (place == lease.queue->by_who.end()) return;
  const Waiter waiter = *state_.leave(place->second->waiter.from);
  if (waiter.until <= now_.lease) return tell_wait_over(waiter);  // It was over before; only nobody had looked.
  tell_superseded(waiter.from, lease.name);
}

void Step::operate(const Renew& command, Address from) {
  carry_out_decision(command.name, decide(settle(command.name), command, now_), from);
}

void Step::operate(const Release& command, Address from) {
  carry_out_decision(command.name, decide(settle(command.name), command, now_), from);
}

void Step::operate(const Check& command, Address from) {
  carry_out_decision(command.name, decide(settle(command.name), command), from);
}

void Step::show_more(const Lease& lease, LeaseView& shown) const {
  shown.text = state_.buffers().find(lease.name) != nullptr;
  if (!lease.held()) return;
  shown.taken_by = lease.first_active()->answered.client;
  shown.held_for = std::max(Duration::zero(), Duration(now_.wall - lease.since));
}

void Step::operate(const Get& command, Address from) {
  const Lease* lease = settle(command.name);
  Reply& reply = answer(from, command.name, lease, {}, command.unsettled);
  if (!command.unsettled) {
    reply.waits_for = std::max(reply.waits_for, state_.buffers().last_to_decide(command.name));
  }
  if (!lease) {
    reply.lease.text = state_.buffers().find(command.name) != nullptr;
    return;
  }
  show_more(*lease, reply.lease);
  if (!lease->queue) return;
  const std::size_t shown = std::min(lease->waiting(), state_.limits().queue_shown_max);
  reply.queue.reserve(shown);
  for (const WaitQueue::Place& place : lease->queue->places) {
    if (reply.queue.size() == shown) break;
    reply.queue.push_back({place.waiter.command.who, now_.lease - place.waiter.since});
  }
}

void Step::operate(const Show& command, Address from) {
  Reply& reply = answer(from, "", {}, command.unsettled);
  reply.shown = command.shown;
  reply.position = std::min(reply.position, command.as_of.value_or(reply.position));
}

void Step::operate(const List& command, Address from) {
  std::vector<LeaseView> page;
  std::string next = command.next;
  std::size_t bytes = 0;
  for (const std::string& name : command.names) {
    const Lease* lease = settle(name);
    if (!lease || !lease->held()) continue;
    const bool wanted =
        (command.owner.empty() || lease->owner == command.owner) && (!command.contended || lease->waiting() > 0);
    if (!wanted) continue;
    page.push_back(view(*lease, now_.lease));
    show_more(*lease, page.back());
    bytes += page.back().name.size() + page.back().note.size() + page.back().metadata.size();
    if (bytes < state_.limits().page_bytes_max) continue;
    if (&name != &command.names.back()) next = name;
    break;
  }
  Reply& reply = answer(from, "", {}, command.unsettled);  // A list shows what is absent: it waits for everything.
  reply.position = std::min(reply.position, command.as_of.value_or(reply.position));
  reply.page = std::move(page);
  reply.next = std::move(next);
}

void Step::operate(const Leave&, Address from) {
  if (const Lease* lease = state_.awaited_at(from)) {
    drop_takeover(*lease, Drop::taker_left);
    settle(lease->name);
    join_others_of(*lease);  // As in settle.
  } else {
    state_.leave(from);
  }
}

void Step::operate(const TakeBack& command, Address from) {
  carry_out_decision(command.name, decide(settle(command.name), command, from, now_), from);
}

void Step::operate(const Takeover& command, Address from) {
  const std::string& name = command.want.name;
  const bool has_text = state_.buffers().find(name) != nullptr;
  if (has_text && command.want.holder == HolderKind::owner) {
    return refuse_text(from, name, ErrorCode::text_is_single, "holder");
  }
  if (has_text && command.flush_by_default) {
    Takeover with_window = command;
    with_window.flush = state_.limits().flush_of_text;
    with_window.flush_by_default = false;
    return operate(with_window, from);
  }
  const Lease* lease = settle(name);
  // As for an acquire; but what is refused changes nothing.
  if (lease && lease->held() && command.token <= lease->token) make_room(*lease, command.want);
  Decision decision = decide(lease, command, from, state_.next_token(), state_.limits(), now_);
  const bool done = decision.answered && decision.reply.code == ErrorCode::none;
  if (done && lease) give_up_place(*lease, command.want.who);
  Effect* effect = std::get_if<Effect>(&decision.change);
  if (effect && std::holds_alternative<TakeoverAsked>(*effect)) {
    carry_out(std::move(*effect));
    decision.change = Awaited{command, from};
  }
  carry_out_decision(name, std::move(decision), from);
  if (done && command.want.holder == HolderKind::owner) join_others_of(*state_.find(name));
}

void Step::operate(const Move& command, Address from) {
  const Lease* lease = settle(command.name);
  Decision decision = decide(lease, command, state_.next_token(), now_);
  if (decision.reply.code == ErrorCode::none) give_up_place(*lease, command.who);
  carry_out_decision(command.name, std::move(decision), from);
}

void Step::operate(const AskHolder& command, Address from) {
  carry_out_decision(command.name, decide(settle(command.name), command, now_), from);
}

void Step::operate(const Transfer& command, Address from) {
  const Lease* lease = settle(command.name);
  const WaitQueue::Place* place = lease ? place_of(*lease, command) : nullptr;
  const Acquire* wanted = place ? &place->waiter.command : nullptr;
  Decision decision = decide(lease, command, wanted, state_.next_token(), now_);
  Effect* effect = std::get_if<Effect>(&decision.change);
  if (effect && place) {
    const Waiter waiter = *state_.leave(place->waiter.from);
    std::get<Taken>(*effect).grant.waited = now_.lease - waiter.since;
    tell_granted(waiter, std::move(*effect), false);
    decision.change = std::monostate{};
  } else if (effect) {
    give_up_place(*lease, std::get<Taken>(*effect).grant.who);
  }
  const bool shared = effect && lease->holder == HolderKind::owner;
  carry_out_decision(command.name, std::move(decision), from);
  if (shared) join_others_of(*lease);
}

const WaitQueue::Place* Step::place_of(const Lease& lease, const Transfer& command) const {
  if (!lease.queue || !lease.queue->of_owner.contains(command.to)) return nullptr;
  const auto gets_it = [&](const WaitQueue::Place& place) {
    const Who& who = place.waiter.command.who;
    const bool meant = command.to_session.empty() || who.session == command.to_session;
    return who.owner == command.to && meant && place.waiter.until > now_.lease &&
           presence_.present(place.waiter.from.client);
  };
  const auto found = std::ranges::find_if(lease.queue->places, gets_it);
  return found == lease.queue->places.end() ? nullptr : &*found;
}

void Step::operate(const Revoke& command, Address from) {
  carry_out_decision(command.name, decide(settle(command.name), command, now_), from);
}

void Step::operate(const RenewSession& command, Address from) {
  Reply reply;
  reply.who = command.who;
  reply.count = command.done;
  if (!state_.index_sessions(state_.limits().index_looks_max)) {
    reply.left = command.below;
    return answer_of_session(from, std::move(reply), Position{});
  }
  std::size_t slot = std::min(command.below, state_.count_of(command.who));
  Position shown;
  // Downwards: what is removed on the way only moves leases that have been looked at already.
  for (std::size_t looks = state_.limits().session_looks_max; slot > 0 && looks > 0; --looks) {
    const std::string name = state_.lease_of(command.who, --slot).name;
    const Lease* lease = settle(name);
    const Part* part = lease && lease->owner == command.who.owner ? lease->part_of(command.who.session) : nullptr;
    if (!part) continue;
    Decision renewed = decide(lease, Renew{name, lease->token, command.who, command.ttl}, now_);
    if (renewed.reply.code != ErrorCode::none) continue;
    ++reply.count;
    renewed.answered = false;
    carry_out_decision(name, std::move(renewed), from);
    note_answered(*lease, command.who.session, false, from);
    shown = std::max(shown, lease->changed);
    slot = std::min(slot, state_.count_of(command.who));
  }
  reply.left = slot;
  if (reply.count == 0 && slot == 0) reply.code = ErrorCode::nothing_of_session;
  answer_of_session(from, std::move(reply), shown);
}

void Step::operate(const EndSession& command, Address from) {
  Reply reply;
  reply.who = command.who;
  reply.count = command.done;
  if (!state_.index_sessions(state_.limits().index_looks_max)) {
    reply.left = 1;
    return answer_of_session(from, std::move(reply), Position{});
  }
  std::size_t left = state_.count_of(command.who);
  for (std::size_t looks = state_.limits().session_looks_max; left > 0 && looks > 0; --looks) {
    const std::string name = state_.lease_of(command.who, left - 1).name;
    const Lease* lease = settle(name);
    if (lease && lease->owner == command.who.owner && lease->part_of(command.who.session)) {
      Decision released = decide(lease, Release{name, lease->token, command.who}, now_);
      carry_out(std::get<Effect>(std::move(released.change)));
      if (released.reply.ended) reply.parts.push_back({name, lease->token});
    }
    left = std::min(left - 1, state_.count_of(command.who));
  }
  reply.count += reply.parts.size();
  reply.left = left;
  const std::vector<Reply::Part> ended = reply.parts;
  answer_of_session(from, std::move(reply), state_.position());
  for (const Reply::Part& part : ended) hand_over(part.name);  // Whoever is next hears of it after whoever ended it.
}

void Step::operate(const RunProgram& command, Address from) {
  Keys keys(*this, from);
  command.program->run(keys);
  outcome_.answers.emplace_back(from, keys.take_reply());
  for (const std::string& name : keys.ended()) hand_over(name);  // As with the end of a session.
}

void Step::answer_of_session(Address to, Reply&& reply, Position shown) {
  if (reply.count == 0 && reply.left == 0) shown = state_.position();  // That there is nothing is shown, too.
  reply.position = state_.position();
  reply.waits_for = shown;
  outcome_.answers.emplace_back(to, std::move(reply));
}

bool Step::tick(std::size_t budget, bool forget) {
  while (const std::optional<State::Due> due = state_.next_due(now_.lease, budget)) {
    if (due->wait) {
      const Waiter waiter = *state_.leave(*due->wait);
      settle(waiter.command.name);  // L5: the answer shows the name, and its lapse may be due at this very look.
      tell_wait_over(waiter);
    } else {
      settle(due->lease->name);
      state_.look_done(*due->lease);
    }
  }
  for (; forget && budget > 0; --budget) {
    const Lease* old = state_.to_forget(now_.lease);
    if (!old) return false;
    carry_out(Forgotten{old->name});
  }
  return budget == 0;
}

}  // namespace holdfast::core
