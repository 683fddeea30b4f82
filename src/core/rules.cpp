#include "core/rules.h"

#include <algorithm>

#include "base/check.h"

namespace holdfast::core {

LeaseView view(const Lease& lease, Instant now) {
  LeaseView shown{lease.name};
  shown.buffer = lease.buffer;
  shown.waiting = lease.waiting();
  if (!lease.remembered()) return shown;
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
    shown.ends_in = std::max(Duration::zero(), lease.ends_at() - now);
  }
  if (lease.words) {
    shown.note = lease.words->note;
    shown.metadata = lease.words->metadata;
  }
  return shown;
}

namespace {

/// A session that never held this does from here on. One that is back after a lapse (L6) did: should its answer be
/// lost, it may ask again, and the lease lapses by itself if it does not.
bool begins(const Effect& effect) {
  return std::holds_alternative<Granted>(effect) || std::holds_alternative<Joined>(effect);
}

}  // namespace

void Step::carry_out(Effect effect) {
  check_step(state_, effect);
  carry_out_unchecked(std::move(effect));
}

void Step::carry_out_unchecked(Effect effect) {
  const Position next{state_.position().value + 1};
  state_.apply(effect, next, now_);
  outcome_.effects.push_back(std::move(effect));
}

void Step::answer(Address to, std::string_view name, Reply&& reply, bool unsettled) {
  const Lease* lease = state_.find(name);
  if (lease) {
    reply.lease = view(*lease, now_.lease);
    // What a session is told of its own grant is its own ttl and deadline, not those of others that share the holding.
    const Part* own = reply.void_after > Instant{} ? lease->part_of(reply.who.session) : nullptr;
    if (own) {
      reply.lease.ttl = own->ttl;
      reply.lease.ends_in = std::max(Duration::zero(), own->ends_at - now_.lease);
    }
  } else {
    reply.lease.name = name;
  }
  reply.position = state_.position();
  reply.unsettled = unsettled;
  // What shows a name waits for the last change of it; what shows that something is absent, for everything.
  const bool shows_absence = !lease || !lease->remembered();
  if (!unsettled) reply.waits_for = shows_absence ? state_.position() : lease->changed;
  outcome_.answers.emplace_back(to, std::move(reply));
}

const Lease* Step::settle(const std::string& name) {
  const Lease* lease = state_.find(name);
  if (!lease || !lease->held()) return lease;
  while (std::optional<Effect> lapse = due_lapse(*lease, now_.lease)) {
    outcome_.lateness.push_back(now_.lease - lease->part_of(std::get<Lapsed>(*lapse).session)->ends_at);
    carry_out(*std::move(lapse));
  }
  hand_over(name);
  return lease;
}

void Step::tell_wait_over(const Waiter& waiter) {
  Reply over;
  over.code = ErrorCode::wait_over;
  over.waited = now_.lease - waiter.since;
  answer(waiter.from, waiter.command.name, std::move(over));
}

void Step::tell_superseded(Address from, const std::string& name) {
  Reply moved;
  moved.code = ErrorCode::wait_superseded;
  answer(from, name, std::move(moved));
}

void Step::tell_granted(const Waiter& waiter, Effect effect, bool joined) {
  const Acquire& asked = waiter.command;
  carry_out(std::move(effect));
  state_.answered_at(asked.name, asked.who.session, waiter.from);
  Reply reply;
  reply.who = asked.who;
  reply.waited = now_.lease - waiter.since;
  reply.joined = joined;
  reply.granted_at = now_.lease;
  reply.void_after = deadline(now_.lease, asked.ttl);
  answer(waiter.from, asked.name, std::move(reply));
}

void Step::hand_over(const std::string& name) {
  const Lease* lease = state_.find(name);
  while (lease && !lease->held() && lease->waiting() > 0) {
    const Waiter waiter = state_.dequeue(name);
    if (waiter.until <= now_.lease) {
      tell_wait_over(waiter);
    } else if (presence_.present(waiter.from.client)) {  // L8: looked at in the moment of granting.
      tell_granted(waiter, grant_to(lease, waiter.command, state_.next_token(), now_), false);
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
      tell_granted(*waiter, grant_to(&lease, waiter->command, state_.next_token(), now_), true);
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
  }
  // Only what began here can be taken back from here: of a renewal the session may know already that it holds (L4).
  const bool granted = decision.answered && decision.reply.void_after > Instant{};
  if (granted) state_.answered_at(name, decision.reply.who.session, began ? from : Address{});
  if (decision.answered) answer(from, name, std::move(decision.reply));
  hand_over(name);
}

void Step::handle(const Command& command, Address from) {
  std::visit([&](const auto& c) { operate(c, from); }, command);
}

void Step::operate(const Acquire& command, Address from) {
  if (command.buffer != 0) {
    const std::string* name = state_.name_of(command.buffer);
    if (!name) {
      Reply reply;
      reply.code = ErrorCode::unknown_buffer;
      reply.field = "buffer_id";
      return answer(from, "", std::move(reply));
    }
    Acquire named = command;
    named.name = *name;
    named.buffer = 0;
    return operate(named, from);
  }
  const Lease* lease = settle(command.name);
  if (command.numbered && (!lease || lease->buffer == 0)) {
    if (state_.next_buffer() > state_.limits().buffers_max) {
      Reply reply;
      reply.code = ErrorCode::buffers_full;
      return answer(from, command.name, std::move(reply));
    }
    carry_out(Numbered{command.name, state_.next_buffer()});
    lease = state_.find(command.name);
  }
  if (lease && lease->held()) make_room(*lease, command);
  Decision decision = decide(lease, command, from, state_.next_token(), state_.limits(), now_);
  const bool done = decision.answered && decision.reply.code == ErrorCode::none;
  if (done && lease) give_up_place(*lease, command.who);
  carry_out_decision(command.name, std::move(decision), from);
}

void Step::make_room(const Lease& lease, const Acquire& command) {
  if (lease.parts.size() < state_.limits().sessions_max || !may_join(lease, command)) return;
  if (lease.part_of(command.who.session)) return;
  const auto lapsed = std::ranges::find(lease.parts, true, &Part::lapsed);
  if (lapsed != lease.parts.end()) carry_out(Released{lease.name, lapsed->session, lease.token});
}

void Step::give_up_place(const Lease& lease, const Who& who) {
  if (!lease.queue) return;
  const auto place = lease.queue->by_who.find(WaitQueue::key(who));
  if (place == lease.queue->by_who.end()) return;
  const Address waited_at = place->second->waiter.from;
  state_.leave(waited_at);
  tell_superseded(waited_at, lease.name);
}

void Step::operate(const Renew& command, Address from) {
  carry_out_decision(command.name, decide(settle(command.name), command, now_), from);
}

void Step::operate(const Release& command, Address from) {
  carry_out_decision(command.name, decide(settle(command.name), command), from);
}

void Step::operate(const Check& command, Address from) {
  carry_out_decision(command.name, decide(settle(command.name), command), from);
}

void Step::operate(const Get& command, Address from) {
  settle(command.name);
  answer(from, command.name, {}, command.unsettled);
}

void Step::operate(const List& command, Address from) {
  Reply reply;
  reply.next = command.next;
  std::size_t bytes = 0;
  for (const std::string& name : command.names) {
    const Lease* lease = settle(name);
    if (!lease || !lease->held()) continue;
    const bool wanted =
        (command.owner.empty() || lease->owner == command.owner) && (!command.contended || lease->waiting() > 0);
    if (!wanted) continue;
    reply.page.push_back(view(*lease, now_.lease));
    bytes += reply.page.back().name.size() + reply.page.back().note.size() + reply.page.back().metadata.size();
    if (bytes < state_.limits().page_bytes_max) continue;
    if (&name != &command.names.back()) reply.next = name;
    break;
  }
  answer(from, "", std::move(reply), command.unsettled);  // A list shows what is absent: it waits for everything.
}

void Step::operate(const Leave&, Address from) {
  state_.leave(from);
}

void Step::operate(const TakeBack& command, Address from) {
  carry_out_decision(command.name, decide(settle(command.name), command, from), from);
}

bool Step::tick(std::size_t budget) {
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
  for (; budget > 0; --budget) {
    const Lease* old = state_.to_forget(now_.lease);
    if (!old) return false;
    carry_out(Forgotten{old->name});
  }
  return budget == 0;
}

}  // namespace holdfast::core
