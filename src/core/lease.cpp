#include "core/lease.h"

#include <algorithm>

#include "base/check.h"

namespace holdfast::core {

Part* Lease::part_of(std::string_view session) {
  for (Part& part : parts) {
    if (part.session == session) return &part;
  }
  return nullptr;
}

const Part* Lease::part_of(std::string_view session) const {
  return const_cast<Lease&>(*this).part_of(session);
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
  if (!extras) return Loss::none;
  for (const std::uint64_t kept : extras->losses) {
    if ((kept & token_max) == of.value) return static_cast<Loss>(kept >> 53);
  }
  return Loss::none;
}

std::shared_ptr<const Why> Lease::why_of(Token of) const {
  if (!extras) return nullptr;
  const auto said = std::ranges::find(extras->whys, of, &KeptWhy::token);
  return said == extras->whys.end() ? nullptr : std::make_shared<const Why>(Why{said->by, said->reason});
}

void tell_grant(const Who& who, Duration ttl, Now now, Verdict& reply) {
  reply.who = who;
  reply.granted_at = now.lease;
  reply.void_after = deadline(now.lease, ttl);
}

namespace {

Decision refused(ErrorCode code, std::string_view field = {}) {
  Decision decision;
  decision.reply.code = code;
  decision.reply.field = field;
  return decision;
}

Decision stale(const Lease* lease, Token asked) {
  Decision decision = refused(ErrorCode::stale);
  decision.reply.asked = asked;
  if (!lease) return decision;
  decision.reply.because = lease->loss_of(asked);
  decision.reply.why = lease->why_of(asked);
  return decision;
}

/// The refusal that everything that names a token has in common (L7); none: the token is the newest.
std::optional<Decision> token_refusal(const Lease* lease, Token asked) {
  if (!lease || !lease->remembered()) return refused(ErrorCode::nothing_held);
  if (asked > lease->token) return refused(ErrorCode::unknown_token, "token");
  if (asked < lease->token) return stale(lease, asked);
  return std::nullopt;
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

Decision granted_to(const Who& who, Effect&& effect, Duration ttl, Now now) {
  Decision decision;
  decision.change.emplace<Effect>(std::move(effect));
  tell_grant(who, ttl, now, decision.reply);
  return decision;
}

/// A session that holds already gets a new deadline, and keeps its token (L2).
Decision extended(const Lease& lease, const Part& part, Duration ttl, Now now) {
  const Who who{lease.owner, part.session};
  if (part.lapsed) {
    return granted_to(who, Revived{lease.name, part.session, lease.token, ttl, now.wall, lease.owner}, ttl, now);
  }
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

/// The end of `part`: by its own word, or because its time is up.
template <class End>
End end_of(const Lease& lease, const Part& part, Now now) {
  const bool ends = !part.lapsed && lease.active == 1;
  return End{lease.name, part.session, lease.token, now.wall, lease.owner, ends};
}

}  // namespace

bool may_join(const Lease& lease, const Acquire& command) {
  return lease.held() && lease.holder == HolderKind::owner && command.holder == HolderKind::owner &&
         lease.owner == command.who.owner && !command.anew &&
         !lease.pending();  // L9: in the window nobody else is granted.
}

Effect grant_to(const Lease* lease, const Acquire& command, Token next, Duration waited, Now now) {
  const std::string& session = command.who.session;
  if (!lease || !lease->held()) return new_holding(command, next, waited, now);
  HF_CHECK(may_join(*lease, command));  // L1
  const Part* own = lease->part_of(session);
  if (!own) {
    return Joined{lease->name, session, lease->token, command.ttl, now.wall, lease->owner, waited, command.from};
  }
  if (own->lapsed) return Revived{lease->name, session, lease->token, command.ttl, now.wall, lease->owner};
  return Renewed{lease->name, session, lease->token, command.ttl};
}

Granted new_holding(const Acquire& command, Token next, Duration waited, Now now) {
  return Granted{command.name, command.who,      next,     command.ttl, command.holder,
                 command.note, command.metadata, now.wall, waited,      command.from};
}

bool is_granted_at_once(const Lease* lease) {
  if (lease && lease->held()) return false;
  HF_CHECK(!lease || lease->waiting() == 0);  // L8: a free name goes to whoever waits for it, not to a newcomer.
  return true;
}

Decision decide(const Lease* lease, const Acquire& command, Address from, Token next, const Limits& limits, Now now) {
  HF_CHECK(!command.who.owner.empty() && !command.who.session.empty());
  if (is_granted_at_once(lease)) {
    return granted_to(command.who, new_holding(command, next, Duration::zero(), now), command.ttl, now);
  }
  const bool same_owner = lease->owner == command.who.owner;
  const Part* own = same_owner && !command.anew ? lease->part_of(command.who.session) : nullptr;
  if (own && (!own->lapsed || may_join(*lease, command))) {
    Decision again = extended(*lease, *own, command.ttl, now);  // Never refused by its own lease (L12).
    again.reply.joined = lease->active > (own->lapsed ? 0 : 1);
    return again;
  }
  if (may_join(*lease, command)) {
    if (lease->parts.size() >= limits.sessions_max) return refused(ErrorCode::sessions_full);
    Decision join = granted_to(command.who, grant_to(lease, command, next, Duration::zero(), now), command.ttl, now);
    join.reply.joined = true;
    return join;
  }
  if (command.wait > Duration::zero()) return queued(*lease, command, from, limits, now);
  return refused(same_owner ? ErrorCode::held_by_you : ErrorCode::held);
}

Decision decide(const Lease* lease, const Renew& command, Now now) {
  if (std::optional<Decision> refusal = token_refusal(lease, command.token)) return *std::move(refusal);
  if (!lease->held() && lease->ended != Loss::lapsed) {
    return lease->owner == command.who.owner ? stale(lease, command.token) : refused(ErrorCode::not_yours);
  }
  const Meant meant = meant_part(*lease, command.who);
  if (!meant.part) return refused(meant.refusal, meant.refusal == ErrorCode::session_needed ? "session" : "");
  return extended(*lease, *meant.part, command.ttl.value_or(meant.part->ttl), now);
}

Decision decide(const Lease* lease, const Release& command, Now now) {
  if (std::optional<Decision> refusal = token_refusal(lease, command.token)) return *std::move(refusal);
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
  decision.change = end_of<Released>(*lease, *meant.part, now);
  return decision;
}

Decision decide(const Lease* lease, const Takeover& command, Address from, Token next, const Limits& limits, Now now) {
  const Acquire& want = command.want;
  const bool held = lease && lease->held();
  const bool own = held && lease->owner == want.who.owner;
  if (command.reason.empty() && !own) return refused(ErrorCode::reason_missing, "reason");
  const bool unheard_of = lease && lease->remembered() && command.token > lease->token;
  if (unheard_of) return refused(ErrorCode::unknown_token, "token");
  if (!held) return granted_to(want.who, new_holding(want, next, Duration::zero(), now), want.ttl, now);

  const Part* part = own ? lease->part_of(want.who.session) : nullptr;
  const bool holds_already = (part && !part->lapsed) || may_join(*lease, want);
  if (holds_already) return decide(lease, want, from, next, limits, now);  // Never refused by its own lease (L12).
  if (!command.token) return refused(ErrorCode::token_needed, "token");
  if (command.token < lease->token) return stale(lease, command.token);
  if (const PendingTakeover* pending = lease->pending()) {
    if (pending->by != want.who) return refused(ErrorCode::takeover_pending);
    Decision again;  // The same session takes over its own place, and the window stays as it is.
    again.change = Awaited{command, from};
    again.answered = false;
    return again;
  }
  if (own || command.flush == Duration::zero()) {
    const Loss displaced = own ? Loss::moved : Loss::taken_over;
    Taken taken{new_holding(want, next, Duration::zero(), now), displaced, command.reason};
    return granted_to(want.who, std::move(taken), want.ttl, now);
  }
  Decision asked;
  asked.change = TakeoverAsked{lease->name, lease->token, want.who, command.reason, command.flush, now.wall, want.from};
  asked.answered = false;
  return asked;
}

Effect taken_by(const Lease& lease, const PendingTakeover& pending, Token next, Now now) {
  HF_CHECK(pending.command.has_value());
  const Loss displaced = lease.held() ? Loss::taken_over : Loss::none;
  return Taken{new_holding(pending.command->want, next, now.lease - pending.since, now), displaced, pending.reason};
}

namespace {

/// The holding of `lease`, as it goes on under `who` and `next`.
Granted passed_on(const Lease& lease, Who who, Duration ttl, Token next, Now now) {
  Granted grant{.name = lease.name, .who = std::move(who), .token = next, .ttl = ttl, .holder = lease.holder};
  grant.since = now.wall;
  return grant;
}

}  // namespace

Decision decide(const Lease* lease, const Move& command, Token next, Now now) {
  const Part* part = lease && lease->owner == command.who.owner ? lease->part_of(command.who.session) : nullptr;
  const bool moved_already = part && !part->lapsed && lease->previous == command.token;
  if (moved_already) return extended(*lease, *part, part->ttl, now);  // Never refused by its own lease (L12).
  if (std::optional<Decision> refusal = token_refusal(lease, command.token)) return *std::move(refusal);
  if (lease->owner != command.who.owner) return refused(ErrorCode::not_yours);
  if (!lease->held()) return stale(lease, command.token);
  if (part && !part->lapsed) return refused(ErrorCode::to_oneself, "session");
  if (lease->pending()) return refused(ErrorCode::takeover_pending);
  const Duration ttl = lease->first_active()->ttl;
  Granted grant = passed_on(*lease, command.who, ttl, next, now);
  if (lease->extras) {
    grant.note = lease->extras->note;
    grant.metadata = lease->extras->metadata;
  }
  grant.from = command.from;
  return granted_to(command.who, Taken{std::move(grant), Loss::moved, {}}, ttl, now);
}

Decision decide(const Lease* lease, const AskHolder& command, Now now) {
  if (!lease || !lease->held()) return refused(ErrorCode::nothing_held);
  if (lease->owner == command.who.owner) return refused(ErrorCode::to_oneself, "owner");
  Decision decision;
  const AskedFor* before = lease->extras ? lease->extras->asked.get() : nullptr;
  const bool said_already = before && before->by == command.who && before->message == command.message;
  if (said_already) return decision;  // Asking again and again costs no disk.
  decision.change = Requested{lease->name, lease->token, command.who, command.message, now.wall, command.from};
  return decision;
}

Decision decide(const Lease* lease, const Transfer& command, const Acquire* waiting, Token next, Now now) {
  if (std::optional<Decision> refusal = token_refusal(lease, command.token)) return *std::move(refusal);
  if (lease->owner != command.who.owner) return refused(ErrorCode::not_yours);
  if (!lease->held()) return stale(lease, command.token);
  const Meant meant = meant_part(*lease, command.who);
  if (!meant.part) return refused(meant.refusal, meant.refusal == ErrorCode::session_needed ? "session" : "");
  if (command.to == lease->owner) return refused(ErrorCode::to_oneself, "to");
  if (lease->pending()) return refused(ErrorCode::takeover_pending);
  Decision decision;
  decision.reply.before = Loss::transferred;
  if (waiting) {
    decision.change = Taken{new_holding(*waiting, next, Duration::zero(), now), Loss::transferred, {}};
  } else {
    const std::string& session = command.to_session.empty() ? command.fresh_session : command.to_session;
    decision.change =
        Taken{passed_on(*lease, {command.to, session}, meant.part->ttl, next, now), Loss::transferred, {}};
  }
  return decision;
}

Decision decide(const Lease* lease, const Revoke& command, Now now) {
  if (command.reason.empty()) return refused(ErrorCode::reason_missing, "reason");
  const Token meant = command.token ? command.token : (lease ? lease->token : Token{});
  if (std::optional<Decision> refusal = token_refusal(lease, meant)) return *std::move(refusal);
  Decision decision;
  const bool over = !lease->held() && lease->ended != Loss::lapsed;
  if (over) return decision;  // Repeatable: nobody holds it, and nobody may come back.
  decision.reply.ended = lease->held();
  decision.reply.before = Loss::revoked;
  decision.change = Revoked{lease->name, lease->token, command.by, command.reason, now.wall};
  return decision;
}

Decision decide_write(const Lease* lease, Token token, const Who& who, Now now) {
  if (!lease || !lease->remembered()) return stale(lease, token);
  if (std::optional<Decision> refusal = token_refusal(lease, token)) return *std::move(refusal);
  if (!lease->held() && lease->ended != Loss::lapsed) {
    return lease->owner == who.owner ? stale(lease, token) : refused(ErrorCode::not_yours);
  }
  const Meant meant = meant_part(*lease, who);
  if (!meant.part) return refused(meant.refusal, meant.refusal == ErrorCode::session_needed ? "session" : "");
  Decision decision;
  decision.reply.who = {lease->owner, meant.part->session};
  if (meant.part->lapsed) {
    decision.change = Revived{lease->name, meant.part->session, lease->token, meant.part->ttl, now.wall, lease->owner};
  }
  return decision;
}

Decision decide(const Lease* lease, const Check& command) {
  if (!lease || !lease->remembered()) return stale(lease, command.token);
  if (command.token > lease->token) return refused(ErrorCode::unknown_token, "token");
  if (command.token < lease->token || !lease->held()) return stale(lease, command.token);
  return {};
}

Decision decide(const Lease* lease, const TakeBack& command, Address from, Now now) {
  Decision decision;
  decision.answered = false;
  if (!lease || lease->token != command.token || lease->owner != command.who.owner) return decision;
  const Part* part = lease->part_of(command.who.session);
  if (part && !part->lapsed && part->answered == from) {
    decision.change = end_of<Released>(*lease, *part, now);
  }
  return decision;
}

std::optional<Effect> due_lapse(const Lease& lease, Now now) {
  for (const Part& part : lease.parts) {
    if (!part.lapsed && part.ends_at <= now.lease) return end_of<Lapsed>(lease, part, now);
  }
  return std::nullopt;
}

}  // namespace holdfast::core
