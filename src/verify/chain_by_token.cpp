#include <fmt/format.h>

#include <algorithm>

#include "verify/chain_parts.h"
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

namespace {

/// The chain of a lock that gives tokens: they are its order.
class ByToken {
 public:
  ByToken(const Recording& recording, std::span<const Position> operations)
      : recording_(recording), lock_(recording.lock), operations_(operations) {
    chain_.by_token = true;
    chain_.unseen = maybe_granted(recording, operations);
    note_shortest();
    chain_.exact = chain_.unseen.empty();
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
  };

  const Operation& at(std::size_t i) const { return recording_.operations[operations_[i]]; }

  void note_shortest() {
    if (chain_.unseen.empty()) return;
    for (const Position position : operations_) {
      const Operation& operation = recording_.operations[position];
      if (operation.outcome != Outcome::unknown || !grants(operation.what) || operation.ttl == 0) continue;
      const Nanos ttl = earliest_lapse(lock_, operation);
      if (ttl != never) shortest_.emplace_back(holder_after(operation), ttl - operation.called - operation.waited);
    }
    std::ranges::sort(shortest_);
    const auto rest = std::ranges::unique(shortest_, {}, &std::pair<Index, Nanos>::first);
    shortest_.erase(rest.begin(), rest.end());
  }

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
      // A refusal may just repeat the token that it refuses.
      if (operation.outcome != Outcome::stale || operation.shown > operation.token) see(operation.shown);
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
      if (operation.token == 0 && (operation.what == What::renew || operation.what == What::release)) {
        about = by_client(operation);
      }
      if (about != none && makes(operation)) ++count[about + 1];
      note_seen(operation, operations_[i]);
      note_grant(operation, about);
    }
    for (std::size_t h = 1; h < count.size(); ++h) count[h] += count[h - 1];
    first_ = count;
    parts_.resize(count.empty() ? 0 : count.back());
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if (chain_.about[i] != none && makes(at(i))) parts_[count[chain_.about[i]]++] = operations_[i];
    }
  }

  /// Without a token it is about the newest holding that its client was told of.
  Position by_client(const Operation& operation) {
    if (operation.outcome == Outcome::over || operation.outcome == Outcome::error) return none;
    chain_.exact = false;
    if (operation.outcome == Outcome::unknown) chain_.forced = false;
    if (operation.client >= newest_of_.size() || newest_of_[operation.client].first == none) return none;
    if (newest_of_[operation.client].second >= operation.called) chain_.forced = false;  // Which came first?
    return newest_of_[operation.client].first;
  }
  void note_grant(const Operation& operation, Position holding) {
    const Index session = holder_after(operation);
    if (operation.outcome != Outcome::ok || !grants(operation.what) || session >= recording_.clients.size()) return;
    newest_of_.resize(recording_.clients.size(), {none, always});
    newest_of_[session] = {holding, operation.returned};
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
        if (h < first_granted) continue;  // It may have begun before the recording did.
        (by_name ? named : unnamed) = true;
        for (std::size_t u = 0; u < unknown.size(); ++u) {
          const Operation& operation = recording_.operations[unknown[u]];
          if (used[u] || (by_name && holder_after(operation) != holding.session)) continue;
          used[u] = true;
          holding.lost_by = unknown[u];
          break;
        }
        if (holding.lost_by == none) {
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
    chain_.stretches.reserve(holdings_.size() + parts_.size());  // At most; what is not used is never touched.
    for (std::size_t h = 0; h < holdings_.size(); ++h) {
      first_stretch[h] = static_cast<Position>(chain_.stretches.size());
      build(h, {parts_.begin() + first_[h], parts_.begin() + first_[h + 1]});
    }
    for (Position& about : chain_.about) {
      if (about == none) continue;
      about = first_stretch[about];
      if (chain_.stretches[about].vague) chain_.exact = false;
    }
  }

  struct Part {
    Index session = nobody;
    LapseBound lapse;
    bool promised = false;  ///< Somebody was told that it lasts.
    Nanos released = never;
    Nanos release_returned = never;
    Position release = none;
  };

  /// The stretches of the holding `h`, out of what may have changed it, in order of calls.
  void build(std::size_t h, std::span<const Position> operations) {
    const Holding& holding = holdings_[h];
    const std::size_t begin = chain_.stretches.size();
    Stretch first{.token = holding.token, .session = holding.session};
    parts_of_holding_.clear();
    lost_renewal_ = none;
    lost_ttl_ = never;
    prolonged_until_ = always;
    if (!holding.granted && holding.lost_by == none) {
      // From before the recording: it may be anybody's, also of somebody who is not in it.
      first.session = nobody;
      first.begins = first.ends = always;
      first.vague = true;
      chain_.stretches.push_back(first);
      return;
    }
    if (!holding.granted) {
      // Nobody was told, so nobody was promised that it lasts.
      first.begins = first.ends = recording_.operations[holding.lost_by].called;
      first.grant = holding.lost_by;
      first.direct = recording_.operations[holding.lost_by].what != What::acquire;
      chain_.stretches.push_back(first);
    } else {
      begin_holding(first, operations);
      chain_.stretches.push_back(first);
      if (lock_.late_renewal && first.begins < recording_.operations[first.grant].called) {
        // Granted at an earlier request, it may have lapsed by the time of the one that was answered.
        chain_.stretches.back().ends = first.begins;
        chain_.stretches.back().grant = none;
      }
    }
    for (const Position position : operations) change(position, begin);
    finish(begin);
    displaced_by_unknown(operations, begin);
  }

  static bool granted_by(const Operation& operation, std::uint64_t token) {
    return operation.outcome == Outcome::ok && grants(operation.what) && operation.shown == token;
  }

  /// The grant of a holding is the earliest that did not join it.
  void begin_holding(Stretch& first, std::span<const Position> operations) {
    Position joined = none;
    for (const Position position : operations) {
      const Operation& operation = recording_.operations[position];
      if (!granted_by(operation, first.token)) continue;
      if (operation.joined) joined = std::min(joined, position);
      if (!operation.joined && first.grant == none) first.grant = position;
    }
    if (first.grant == none) return begin_joined(first, joined);
    const Operation& grant = recording_.operations[first.grant];
    first.session = holder_after(grant);
    first.begins = grant.called;
    first.direct = grant.what != What::acquire && !found_it_free(grant);
    first.passed = (grant.what == What::move || grant.what == What::transfer) && grant.token != 0;
    if (lock_.reentrant && asked_before(chain_, first.session) < first.begins) {
      first.begins = asked_before(chain_, first.session);
      first.passed = false;
    }
    for (const Position position : operations) {
      const Operation& operation = recording_.operations[position];
      if (position == first.grant || !granted_by(operation, first.token)) continue;
      check_second_grant(first, position);
      if (operation.what != grant.what) {  // Either may have begun it.
        first.direct = first.direct || operation.what != What::acquire;
        first.passed = false;
        chain_.exact = false;
      }
      if (holder_after(operation) == first.session) continue;
      first.joined = true;
      chain_.exact = false;
    }
  }

  /// All that were told of it joined it: then it began for somebody of the same owner who was not told.
  void begin_joined(Stretch& first, Position joined) {
    const Operation& operation = recording_.operations[joined];
    first.grant = joined;
    first.session = operation.client;
    first.joined = true;
    first.begins = never;
    for (const auto& [session, called] : chain_.unseen) {
      if (owner(session) == owner(operation.client)) first.begins = std::min(first.begins, called);
    }
    if (first.begins != never) return;
    first.begins = operation.called;
    chain_.flaws.push_back(
        flaw_of({joined}, answered(recording_, operation) + " as one who joins, but nobody of its owner had it"));
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
          part.release_returned = operation.outcome == Outcome::unknown ? never : operation.returned;
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
    const bool first = chain_.stretches.back().grant == position;
    if (!first && lock_.late_renewal && lock_.leases) {
      if (operation.called < chain_.stretches[begin].begins) chain_.forced = chain_.exact = false;
      // Which of two renewals at one time came first?
      if (prolonged_until_ >= operation.called) chain_.forced = false;
      begin_stretch(position, operation.called);
    }
    prolonged_until_ = std::max(prolonged_until_, operation.returned);
    Part& part = part_of(session);
    if (grants(operation.what) && part.release_returned < operation.called) {
      part.released = part.release_returned = never;
      part.release = none;
    }
    if (lock_.late_renewal) part.lapse = LapseBound{};
    part.promised = true;
    part.lapse.renewed(lock_, operation);
    if (lost_renewal_ != none) begin_optional(operation.called);
  }

  void begin_stretch(Position position, Nanos called) {
    finish_stretch();
    const Stretch& before = chain_.stretches.back();
    Stretch next{.token = before.token, .begins = called, .grant = position, .session = before.session};
    next.direct = true;
    next.continues = true;
    next.joined = before.joined;
    chain_.stretches.push_back(next);
  }

  /// A renewal that nobody knows of: it may have shortened the ttl, and may have found the name lapsed. It may also
  /// come late, after others that were answered.
  void maybe_prolonged(Position position) {
    const Operation& operation = recording_.operations[position];
    if (!lock_.late_renewal) {
      Part& part = part_of(session_of(operation));
      if (operation.ttl > 0) part.lapse.renewed(lock_, operation);
      return;
    }
    chain_.exact = false;
    const Nanos lapse = earliest_lapse(lock_, operation);
    if (lapse != never) lost_ttl_ = std::min(lost_ttl_, lapse - operation.called - operation.waited);
    lost_renewal_ = position;
    begin_optional(operation.called);
  }

  void begin_optional(Nanos called) {
    begin_stretch(lost_renewal_, called);
    Stretch& stretch = chain_.stretches.back();
    stretch.optional = true;
    // Without a ttl it promises no more than what was promised before.
    const Nanos before = chain_.stretches[chain_.stretches.size() - 2].ends;
    stretch.ends = lost_ttl_ != never ? called + lost_ttl_ : std::max(called, before);
  }

  /// The newest stretch is over when each session's part is. Releases count for the last stretch alone, for what was
  /// released is not renewed; but of several sessions some may have gone before.
  void finish_stretch(bool last = false) {
    Stretch& stretch = chain_.stretches.back();
    if (stretch.optional) return;
    Nanos ends = always;
    Position end = none;
    for (const Part& part : parts_of_holding_) {
      if (!part.promised) continue;
      const Nanos lapse = part.lapse.at(std::min(shortest_unknown(part.session), lost_ttl_));
      const Nanos released = last || stretch.joined ? part.released : never;
      const Nanos over = std::min(lapse, released);
      if (over <= ends) continue;
      ends = over;
      end = released <= lapse ? part.release : none;
    }
    if (ends == always) return;  // Nobody was promised anything.
    stretch.ends = ends;
    stretch.end = ends == never ? none : end;
  }

  /// The shortest ttl that `session` asked for in acquires of unknown outcome: any may have been done last.
  Nanos shortest_unknown(Index session) const {
    if (!lock_.reentrant || !lock_.leases) return never;
    const auto found = std::ranges::lower_bound(shortest_, session, {}, &std::pair<Index, Nanos>::first);
    return found != shortest_.end() && found->first == session ? found->second : never;
  }

  void finish(std::size_t begin) {
    finish_stretch(true);
    // Trailing renewals of unknown outcome need not have been: the release may have come before them.
    Nanos released = revoked_;
    Position release = revoke_;
    for (const Part& part : parts_of_holding_) {
      if (chain_.stretches.back().joined || part.released >= released) continue;
      released = part.released;
      release = part.release;
    }
    for (std::size_t s = chain_.stretches.size(); s-- > begin;) {
      Stretch& stretch = chain_.stretches[s];
      if (released < stretch.ends) {
        stretch.ends = released;
        stretch.end = release;
      }
      if (!stretch.optional) break;
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
      check_predecessor(i, operation.previous);
      const bool names_it = operation.what != What::acquire && operation.token != operation.previous;
      if (names_it && !found_it_free(operation)) check_predecessor(i, operation.token);
    }
  }

  void check_predecessor(std::size_t i, std::uint64_t named) {
    const Operation& operation = at(i);
    if (named == 0 || named == operation.shown) return;
    const Position own = rank(operation.shown), other = rank(named);
    if (other < own && other + 1 == own) return;
    const Position between = other < own ? own - 1 : own;
    Position witness = none;
    for (const Stretch& stretch : chain_.stretches) {
      if (stretch.token == tokens_[between]) witness = stretch.grant;
      if (stretch.token == tokens_[between]) break;
    }
    chain_.flaws.push_back(
        flaw_of({operations_[i], witness},
                other < own ? fmt::format("{}: it says that before it was token {}, but token {} was given in between",
                                          answered(recording_, operation), named, tokens_[between])
                            : fmt::format("{}: its token is not greater than that of the holding before it, {}",
                                          answered(recording_, operation), named)));
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
  Position lost_renewal_ = none;  ///< Of the holding at hand: one of unknown outcome, called so far.
  Nanos lost_ttl_ = never;        ///< The shortest that such a one asked for.
  Nanos prolonged_until_ = always;
  Nanos revoked_ = never;
  Position revoke_ = none;
  std::vector<std::pair<Position, Nanos>>
      newest_of_;                                  ///< Of each client, the last holding so far, and when it was told.
  std::vector<std::pair<Index, Nanos>> shortest_;  ///< For shortest_unknown, in order of sessions.
};

}  // namespace

Chain chain_by_token(const Recording& recording, std::span<const Position> operations) {
  return ByToken(recording, operations).make();
}

}  // namespace holdfast::verify
