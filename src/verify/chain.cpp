#include "verify/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verify/telling.h"

namespace holdfast::verify {

using recording::Index;
using recording::Lock;
using recording::Nanos;
using recording::never;
using recording::nobody;
using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

Nanos earliest_lapse(const Lock& lock, const Operation& operation) {
  if (!lock.leases || operation.ttl <= 0) return never;
  const Nanos slack = static_cast<Nanos>(std::ceil(static_cast<double>(operation.ttl) * lock.drift));
  return operation.called + operation.waited + std::max<Nanos>(operation.ttl - slack, 0);
}

namespace {

bool grants(What what) {
  return what == What::acquire || what == What::takeover || what == What::move || what == What::transfer;
}

/// Who holds after the grant.
Index holder_after(const Operation& operation) {
  return operation.what == What::transfer ? operation.holder : operation.client;
}

/// When a holding that is renewed may lapse at the earliest, of a lock where a renewal must find it held.
///
/// Whichever renewal came last decides. Those that had not returned when the last one was called may have come after
/// it, with their own ttl: the shortest of these counts.
class LapseBound {
 public:
  void renewed(const Lock& lock, const Operation& operation) {
    const Nanos from = operation.called + operation.waited;
    const Nanos lapse = earliest_lapse(lock, operation);
    const Nanos ttl = lapse == never ? never : lapse - from;
    ttl_ = returned_ >= from ? std::min(ttl_, ttl) : ttl;
    latest_ = std::max(latest_, from);
    returned_ = std::max(returned_, operation.returned);
  }
  Nanos at() const { return ttl_ == never ? never : latest_ + ttl_; }

 private:
  Nanos latest_ = always;
  Nanos ttl_ = never;
  Nanos returned_ = always;
};

Flaw flaw_of(std::vector<Position> operations, std::string text) {
  std::erase(operations, none);
  std::ranges::sort(operations);
  operations.erase(std::unique(operations.begin(), operations.end()), operations.end());
  return {std::move(operations), {}, std::move(text)};
}

/// The chain of a lock that gives tokens: they are its order.
class ByToken {
 public:
  ByToken(const Recording& recording, std::span<const Position> operations)
      : recording_(recording), lock_(recording.lock), operations_(operations) {
    chain_.by_token = true;
  }

  Chain make() {
    collect_tokens();
    attribute();
    find_lost_grants();
    build();
    check_order();
    return std::move(chain_);
  }

 private:
  struct Holding {
    std::uint64_t token = 0;
    Index session = nobody;   ///< Where nobody was told of the grant: whom others saw hold it.
    Position lost_by = none;  ///< The call of unknown outcome that may have begun it.
    Position seen = none;     ///< Where nobody was told of the grant: who saw it.
    bool granted = false;     ///< Somebody was told.
    bool before = false;      ///< It began before the recording did.
  };

  const Operation& at(std::size_t i) const { return recording_.operations[operations_[i]]; }

  void collect_tokens() {
    std::vector<std::uint64_t> granted;
    for (const Position position : operations_) {
      const Operation& operation = recording_.operations[position];
      if (operation.outcome == Outcome::ok && grants(operation.what)) granted.push_back(operation.shown);
    }
    const auto unique = [](std::vector<std::uint64_t>& tokens) {
      if (!std::ranges::is_sorted(tokens)) std::ranges::sort(tokens);
      tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    };
    unique(granted);
    tokens_ = std::move(granted);
    std::vector<std::uint64_t> seen;
    const auto see = [&](std::uint64_t token) {
      if (token != 0 && rank(token) == none) seen.push_back(token);
    };
    for (const Position position : operations_) {
      const Operation& operation = recording_.operations[position];
      if (operation.outcome == Outcome::ok && operation.what != What::query) see(operation.token);
      see(operation.shown);
      see(operation.previous);
    }
    unique(seen);
    std::vector<std::uint64_t> all;
    all.reserve(tokens_.size() + seen.size());
    std::ranges::merge(tokens_, seen, std::back_inserter(all));
    if (lock_.dense) fill_gaps(all);
    tokens_ = std::move(all);
    holdings_.resize(tokens_.size());
    for (std::size_t h = 0; h < tokens_.size(); ++h) holdings_[h].token = tokens_[h];
  }

  /// Tokens rise by one: those that nobody mentions were given to somebody, too.
  void fill_gaps(std::vector<std::uint64_t>& all) {
    const std::size_t candidates = static_cast<std::size_t>(std::ranges::count_if(operations_, [&](Position position) {
      const Operation& operation = recording_.operations[position];
      return operation.outcome == Outcome::unknown && grants(operation.what);
    }));
    std::size_t missing = 0;
    std::vector<std::uint64_t> filled;
    for (const std::uint64_t token : all) {
      if (!filled.empty() && token - filled.back() - 1 > candidates - std::min(candidates, missing)) {
        chain_.flaws.push_back(flaw_of({}, fmt::format("tokens rise by one, but between {} and {} of {} are more that "
                                                       "nobody was given than calls whose outcome is unknown",
                                                       filled.back(), token, name())));
      } else if (!filled.empty()) {
        for (std::uint64_t gap = filled.back() + 1; gap < token; ++gap, ++missing) filled.push_back(gap);
      }
      filled.push_back(token);
    }
    all = std::move(filled);
  }

  /// Where `token` stands among all; tokens rise with time, so the search begins where the last one ended.
  Position rank(std::uint64_t token) {
    if (tokens_.empty()) return none;
    std::size_t low = hint_ < tokens_.size() ? hint_ : 0, step = 1;
    if (tokens_[low] > token) {
      std::size_t high = low;
      while (low > 0 && tokens_[low] > token) {
        high = low;
        low = low > step ? low - step : 0;
        step *= 2;
      }
      return rank_between(low, high, token);
    }
    std::size_t high = low;
    while (high < tokens_.size() && tokens_[high] < token) {
      low = high;
      high = std::min(high + step, tokens_.size());
      step *= 2;
    }
    return rank_between(low, std::min(high + 1, tokens_.size()), token);
  }
  Position rank_between(std::size_t low, std::size_t high, std::uint64_t token) {
    const auto begin = tokens_.begin();
    const auto found =
        std::lower_bound(begin + static_cast<std::ptrdiff_t>(low), begin + static_cast<std::ptrdiff_t>(high), token);
    if (found == begin + static_cast<std::ptrdiff_t>(high) || *found != token) return none;
    hint_ = static_cast<std::size_t>(found - begin);
    return static_cast<Position>(hint_);
  }

  /// Which holding each operation is about, and which of them a holding is made of.
  void attribute() {
    chain_.about.assign(operations_.size(), none);
    std::vector<Position> count(holdings_.size() + 1, 0);
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      const Operation& operation = at(i);
      Position& about = chain_.about[i];
      switch (operation.outcome) {
        case Outcome::ok:
          about = rank(grants(operation.what) || operation.what == What::query ? operation.shown : operation.token);
          break;
        case Outcome::busy:
          about = rank(operation.shown);
          break;
        case Outcome::stale:
        case Outcome::unknown:
          about = rank(operation.token);
          break;
        case Outcome::over:
        case Outcome::error:
          break;
      }
      if (about != none && makes(operation)) ++count[about + 1];
      note_seen(operation, operations_[i]);
    }
    for (std::size_t h = 1; h < count.size(); ++h) count[h] += count[h - 1];
    first_ = count;
    parts_.resize(count.empty() ? 0 : count.back());
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if (chain_.about[i] != none && makes(at(i))) parts_[count[chain_.about[i]]++] = operations_[i];
    }
  }

  /// Whether `operation`, which is about a holding, may have changed it.
  static bool makes(const Operation& operation) {
    return (operation.outcome == Outcome::ok || operation.outcome == Outcome::unknown) &&
           operation.what != What::query && operation.what != What::read && operation.what != What::write;
  }

  void note_seen(const Operation& operation, Position position) {
    if (operation.outcome == Outcome::ok && grants(operation.what)) {
      if (const Position h = rank(operation.shown); h != none) holdings_[h].granted = true;
    }
    for (const std::uint64_t token : {operation.shown, operation.previous, operation.token}) {
      if (token == 0) continue;
      const Position h = rank(token);
      if (h == none || holdings_[h].granted) continue;
      Holding& holding = holdings_[h];
      if (holding.seen == none && operation.outcome != Outcome::unknown) holding.seen = position;
      if (token == operation.shown && operation.holder != nobody &&
          (operation.outcome == Outcome::busy || (operation.what == What::query && operation.held))) {
        holding.session = operation.holder;
      }
    }
  }

  /// A token that was seen and that nobody was told of was given in answer to a call whose outcome is unknown: another
  /// one for each, in the order of the tokens. Those whose holder was named choose first.
  void find_lost_grants() {
    std::vector<Position> lost;
    std::size_t first_granted = holdings_.size();
    for (std::size_t h = 0; h < holdings_.size(); ++h) {
      if (holdings_[h].granted) {
        first_granted = std::min(first_granted, h);
      } else {
        lost.push_back(static_cast<Position>(h));
      }
    }
    if (lost.empty()) return;
    std::vector<Position> unknown;
    for (const Position position : operations_) {
      const Operation& operation = recording_.operations[position];
      if (operation.outcome == Outcome::unknown && grants(operation.what)) unknown.push_back(position);
    }
    std::vector<bool> used(unknown.size(), false);
    bool named = false, unnamed = false;
    for (const bool by_name : {true, false}) {
      for (const Position h : lost) {
        Holding& holding = holdings_[h];
        if ((holding.session != nobody) != by_name) continue;
        (by_name ? named : unnamed) = true;
        for (std::size_t u = 0; u < unknown.size(); ++u) {
          const Operation& operation = recording_.operations[unknown[u]];
          if (used[u] || (by_name && holder_after(operation) != holding.session)) continue;
          used[u] = true;
          holding.lost_by = unknown[u];
          holding.session = holder_after(operation);
          break;
        }
        if (holding.lost_by != none) continue;
        if (h < first_granted) {
          holding.before = true;
        } else {
          chain_.flaws.push_back(nobody_was_granted(h));
        }
      }
    }
    if (named && unnamed) chain_.forced = false;  // Another choice may fit better.
  }

  Flaw nobody_was_granted(Position h) const {
    const Holding& holding = holdings_[h];
    std::string text = fmt::format("Nobody was ever granted {} under token {}", name(), holding.token);
    if (holding.seen != none) text += ", but " + answered(recording_, recording_.operations[holding.seen]);
    return flaw_of({holding.seen}, std::move(text));
  }

  std::string name() const {
    return operations_.empty() ? std::string("it") : name_of(recording_, recording_.operations[operations_[0]].name);
  }

  void build() {
    std::vector<Position> first_stretch(holdings_.size());
    chain_.stretches.reserve(holdings_.size());
    for (std::size_t h = 0; h < holdings_.size(); ++h) {
      first_stretch[h] = static_cast<Position>(chain_.stretches.size());
      build(h, {parts_.begin() + first_[h], parts_.begin() + first_[h + 1]});
    }
    for (Position& about : chain_.about) {
      if (about != none) about = first_stretch[about];
    }
  }

  struct Part {
    Index session = nobody;
    LapseBound lapse;
    Nanos released = never;
    Position release = none;
  };

  /// The stretches of the holding `h`, out of what may have changed it, in order of calls.
  void build(std::size_t h, std::span<const Position> operations) {
    const Holding& holding = holdings_[h];
    const std::size_t begin = chain_.stretches.size();
    Stretch first{.token = holding.token, .session = holding.session};
    parts_of_holding_.clear();
    if (!holding.granted) {
      // Nobody was told, so nobody was promised that it lasts.
      first.begins = holding.lost_by == none ? always : recording_.operations[holding.lost_by].called;
      first.ends = first.begins;
      first.grant = holding.lost_by;
      first.direct = holding.lost_by != none && recording_.operations[holding.lost_by].what != What::acquire;
      chain_.stretches.push_back(first);
    } else {
      begin_holding(first, operations);
      chain_.stretches.push_back(first);
    }
    for (const Position position : operations) change(position, begin);
    finish(begin);
    displaced_by_unknown(operations, begin);
  }

  void begin_holding(Stretch& first, std::span<const Position> operations) {
    for (const Position position : operations) {
      const Operation& operation = recording_.operations[position];
      if (operation.outcome != Outcome::ok || !grants(operation.what) || operation.shown != first.token) continue;
      const Index session = holder_after(operation);
      if (first.grant == none) {
        first.grant = position;
        first.session = session;
        first.begins = operation.called;
        first.direct = operation.what != What::acquire;
        first.passed = operation.what == What::move || operation.what == What::transfer;
        if (lock_.reentrant) first.begins = std::min(first.begins, asked_before(session, operation.called));
        continue;
      }
      check_second_grant(first, position);
      if (session != first.session) first.joined = true;
    }
  }

  /// Whoever asks again after an unknown outcome may find that it was granted at its first request.
  Nanos asked_before(Index session, Nanos called) {
    if (unknown_since_.empty()) index_unknown();
    Nanos earliest = called;
    for (const Nanos at : unknown_since_[session < unknown_since_.size() ? session : 0]) {
      if (session < unknown_since_.size()) earliest = std::min(earliest, at);
    }
    return earliest;
  }
  void index_unknown() {
    unknown_since_.resize(std::max<std::size_t>(recording_.clients.size(), 1));
    for (const Position position : operations_) {
      const Operation& operation = recording_.operations[position];
      if (operation.outcome != Outcome::unknown || !grants(operation.what)) continue;
      const Index session = holder_after(operation);
      // Only the first of a session can matter: it is the weakest bound.
      if (session < unknown_since_.size() && unknown_since_[session].empty()) {
        unknown_since_[session].push_back(operation.called);
      }
    }
  }

  void check_second_grant(const Stretch& first, Position position) {
    const Operation& operation = recording_.operations[position];
    const Index session = holder_after(operation);
    const bool same = session == first.session;
    const bool may_join = lock_.joins && owner(session) == owner(first.session);
    if (may_join || (same && lock_.reentrant)) return;
    Flaw flaw = flaw_of({first.grant, position}, fmt::format("Token {} was given twice: {}; {}", first.token,
                                                             answered(recording_, recording_.operations[first.grant]),
                                                             answered(recording_, operation)));
    flaw.marked = {{first.session, first.token, recording_.operations[first.grant].returned, never},
                   {session, first.token, operation.returned, never}};
    chain_.flaws.push_back(std::move(flaw));
  }

  const std::string& owner(Index client) const {
    static const std::string nobody_at_all;
    if (client >= recording_.clients.size()) return nobody_at_all;
    const recording::Client& found = recording_.clients[client];
    return found.owner.empty() ? found.name : found.owner;
  }

  Part& part_of(Index session) {
    const auto found = std::ranges::find(parts_of_holding_, session, &Part::session);
    if (found != parts_of_holding_.end()) return *found;
    Part part;
    part.session = session;
    return parts_of_holding_.emplace_back(part);
  }

  /// Applies what `position` may have changed to the newest stretch, or begins another one.
  void change(Position position, std::size_t begin) {
    const Operation& operation = recording_.operations[position];
    const bool ok = operation.outcome == Outcome::ok;
    Stretch& newest = chain_.stretches.back();
    if (ok && grants(operation.what) && operation.shown != newest.token) return;  // It took the name from this one.
    switch (operation.what) {
      case What::acquire:
      case What::takeover:
      case What::move:
      case What::transfer:
        if (ok) prolonged(position, holder_after(operation), begin);
        return;
      case What::renew:
        if (ok) {
          prolonged(position, session_of(operation), begin);
        } else if (lock_.leases) {
          maybe_prolonged(position);
        }
        return;
      case What::release: {
        Part& part = part_of(session_of(operation));
        if (operation.called < part.released) {
          part.released = operation.called;
          part.release = position;
        }
        return;
      }
      case What::revoke:
        if (operation.called < revoked_) {
          revoked_ = operation.called;
          revoke_ = position;
        }
        return;
      case What::query:
      case What::read:
      case What::write:
        return;
    }
  }

  /// A token names the holding, whoever shows it: where only one session is in it, that one is meant.
  Index session_of(const Operation& operation) {
    const Stretch& newest = chain_.stretches.back();
    return newest.joined ? operation.client : newest.session;
  }

  void prolonged(Position position, Index session, std::size_t begin) {
    const Operation& operation = recording_.operations[position];
    const bool first = chain_.stretches.size() == begin + 1 && chain_.stretches.back().grant == position;
    if (!first && lock_.late_renewal && lock_.leases) begin_stretch(position, operation.called);
    Part& part = part_of(session);
    if (grants(operation.what)) {
      part.released = never;
      part.release = none;
    }
    if (lock_.late_renewal) part.lapse = LapseBound{};
    part.lapse.renewed(lock_, operation);
  }

  void begin_stretch(Position position, Nanos called) {
    finish_stretch();
    Stretch& before = chain_.stretches.back();
    if (before.grant != none && recording_.operations[before.grant].returned >= called && !before.optional) {
      chain_.forced = false;  // Which of two renewals at one time came first?
    }
    Stretch next{.token = before.token, .begins = called, .grant = position, .session = before.session};
    next.direct = true;
    next.continues = true;
    next.joined = before.joined;
    chain_.stretches.push_back(next);
  }

  /// A renewal that nobody knows of: it may have shortened the ttl, and may have found the name lapsed.
  void maybe_prolonged(Position position) {
    const Operation& operation = recording_.operations[position];
    if (!lock_.late_renewal) {
      Part& part = part_of(session_of(operation));
      if (operation.ttl > 0) part.lapse.renewed(lock_, operation);
      return;
    }
    begin_stretch(position, operation.called);
    Stretch& stretch = chain_.stretches.back();
    stretch.optional = true;
    stretch.ends = operation.called;
  }

  /// The newest stretch is over when each session's part is.
  void finish_stretch() {
    Stretch& stretch = chain_.stretches.back();
    if (stretch.optional || parts_of_holding_.empty()) return;
    Nanos ends = always;
    Position end = none;
    for (const Part& part : parts_of_holding_) {
      const Nanos lapse = part.lapse.at();
      const Nanos over = std::min(lapse, part.released);
      if (over <= ends) continue;
      ends = over;
      end = part.released <= lapse ? part.release : none;
    }
    // Releases count for the last stretch alone: what was released is not renewed. With several sessions in it any may
    // have gone before.
    if (stretch.joined || ends_with_last_) {
      stretch.ends = ends;
      stretch.end = end;
      return;
    }
    Nanos lapse = always;
    for (const Part& part : parts_of_holding_) lapse = std::max(lapse, part.lapse.at());
    stretch.ends = lapse;
  }

  void finish(std::size_t begin) {
    ends_with_last_ = true;
    finish_stretch();
    ends_with_last_ = false;
    Stretch& last = chain_.stretches.back();
    if (last.optional) {
      // Without it the holding ends as the one before it may.
      for (std::size_t s = chain_.stretches.size(); s-- > begin;) {
        if (chain_.stretches[s].optional) continue;
        for (const Part& part : parts_of_holding_)
          chain_.stretches[s].ends = std::min(chain_.stretches[s].ends, part.released);
        break;
      }
    }
    if (revoked_ < last.ends) {
      last.ends = revoked_;
      last.end = revoke_;
    }
    revoked_ = never;
    revoke_ = none;
  }

  /// Takeovers and the like of this holding whose outcome is unknown: each may have ended it, and something held by
  /// nobody who was told may have followed.
  void displaced_by_unknown(std::span<const Position> operations, std::size_t begin) {
    const std::uint64_t token = chain_.stretches[begin].token;
    for (const Position position : operations) {
      const Operation& operation = recording_.operations[position];
      if (operation.outcome != Outcome::unknown || !grants(operation.what) || operation.token != token) continue;
      Stretch stretch{.begins = operation.called, .ends = operation.called, .grant = position};
      stretch.session = holder_after(operation);
      stretch.direct = true;
      stretch.optional = true;
      chain_.stretches.push_back(stretch);
    }
  }

  /// What grants say of the holding before them.
  void check_order() {
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      const Operation& operation = at(i);
      if (operation.outcome != Outcome::ok || !grants(operation.what)) continue;
      const std::uint64_t named =
          operation.previous != 0 ? operation.previous : (operation.what == What::acquire ? 0 : operation.token);
      if (named == 0 || named == operation.shown) continue;
      const Position own = rank(operation.shown), other = rank(named);
      if (other < own && other + 1 == own) continue;
      const Position between = other < own ? own - 1 : own;
      Position witness = none;
      for (const Stretch& stretch : chain_.stretches) {
        if (stretch.token == tokens_[between]) witness = stretch.grant;
        if (stretch.token == tokens_[between]) break;
      }
      chain_.flaws.push_back(flaw_of(
          {operations_[i], witness},
          other < own ? fmt::format("{}: it says that before it was token {}, but token {} was given in between",
                                    answered(recording_, operation), named, tokens_[between])
                      : fmt::format("{}: its token is not greater than that of the holding before it, {}",
                                    answered(recording_, operation), named)));
    }
  }

  const Recording& recording_;
  const Lock& lock_;
  std::span<const Position> operations_;
  Chain chain_;
  std::vector<std::uint64_t> tokens_;
  std::size_t hint_ = 0;
  std::vector<Holding> holdings_;
  std::vector<Position> first_;  ///< Where the parts of each holding begin in `parts_`.
  std::vector<Position> parts_;
  std::vector<Part> parts_of_holding_;
  std::vector<std::vector<Nanos>> unknown_since_;
  Nanos revoked_ = never;
  Position revoke_ = none;
  bool ends_with_last_ = false;
};

/// The chain of a lock that shows no tokens.
class ByTime {
 public:
  ByTime(const Recording& recording, std::span<const Position> operations)
      : recording_(recording), lock_(recording.lock), operations_(operations), current_(recording.clients.size()) {}

  Chain make() {
    chain_.about.assign(operations_.size(), none);
    for (std::size_t i = 0; i < operations_.size(); ++i) take(i);
    displace();
    order();
    return std::move(chain_);
  }

 private:
  struct Current {
    Position stretch = none;
    LapseBound lapse;
    Nanos released = never;
  };

  void take(std::size_t i) {
    const Operation& operation = recording_.operations[operations_[i]];
    const bool ok = operation.outcome == Outcome::ok;
    switch (operation.what) {
      case What::acquire:
      case What::takeover:
      case What::move:
      case What::transfer:
        if (ok) granted(i);
        if (operation.outcome == Outcome::stale) chain_.about[i] = of(operation.client);
        if (operation.outcome == Outcome::unknown && operation.what != What::acquire)
          displacing_.push_back(operations_[i]);
        return;
      case What::renew:
        if (ok) {
          renewed(i);
        } else {
          chain_.about[i] = of(operation.client);
          if (operation.outcome == Outcome::unknown) maybe_renewed(i);
        }
        return;
      case What::release:
        chain_.about[i] = of(operation.client);
        if (ok || operation.outcome == Outcome::unknown) released(i);
        return;
      case What::revoke:
        if (ok || operation.outcome == Outcome::unknown) displacing_.push_back(operations_[i]);
        return;
      case What::query:
      case What::read:
      case What::write:
        return;
    }
  }

  Position of(Index client) const { return client < current_.size() ? current_[client].stretch : none; }

  void granted(std::size_t i) {
    const Operation& operation = recording_.operations[operations_[i]];
    Stretch stretch{.begins = operation.called, .grant = operations_[i], .session = holder_after(operation)};
    stretch.direct = operation.what != What::acquire;
    stretch.passed = operation.what == What::move || operation.what == What::transfer;
    begin(i, stretch);
  }

  void begin(std::size_t i, Stretch stretch) {
    const Operation& operation = recording_.operations[operations_[i]];
    stretch.ends = earliest_lapse(lock_, operation);
    chain_.about[i] = static_cast<Position>(chain_.stretches.size());
    if (stretch.session < current_.size()) {
      current_[stretch.session] = {chain_.about[i], {}, never};
      current_[stretch.session].lapse.renewed(lock_, operation);
    }
    chain_.stretches.push_back(stretch);
  }

  void renewed(std::size_t i) {
    const Operation& operation = recording_.operations[operations_[i]];
    const Position stretch = of(operation.client);
    chain_.about[i] = stretch;
    if (stretch == none) return;
    if (!lock_.leases) return;
    if (lock_.late_renewal) {
      const Stretch& before = chain_.stretches[stretch];
      if (recording_.operations[before.grant].returned >= operation.called) chain_.forced = false;
      Stretch next{.begins = operation.called, .grant = operations_[i], .session = before.session};
      next.direct = true;
      next.continues = true;
      begin(i, next);
      return;
    }
    Current& current = current_[operation.client];
    current.lapse.renewed(lock_, operation);
    Stretch& held = chain_.stretches[stretch];
    held.ends = std::min(current.lapse.at(), current.released);
    if (current.released > current.lapse.at()) held.end = none;
  }

  void maybe_renewed(std::size_t i) {
    const Operation& operation = recording_.operations[operations_[i]];
    const Position stretch = of(operation.client);
    if (stretch == none || !lock_.leases) return;
    if (lock_.late_renewal) {
      Stretch next{
          .begins = operation.called, .ends = operation.called, .grant = operations_[i], .session = operation.client};
      next.direct = true;
      next.continues = true;
      next.optional = true;
      current_[operation.client].stretch = static_cast<Position>(chain_.stretches.size());
      chain_.stretches.push_back(next);
    } else if (operation.ttl > 0) {
      current_[operation.client].lapse.renewed(lock_, operation);
      Stretch& held = chain_.stretches[stretch];
      held.ends = std::min(held.ends, current_[operation.client].lapse.at());
    }
  }

  void released(std::size_t i) {
    const Operation& operation = recording_.operations[operations_[i]];
    const Position stretch = of(operation.client);
    if (stretch == none) return;
    current_[operation.client].released = std::min(current_[operation.client].released, operation.called);
    Stretch& held = chain_.stretches[stretch];
    if (operation.called >= held.ends) return;
    held.ends = operation.called;
    held.end = operations_[i];
  }

  /// Without tokens nobody knows which holding a revocation, or a takeover of unknown outcome, has ended: it may be any
  /// that was there.
  void displace() {
    for (const Position position : displacing_) {
      const Operation& operation = recording_.operations[position];
      for (Stretch& stretch : chain_.stretches) {
        if (stretch.begins > operation.returned || operation.called >= stretch.ends) continue;
        stretch.ends = std::max(operation.called, stretch.begins);
        stretch.end = position;
      }
    }
  }

  Nanos granted_at(const Stretch& stretch) const {
    return stretch.optional ? stretch.begins : recording_.operations[stretch.grant].returned;
  }

  /// By the spans in which each holding certainly was.
  void order() {
    std::vector<Position> order(chain_.stretches.size());
    for (std::size_t s = 0; s < order.size(); ++s) order[s] = static_cast<Position>(s);
    const auto before = [&](Position a, Position b) {
      const Stretch& left = chain_.stretches[a];
      const Stretch& right = chain_.stretches[b];
      const Nanos from = granted_at(left), other = granted_at(right);
      const Nanos key = std::min(from, left.ends), other_key = std::min(other, right.ends);
      return std::tuple(key, left.ends, a) < std::tuple(other_key, right.ends, b);
    };
    if (!std::ranges::is_sorted(order, before)) std::ranges::sort(order, before);
    std::vector<Position> place(order.size());
    std::vector<Stretch> sorted(order.size());
    for (std::size_t s = 0; s < order.size(); ++s) {
      place[order[s]] = static_cast<Position>(s);
      sorted[s] = chain_.stretches[order[s]];
      if (sorted[s].ends < granted_at(sorted[s])) chain_.forced = false;
    }
    chain_.stretches = std::move(sorted);
    for (Position& about : chain_.about) {
      if (about != none) about = place[about];
    }
    for (std::size_t s = 0; s < chain_.stretches.size(); ++s) link(s);
  }

  void link(std::size_t s) {
    Stretch& stretch = chain_.stretches[s];
    const bool own = s > 0 && chain_.stretches[s - 1].session == stretch.session;
    if (own && lock_.reentrant) stretch.direct = true;
    if (!stretch.continues || own) return;
    stretch.continues = false;
    stretch.direct = false;
    if (stretch.optional || s == 0) return;
    const Stretch& between = chain_.stretches[s - 1];
    const Operation& renewal = recording_.operations[stretch.grant];
    Flaw flaw = flaw_of({between.grant, stretch.grant},
                        fmt::format("{}, although {} held it in between: {}", answered(recording_, renewal),
                                    client_of(recording_, between.session),
                                    answered(recording_, recording_.operations[between.grant])));
    flaw.marked = {{between.session, 0, granted_at(between), between.ends},
                   {stretch.session, 0, renewal.returned, stretch.ends}};
    chain_.flaws.push_back(std::move(flaw));
  }

  const Recording& recording_;
  const Lock& lock_;
  std::span<const Position> operations_;
  std::vector<Current> current_;
  std::vector<Position> displacing_;
  Chain chain_;
};

}  // namespace

Chain chain(const Recording& recording, std::span<const Position> operations) {
  const bool tokens = recording.lock.tokens && std::ranges::all_of(operations, [&](Position position) {
                        const Operation& operation = recording.operations[position];
                        return operation.outcome != Outcome::ok || !grants(operation.what) || operation.shown != 0;
                      });
  if (tokens) return ByToken(recording, operations).make();
  return ByTime(recording, operations).make();
}

}  // namespace holdfast::verify
