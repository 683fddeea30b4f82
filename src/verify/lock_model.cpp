#include "verify/lock_model.h"

#include <algorithm>

#include "verify/chain_parts.h"

namespace holdfast::verify {

using recording::Index;
using recording::Lock;
using recording::Nanos;
using recording::never;
using recording::nobody;
using recording::Outcome;
using recording::Recording;
using recording::What;

namespace {

/// The token of a holding that nobody ever saw.
constexpr std::uint64_t unseen = std::numeric_limits<std::uint64_t>::max();

/// Whether it names two holdings as the one before.
bool contradicts(const recording::Operation& operation) {
  return operation.what != What::acquire && operation.token != 0 && operation.previous != 0 &&
         operation.token != operation.previous && !found_it_free(operation);
}

/// What is named of the holding before the one that is granted.
std::uint64_t predecessor(const recording::Operation& operation) {
  if (operation.previous != 0) return operation.previous;
  return operation.what == What::acquire ? 0 : operation.token;
}

}  // namespace

LockModel::LockModel(const Recording& recording, std::span<const Position> operations)
    : recording_(recording),
      lock_(recording.lock),
      operations_(operations),
      first_grant_(recording.clients.size(), none) {
  least_granted_ = unseen;
  tokens_ = lock_.tokens;
  std::vector<std::pair<std::uint64_t, Index>> granted;
  for (const Position position : operations_) {
    const Operation& operation = recording_.operations[position];
    const bool grant = operation.outcome == Outcome::ok && grants(operation.what);
    if (grant && holder_after(operation) < first_grant_.size()) {
      Position& first = first_grant_[holder_after(operation)];
      first = std::min(first, position);
    }
    if (grant && operation.shown == 0) tokens_ = false;
    if (grant && operation.shown != 0) {
      least_granted_ = std::min(least_granted_, operation.shown);
      granted.emplace_back(operation.shown, holder_after(operation));
    }
    const bool named = operation.outcome == Outcome::ok && operation.what != What::query;
    const bool told = operation.outcome != Outcome::stale || operation.shown > operation.token;
    for (const std::uint64_t token : {named ? operation.token : 0, told ? operation.shown : 0, operation.previous}) {
      if (token != 0) seen_.push_back(token);
    }
  }
  std::ranges::sort(seen_);
  seen_.erase(std::unique(seen_.begin(), seen_.end()), seen_.end());
  std::ranges::sort(granted);
  granted.erase(std::unique(granted.begin(), granted.end()), granted.end());
  for (std::size_t i = 1; i < granted.size(); ++i) {
    if (granted[i].first == granted[i - 1].first) shared_tokens_.push_back(granted[i].first);
  }
}

std::vector<LockModel::State> LockModel::initial() const {
  return {State{}};
}

bool LockModel::says_nothing(Position position) const {
  const Operation& operation = recording_.operations[position];
  return operation.what == What::read || operation.what == What::write || operation.outcome == Outcome::over ||
         operation.outcome == Outcome::error ||
         (operation.outcome == Outcome::unknown && operation.what == What::query);
}

bool LockModel::must(Position position) const {
  return recording_.operations[position].outcome != Outcome::unknown;
}

bool LockModel::looks_only(Position position) const {
  const Operation& operation = recording_.operations[position];
  return operation.what == What::query || operation.outcome == Outcome::busy || operation.outcome == Outcome::stale;
}

void LockModel::step(const State& state, Position position, Nanos, std::vector<State>& next) const {
  const Operation& operation = recording_.operations[position];
  if (looks_only(position)) {
    const bool fits = operation.outcome == Outcome::busy    ? refused(state, operation)
                      : operation.outcome == Outcome::stale ? stale(state, operation)
                                                            : seen(state, operation);
    if (fits) next.push_back(state);
    return;
  }
  const bool known = operation.outcome == Outcome::ok;
  switch (operation.what) {
    case What::acquire:
    case What::takeover:
    case What::move:
    case What::transfer:
      return known ? granted(state, operation, next) : maybe_granted(state, operation, next);
    case What::renew:
      return renewed(state, operation, next);
    case What::release:
      return released(state, operation, known, next);
    case What::revoke:
      return revoked(state, operation, next);
    case What::query:
    case What::read:
    case What::write:
      return;
  }
}

/// Leases lapse, and what was held before the recording began may go from one to another whom nobody knows.
void LockModel::by_itself(const State& state, Nanos now, std::vector<State>& next) const {
  for (std::size_t i = 0; i < state.parts.size(); ++i) {
    if (state.parts[i].lapses > now) continue;
    State after = state;
    after.parts.erase(after.parts.begin() + static_cast<std::ptrdiff_t>(i));
    after.gone.push_back(state.parts[i]);
    after.gone.back().lapses = after.gone.back().since = 0;  // They do not matter any more.
    std::ranges::sort(after.gone);
    after.renewable = lock_.late_renewal;
    next.push_back(std::move(after));
  }
  if (!tokens_ || lock_.kind != Lock::Kind::mutex || state.newest >= least_granted_) return;
  for (const std::uint64_t token : seen_) {
    if (token <= state.newest || token >= least_granted_) continue;
    next.push_back(begun(state, {.session = nobody, .token = token, .lapses = always}, true));
  }
}

LockModel::State LockModel::begun(const State& state, Part part, bool instead) const {
  State after = state;
  if (instead) after.parts.clear();
  if (part.token != unseen) after.newest = std::max(after.newest, part.token);
  after.before = state.last;
  after.last = part.token;
  after.parts.push_back(part);
  std::ranges::sort(after.parts);
  after.gone.clear();
  after.renewable = false;
  return after;
}

/// The ttl counts from when it was asked for, and from no earlier than what was asked before.
void LockModel::prolong(Part& part, const Operation& operation) const {
  if (part.session == nobody) return;  // From before the recording: who knows who ends it?
  const Nanos asked = operation.called + operation.waited;
  const Nanos lapses = earliest_lapse(lock_, operation);
  part.since = std::max(part.since, asked);
  part.lapses = lapses == never ? never : lapses + (part.since - asked);
}

const std::string& LockModel::owner(Index client) const {
  static const std::string none_at_all;
  if (client >= recording_.clients.size()) return none_at_all;
  const recording::Client& found = recording_.clients[client];
  return found.owner.empty() ? found.name : found.owner;
}

/// Whether its client had been granted nothing when it asked.
bool LockModel::never_held(const Operation& operation) const {
  const Position first = operation.client < first_grant_.size() ? first_grant_[operation.client] : none;
  return first == none || recording_.operations[first].called > operation.called;
}

/// Whether `operation`, by its token or its client, is about `part`.
bool LockModel::means(const Part& part, const Operation& operation) const {
  if (!tokens_) return part.session == operation.client;
  if (part.token != operation.token) return false;
  const bool shared = std::ranges::binary_search(shared_tokens_, part.token);
  return !shared || part.session == operation.client;
}

bool LockModel::fits(const State& state, const Part& part) const {
  switch (lock_.kind) {
    case Lock::Kind::mutex:
      return state.parts.empty();
    case Lock::Kind::shared:
      return state.parts.empty() ||
             (part.shared && std::ranges::all_of(state.parts, [](const Part& p) { return p.shared; }));
    case Lock::Kind::permits:
      return state.parts.size() < lock_.permits;
  }
  return false;
}

/// Whether the token of a new holding, and what it says of the one before, fit.
bool LockModel::follows(const State& state, const Operation& operation) const {
  if (!tokens_) return true;
  if (operation.shown <= state.newest) return false;
  if (lock_.dense && state.newest != 0 && operation.shown != state.newest + 1) return false;
  const std::uint64_t named = predecessor(operation);
  if (contradicts(operation)) return false;
  if (named == 0 || named == operation.shown) return true;
  if (named > operation.shown) return false;
  if (state.newest != 0) return named == state.last;
  // From before the recording; but what was seen since was not before that.
  return std::ranges::upper_bound(seen_, named) == std::ranges::lower_bound(seen_, operation.shown);
}

void LockModel::granted(const State& state, const Operation& operation, std::vector<State>& next) const {
  Part part{.session = holder_after(operation), .token = tokens_ ? operation.shown : 0, .shared = operation.shared};
  prolong(part, operation);
  const bool mutex = lock_.kind == Lock::Kind::mutex;
  if (operation.what == What::acquire || operation.what == What::takeover) {
    if (fits(state, part) && follows(state, operation) && !operation.joined) next.push_back(begun(state, part, false));
  }
  const bool displaces = operation.what != What::acquire && !found_it_free(operation);
  if (mutex && displaces && !state.parts.empty() && follows(state, operation)) {
    next.push_back(begun(state, part, true));
  }
  // Granted again, or joined.
  const std::uint64_t named = predecessor(operation);
  const bool after_that = named == 0 || named == operation.shown || state.before == 0 || named == state.before;
  const bool same = !tokens_ || (state.last == operation.shown && after_that && !contradicts(operation));
  if (!mutex || !same) return;
  for (std::size_t i = 0; i < state.parts.size(); ++i) {
    if (state.parts[i].session != part.session || !(lock_.reentrant || lock_.joins)) continue;
    State after = state;
    prolong(after.parts[i], operation);
    std::ranges::sort(after.parts);
    next.push_back(std::move(after));
    return;
  }
  const bool own = !state.parts.empty() && owner(state.parts.front().session) == owner(part.session);
  const bool was = state.parts.empty() && state.renewable && lock_.reentrant && tokens_ &&
                   std::ranges::any_of(state.gone, [&](const Part& p) { return p.session == part.session; });
  if ((own && lock_.joins) || was) {
    State after = state;
    after.parts.push_back(part);
    std::ranges::sort(after.parts);
    next.push_back(std::move(after));
  }
}

void LockModel::maybe_granted(const State& state, const Operation& operation, std::vector<State>& next) const {
  Part part{.session = holder_after(operation), .lapses = always, .shared = operation.shared};
  const bool mutex = lock_.kind == Lock::Kind::mutex;
  const bool free = fits(state, part);
  const bool displaces = mutex && operation.what != What::acquire && !state.parts.empty() &&
                         (operation.token == 0 || !tokens_ || operation.token == state.last);
  if (free || displaces) {
    if (!tokens_) {
      next.push_back(begun(state, part, displaces));
    } else if (lock_.dense && state.newest != 0) {
      part.token = state.newest + 1;
      next.push_back(begun(state, part, displaces));
    } else {
      for (const std::uint64_t token : seen_) {
        if (token <= state.newest) continue;
        part.token = token;
        next.push_back(begun(state, part, displaces));
      }
      part.token = unseen;
      next.push_back(begun(state, part, displaces));
    }
  }
  if (!mutex || state.parts.empty()) return;
  for (std::size_t i = 0; i < state.parts.size(); ++i) {
    if (state.parts[i].session != part.session) continue;
    if (lock_.reentrant && operation.ttl > 0) {
      State after = state;
      prolong(after.parts[i], operation);
      std::ranges::sort(after.parts);
      next.push_back(std::move(after));
    }
    return;
  }
  if (lock_.joins && owner(state.parts.front().session) == owner(part.session)) {
    part.token = state.parts.front().token;
    State after = state;
    after.parts.push_back(part);
    std::ranges::sort(after.parts);
    next.push_back(std::move(after));
  }
}

void LockModel::renewed(const State& state, const Operation& operation, std::vector<State>& next) const {
  const bool known = operation.outcome == Outcome::ok;
  for (std::size_t i = 0; i < state.parts.size(); ++i) {
    if (!means(state.parts[i], operation)) continue;
    State after = state;
    if (known || operation.ttl > 0) prolong(after.parts[i], operation);
    std::ranges::sort(after.parts);
    next.push_back(std::move(after));
    return;
  }
  if (!state.renewable) return;
  for (std::size_t i = 0; i < state.gone.size(); ++i) {
    if (!means(state.gone[i], operation)) continue;
    State after = state;
    after.parts.push_back(state.gone[i]);
    prolong(after.parts.back(), operation);
    if (!known && operation.ttl == 0) after.parts.back().lapses = always;
    std::ranges::sort(after.parts);
    after.gone.erase(after.gone.begin() + static_cast<std::ptrdiff_t>(i));
    next.push_back(std::move(after));
    return;
  }
}

void LockModel::released(const State& state, const Operation& operation, bool known, std::vector<State>& next) const {
  for (std::size_t i = 0; i < state.parts.size(); ++i) {
    if (!means(state.parts[i], operation)) continue;
    State after = state;
    after.parts.erase(after.parts.begin() + static_cast<std::ptrdiff_t>(i));
    if (after.parts.empty()) {
      after.gone = {state.parts[i]};
      after.gone.back().lapses = after.gone.back().since = 0;
      after.renewable = false;
    }
    next.push_back(std::move(after));
    return;
  }
  if (!known && !state.renewable) return;  // It would change nothing.
  State after = state;
  if (lock_.kind != Lock::Kind::mutex) {
    next.push_back(std::move(after));
    return;
  }
  const bool left_before =
      lock_.joins && !state.parts.empty() &&
      (tokens_ ? state.last == operation.token : owner(state.parts.front().session) == owner(operation.client));
  // While nobody else holds it a release may be repeated, or come after the lapse.
  const bool over =
      state.parts.empty() && (tokens_ ? state.last == operation.token
                                      : never_held(operation) || std::ranges::any_of(state.gone, [&](const Part& p) {
                                          return p.session == operation.client;
                                        }));
  if (over && (tokens_ || !never_held(operation))) after.renewable = false;
  if (left_before || over) next.push_back(std::move(after));
}

void LockModel::revoked(const State& state, const Operation& operation, std::vector<State>& next) const {
  if (tokens_ && operation.token != 0 && operation.token != state.last) return;
  State after = state;
  if (!after.parts.empty()) {
    after.gone = after.parts;
    for (Part& part : after.gone) part.lapses = part.since = 0;
    after.parts.clear();
  }
  after.renewable = false;
  next.push_back(std::move(after));
}

/// Whether what the answer says of the holder, if anything, is so.
bool LockModel::shows(const State& state, const Operation& operation) const {
  return std::ranges::any_of(state.parts, [&](const Part& p) {
    return (!tokens_ || operation.shown == 0 || p.token == operation.shown) &&
           (operation.holder == nobody || p.session == operation.holder || p.session == nobody);
  });
}

bool LockModel::refused(const State& state, const Operation& operation) const {
  if (state.parts.empty()) return false;
  const Part wanted{.session = operation.client, .shared = operation.shared};
  if (operation.what == What::acquire && lock_.kind != Lock::Kind::mutex && fits(state, wanted)) return false;
  const auto of_client = [&](const Part& p) { return p.session == operation.client; };
  if (operation.what == What::acquire && lock_.reentrant && std::ranges::any_of(state.parts, of_client)) return false;
  return shows(state, operation);
}

bool LockModel::stale(const State& state, const Operation& operation) const {
  if (lock_.kind != Lock::Kind::mutex) return true;
  if (!tokens_) {
    return std::ranges::none_of(state.parts, [&](const Part& p) { return p.session == operation.client; });
  }
  if (std::ranges::binary_search(shared_tokens_, operation.token)) return true;
  if (operation.token != 0 && !state.parts.empty() && state.last == operation.token) return false;
  return operation.token == 0 || operation.shown <= operation.token || operation.shown == state.last;
}

bool LockModel::seen(const State& state, const Operation& operation) const {
  if (!operation.held) {
    if (!state.parts.empty()) return false;
    return !tokens_ || operation.shown == 0 || operation.shown == state.last;
  }
  if (state.parts.empty()) return false;
  return shows(state, operation);
}

}  // namespace holdfast::verify
