#include "core/lease.h"

#include <algorithm>

#include "base/check.h"

namespace holdfast::core {

const Part* Lease::part_of(std::string_view session) const {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return p.session == session; });
  return found == parts.end() ? nullptr : &*found;
}

Part* Lease::part_of(std::string_view session) {
  return const_cast<Part*>(std::as_const(*this).part_of(session));
}

const Part* Lease::first_active() const {
  const auto found = std::find_if(parts.begin(), parts.end(), [](const Part& p) { return !p.lapsed; });
  return found == parts.end() ? nullptr : &*found;
}

Instant Lease::ends_at() const {
  Instant last{};
  for (const Part& part : parts) {
    if (!part.lapsed) last = std::max(last, part.ends_at);
  }
  return last;
}

Loss Lease::loss_of(Token of) const {
  if (of == token) return held() ? Loss::none : ended;
  for (const std::uint64_t kept : losses) {
    if ((kept & token_max) == of.value) return static_cast<Loss>(kept >> 53);
  }
  return Loss::none;
}

namespace {

Decision refused(ErrorCode code, std::string field = {}) {
  Decision decision;
  decision.reply.code = code;
  decision.reply.field = std::move(field);
  return decision;
}

Decision stale(const Lease* lease, Token asked) {
  Decision decision = refused(ErrorCode::stale);
  decision.reply.asked = asked;
  if (lease) decision.reply.because = lease->loss_of(asked);
  return decision;
}

/// The refusals that everything that names a token has in common (L7); code none: the token is the newest.
ErrorCode token_refusal(const Lease* lease, Token asked) {
  if (!lease || !lease->remembered()) return ErrorCode::nothing_held;
  if (asked > lease->token) return ErrorCode::unknown_token;
  if (asked < lease->token) return ErrorCode::stale;
  return ErrorCode::none;
}

/// The part that `who` means. Without a session it is the only one.
struct Meant {
  const Part* part = nullptr;
  ErrorCode refusal = ErrorCode::none;
};
Meant meant_part(const Lease& lease, const Who& who) {
  if (lease.owner != who.owner) return {nullptr, ErrorCode::not_yours};
  const Part* part = who.session.empty() ? lease.only_part() : lease.part_of(who.session);
  if (part) return {part};
  return {nullptr, who.session.empty() && lease.parts.size() > 1 ? ErrorCode::session_needed : ErrorCode::not_yours};
}

Decision granted_to(const Who& who, Effect effect, Duration ttl, Now now) {
  Decision decision;
  decision.change = std::move(effect);
  decision.reply.who = who;
  decision.reply.granted_at = now.lease;
  decision.reply.void_after = deadline(now.lease, ttl);
  return decision;
}

/// A session that holds already gets a new deadline, and keeps its token (L2).
Decision extended(const Lease& lease, const Part& part, Duration ttl, Now now) {
  const Who who{lease.owner, part.session};
  if (part.lapsed) return granted_to(who, Revived{lease.name, part.session, lease.token, ttl}, ttl, now);
  if (part.ttl != ttl) return granted_to(who, Renewed{lease.name, part.session, lease.token, ttl}, ttl, now);
  Decision decision = granted_to(who, Effect{}, ttl, now);
  decision.change = Extended{part.session, deadline(now.lease, ttl)};  // Costs no disk.
  return decision;
}

Decision queued(const Lease& lease, const Acquire& command, Address from, const Limits& limits, Now now) {
  const bool has_place = lease.queue && lease.queue->has_place(command.who);
  if (!has_place && lease.waiting() >= limits.waiters_max) return refused(ErrorCode::queue_full);
  Decision decision;
  decision.change = Queued{Waiter{command, from, now.lease, now.lease + command.wait}};
  decision.answered = false;
  return decision;
}

}  // namespace

bool may_join(const Lease& lease, const Acquire& command) {
  return lease.held() && lease.holder == HolderKind::owner && command.holder == HolderKind::owner &&
         lease.owner == command.who.owner;
}

Effect grant_to(const Lease* lease, const Acquire& command, Token next, Now now) {
  const std::string& session = command.who.session;
  if (!lease || !lease->held()) {
    return Granted{command.name, command.who,      next,    command.ttl, command.holder,
                   command.note, command.metadata, now.wall};
  }
  HF_CHECK(may_join(*lease, command));  // L1
  const Part* own = lease->part_of(session);
  if (!own) return Joined{lease->name, session, lease->token, command.ttl};
  if (own->lapsed) return Revived{lease->name, session, lease->token, command.ttl};
  return Renewed{lease->name, session, lease->token, command.ttl};
}

Decision decide(const Lease* lease, const Acquire& command, Address from, Token next, const Limits& limits, Now now) {
  HF_CHECK(!command.who.owner.empty() && !command.who.session.empty());
  if (!lease || !lease->held()) {
    HF_CHECK(!lease || lease->waiting() == 0);  // L8: a free name goes to whoever waits for it, not to a newcomer.
    return granted_to(command.who, grant_to(lease, command, next, now), command.ttl, now);
  }
  const bool same_owner = lease->owner == command.who.owner;
  const Part* own = same_owner ? lease->part_of(command.who.session) : nullptr;
  if (own && (!own->lapsed || may_join(*lease, command))) {
    Decision again = extended(*lease, *own, command.ttl, now);  // Never refused by its own lease (L12).
    again.reply.joined = lease->active > (own->lapsed ? 0 : 1);
    return again;
  }
  if (may_join(*lease, command)) {
    if (lease->parts.size() >= limits.sessions_max) return refused(ErrorCode::sessions_full);
    Decision join = granted_to(command.who, grant_to(lease, command, next, now), command.ttl, now);
    join.reply.joined = true;
    return join;
  }
  if (command.wait > Duration::zero()) return queued(*lease, command, from, limits, now);
  return refused(same_owner ? ErrorCode::held_by_you : ErrorCode::held);
}

Decision decide(const Lease* lease, const Renew& command, Now now) {
  const ErrorCode refusal = token_refusal(lease, command.token);
  if (refusal == ErrorCode::stale) return stale(lease, command.token);
  if (refusal != ErrorCode::none) return refused(refusal, refusal == ErrorCode::unknown_token ? "token" : "");
  if (!lease->held() && lease->ended != Loss::lapsed) {
    return lease->owner == command.who.owner ? stale(lease, command.token) : refused(ErrorCode::not_yours);
  }
  const Meant meant = meant_part(*lease, command.who);
  if (!meant.part) return refused(meant.refusal, meant.refusal == ErrorCode::session_needed ? "session" : "");
  return extended(*lease, *meant.part, command.ttl.value_or(meant.part->ttl), now);
}

Decision decide(const Lease* lease, const Release& command) {
  const ErrorCode refusal = token_refusal(lease, command.token);
  if (refusal == ErrorCode::stale) return stale(lease, command.token);
  if (refusal != ErrorCode::none) return refused(refusal, refusal == ErrorCode::unknown_token ? "token" : "");
  if (lease->owner != command.who.owner) return refused(ErrorCode::not_yours);

  Decision decision;
  decision.reply.who = command.who;
  const bool over = !lease->held() && lease->ended != Loss::lapsed;
  if (over) return decision;  // Repeatable: released already.

  const Meant meant = meant_part(*lease, command.who);
  if (!meant.part) {
    // With several sessions a part that is gone already has no trace: it was released, or it never was.
    const bool gone = lease->holder == HolderKind::owner && meant.refusal == ErrorCode::not_yours;
    if (gone) return decision;
    return refused(meant.refusal, meant.refusal == ErrorCode::session_needed ? "session" : "");
  }
  decision.reply.who.session = meant.part->session;
  decision.reply.ended = !meant.part->lapsed;
  decision.change = Released{lease->name, meant.part->session, lease->token};
  return decision;
}

Decision decide(const Lease* lease, const Check& command) {
  if (!lease || !lease->remembered()) return stale(lease, command.token);
  if (command.token > lease->token) return refused(ErrorCode::unknown_token, "token");
  if (command.token < lease->token || !lease->held()) return stale(lease, command.token);
  return {};
}

Decision decide(const Lease* lease, const TakeBack& command, Address from) {
  Decision decision;
  decision.answered = false;
  if (!lease || lease->token != command.token || lease->owner != command.who.owner) return decision;
  const Part* part = lease->part_of(command.who.session);
  if (part && !part->lapsed && part->answered == from) {
    decision.change = Released{lease->name, part->session, lease->token};
  }
  return decision;
}

std::optional<Effect> due_lapse(const Lease& lease, Instant now) {
  for (const Part& part : lease.parts) {
    if (!part.lapsed && part.ends_at <= now) return Lapsed{lease.name, part.session, lease.token};
  }
  return std::nullopt;
}

}  // namespace holdfast::core
