#include "core/keys.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "core/rules.h"

namespace holdfast::core {

const Lease* Keys::settled(const std::string& name) {
  const Lease* lease = step_.settle(name);
  shows(lease);
  return lease;
}

/// As Step::answer says: a name waits for its last change, an absence for everything.
void Keys::shows(const Lease* lease) {
  const bool shows_absence = !lease || !lease->remembered();
  const Position last = shows_absence ? step_.state_.position() : lease->changed;
  reply_.waits_for = std::max(reply_.waits_for, last);
}

Key Keys::look(const std::string& name) {
  const Lease* lease = settled(name);
  Key key;
  if (!lease) return key;
  key.token = lease->token;
  const Part* first = lease->first_active();
  if (!first) return key;
  key.held = true;
  key.value = first->session;
  key.ttl = first->ttl;
  const Instant ends_at = lease->ends_at();
  key.ends_in = ends_at == Instant::max() ? forever : ends_at - step_.now_.lease;
  shown_.insert(lease->token.value);
  return key;
}

std::vector<Address> Keys::waiting_for(const std::string& name) {
  std::vector<Address> found;
  const Lease* lease = settled(name);
  if (!lease || !lease->queue) return found;
  found.reserve(lease->waiting());
  for (const WaitQueue::Place& place : lease->queue->places) found.push_back(place.waiter.from);
  return found;
}

ErrorCode Keys::may_touch(const std::string& name, Proof proof) {
  const Lease* lease = settled(name);
  if (!lease || !lease->held()) return ErrorCode::nothing_held;
  return proven(*lease, proof) ? ErrorCode::none : ErrorCode::key_not_proven;
}

const Part* Keys::proven(const Lease& lease, Proof proof) const {
  if (proof == Proof::value) return shown_.contains(lease.token.value) ? lease.first_active() : nullptr;
  const auto taken_here = [&](const Part& part) {
    return !part.lapsed && part.answered.client != 0 && part.answered.client == from_.client;
  };
  const auto found = std::ranges::find_if(lease.parts, taken_here);
  return found == lease.parts.end() ? nullptr : &*found;
}

ErrorCode Keys::refused(ErrorCode why) {
  step_.outcome_.refused = why;
  return why;
}

ErrorCode Keys::take(const Acquire& want) {
  const Lease* lease = settled(want.name);
  // Free, but somebody comes first (L8, L9).
  const bool promised = lease && (lease->waiting() > 0 || lease->pending());
  if (lease && (lease->held() || promised)) return ErrorCode::held;
  if (step_.refusals_.begins != ErrorCode::none) return refused(step_.refusals_.begins);
  Acquire anew = want;
  anew.anew = true;
  anew.wait = Duration::zero();
  const std::size_t first = step_.outcome_.answers.size();
  step_.operate(anew, from_);
  return fold(first);
}

ErrorCode Keys::renew(const std::string& name, Duration ttl, Proof proof) {
  const Lease* lease = settled(name);
  if (!lease || !lease->held()) return ErrorCode::nothing_held;
  const Part* part = proven(*lease, proof);
  if (!part) return ErrorCode::key_not_proven;
  if (part->ttl != ttl && step_.refusals_.new_ttl != ErrorCode::none) return refused(step_.refusals_.new_ttl);
  const Who who{lease->owner, part->session};
  const std::size_t first = step_.outcome_.answers.size();
  step_.carry_out_decision(name, decide(lease, Renew{name, lease->token, who, ttl}, step_.now_), from_);
  return fold(first);
}

ErrorCode Keys::pass_on(const Acquire& want, Proof proof) {
  const Lease* lease = settled(want.name);
  if (!lease || !lease->held()) return ErrorCode::nothing_held;
  const Part* part = proven(*lease, proof);
  if (!part) return ErrorCode::key_not_proven;
  if (part->session == want.who.session) return renew(want.name, want.ttl, proof);
  if (lease->active > 1) return ErrorCode::key_not_proven;  // By one of several, and all of them would lose it.
  if (step_.refusals_.begins != ErrorCode::none) return refused(step_.refusals_.begins);
  const Reply::Part before{want.name, lease->token, {lease->owner, part->session}};
  const Who next{lease->owner, want.who.session};
  Decision moved = decide(lease, Move{want.name, lease->token, next, want.from}, step_.state_.next_token(), step_.now_);
  if (moved.reply.code != ErrorCode::none) return moved.reply.code;
  std::get<Taken>(std::get<Effect>(moved.change)).grant.ttl = want.ttl;
  moved.reply.void_after = deadline(step_.now_.lease, want.ttl);
  step_.give_up_place(*lease, next);
  const std::size_t first = step_.outcome_.answers.size();
  step_.carry_out_decision(want.name, std::move(moved), from_);
  reply_.parts.push_back(before);
  return fold(first);
}

ErrorCode Keys::end(const std::string& name, Proof proof) {
  const Lease* lease = settled(name);
  if (!lease || !lease->held()) return ErrorCode::nothing_held;
  const Part* part = proven(*lease, proof);
  if (!part) return ErrorCode::key_not_proven;
  if (step_.refusals_.ends != ErrorCode::none) return refused(step_.refusals_.ends);
  const Who who{lease->owner, part->session};
  Decision released = decide(lease, Release{name, lease->token, who}, step_.now_);
  step_.carry_out(std::get<Effect>(std::move(released.change)));
  reply_.parts.push_back({name, lease->token, who});
  shown_.erase(lease->token.value);  // Of a shared holding another session is the first now: its value is not known.
  ended_.push_back(name);
  shows(lease);
  return ErrorCode::none;
}

ErrorCode Keys::fold(std::size_t first) {
  std::vector<Answer>& answers = step_.outcome_.answers;
  const auto own = std::find_if(answers.begin() + static_cast<std::ptrdiff_t>(first), answers.end(),
                                [&](const Answer& answer) { return answer.to == from_; });
  HF_CHECK(own != answers.end());
  Reply reply = std::move(own->reply);
  answers.erase(own);
  reply_.waits_for = std::max(reply_.waits_for, reply.waits_for);
  if (reply.code == ErrorCode::none) {
    reply_.granted.push_back(
        {std::move(reply.lease), std::move(reply.who), reply.granted_at, reply.void_after, reply.before});
  }
  return reply.code;
}

bool Keys::still_holds(const Reply::Grant& grant) const {
  const Lease* lease = std::as_const(step_.state_).find(grant.lease.name);
  const Part* part = lease && lease->token == grant.lease.token ? lease->part_of(grant.who.session) : nullptr;
  return part && !part->lapsed;
}

/// What it began or renewed, and then ended, passed on or renewed again, is not told.
void Keys::forget_what_is_over() {
  std::vector<Reply::Grant>& granted = reply_.granted;
  if (granted.empty() || (granted.size() == 1 && reply_.parts.empty())) return;
  std::set<std::pair<std::uint64_t, std::string_view>> told;
  std::vector<bool> last(granted.size());
  for (std::size_t i = granted.size(); i-- > 0;) {
    last[i] = told.emplace(granted[i].lease.token.value, granted[i].who.session).second && still_holds(granted[i]);
  }
  std::vector<Reply::Grant> left;
  for (std::size_t i = 0; i < granted.size(); ++i) {
    if (last[i]) left.push_back(std::move(granted[i]));
  }
  granted = std::move(left);
}

Reply Keys::take_reply() {
  forget_what_is_over();
  for (const Reply::Grant& grant : reply_.granted) {
    const bool first = reply_.void_after == Instant{} || grant.void_after < reply_.void_after;
    if (first) reply_.void_after = grant.void_after;
    reply_.granted_at = grant.granted_at;
  }
  reply_.position = step_.state_.position();
  return std::move(reply_);
}

}  // namespace holdfast::core
