#include <fmt/format.h>

#include <algorithm>
#include <tuple>

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

/// The chain of a lock that shows no tokens.
class ByTime {
 public:
  ByTime(const Recording& recording, std::span<const Position> operations)
      : recording_(recording), lock_(recording.lock), operations_(operations), current_(recording.clients.size()) {
    chain_.unseen = maybe_granted(recording, operations);
    chain_.exact = chain_.unseen.empty();
  }

  Chain make() {
    if (lock_.joins) chain_.forced = chain_.exact = false;  // Who shares what is not to be seen without tokens.
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
    Nanos shortest = never;     ///< The shortest ttl that it asked for without an answer.
    bool release_lost = false;  ///< A release of unknown outcome may come late, and end a later holding.
    bool renewal_lost = false;
    Nanos busy_until = always;  ///< When the last of its calls that may have changed something returned.
  };

  void take(std::size_t i) {
    const Operation& operation = recording_.operations[operations_[i]];
    const bool ok = operation.outcome == Outcome::ok;
    note_overlap(operation);
    switch (operation.what) {
      case What::acquire:
      case What::takeover:
      case What::move:
      case What::transfer:
        if (ok) granted(i);
        if (operation.outcome == Outcome::stale) chain_.about[i] = of(operation.client);
        if (operation.outcome == Outcome::unknown && lock_.reentrant) note_unknown_ttl(operation);
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

  /// Of calls that one client has under way at one time nobody can say which came first, and so what each was about.
  void note_overlap(const Operation& operation) {
    if (operation.what == What::query || operation.what == What::read || operation.what == What::write) return;
    const bool open = operation.outcome == Outcome::unknown;
    if (operation.outcome != Outcome::ok && operation.outcome != Outcome::stale && !open) return;
    const Index client = holder_after(operation);
    if (client >= current_.size()) return;
    if (operation.called <= current_[client].busy_until) chain_.forced = chain_.exact = false;
    if (!open) current_[client].busy_until = std::max(current_[client].busy_until, operation.returned);
  }

  Position of(Index client) const { return client < current_.size() ? current_[client].stretch : none; }

  /// What takes the name from its holder may have come before or after a grant at the same time.
  void note_displacing(const Operation& operation) {
    const bool displaces = operation.what != What::acquire;
    if (operation.called <= (displaces ? granted_until_ : displaced_until_)) chain_.forced = chain_.exact = false;
    granted_until_ = std::max(granted_until_, operation.returned);
    if (displaces) displaced_until_ = std::max(displaced_until_, operation.returned);
  }

  void granted(std::size_t i) {
    const Operation& operation = recording_.operations[operations_[i]];
    note_displacing(operation);
    Stretch stretch{.begins = operation.called, .grant = operations_[i], .session = holder_after(operation)};
    stretch.direct = operation.what != What::acquire;
    stretch.passed = operation.what == What::move || operation.what == What::transfer;
    if (lock_.reentrant) stretch.begins = std::min(stretch.begins, asked_before(chain_, stretch.session));
    begin(i, stretch);
  }

  void begin(std::size_t i, Stretch stretch) {
    const Operation& operation = recording_.operations[operations_[i]];
    stretch.ends = earliest_lapse(lock_, operation);
    chain_.about[i] = static_cast<Position>(chain_.stretches.size());
    if (stretch.session < current_.size()) {
      Current& current = current_[stretch.session];
      current.stretch = chain_.about[i];
      current.lapse = {};
      current.released = never;
      current.lapse.renewed(lock_, operation);
      stretch.ends = current.lapse.at(current.shortest);
      if (current.release_lost) stretch.ends = stretch.begins;
      if (current.release_lost || (current.renewal_lost && lock_.late_renewal)) chain_.forced = chain_.exact = false;
    }
    chain_.stretches.push_back(stretch);
  }

  void renewed(std::size_t i) {
    const Operation& operation = recording_.operations[operations_[i]];
    const Position stretch = of(operation.client);
    chain_.about[i] = stretch;
    if (stretch == none || !lock_.leases) return;
    if (asked_before(chain_, operation.client) <= operation.returned) {  // It may be of a holding that nobody saw.
      note_unknown_ttl(operation);
      return;
    }
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
    const Nanos lapse = current.lapse.at(current.shortest);
    held.ends = std::min(lapse, current.released);
    if (current.released > lapse) held.end = none;
  }

  void note_unknown_ttl(const Operation& operation) {
    const Nanos lapse = earliest_lapse(lock_, operation);
    if (lapse == never || holder_after(operation) >= current_.size()) return;
    Current& current = current_[holder_after(operation)];
    current.shortest = std::min(current.shortest, lapse - operation.called - operation.waited);
    if (current.stretch == none) return;
    Stretch& held = chain_.stretches[current.stretch];
    held.ends = std::min(held.ends, current.lapse.at(current.shortest));
    chain_.exact = false;
  }

  void maybe_renewed(std::size_t i) {
    const Operation& operation = recording_.operations[operations_[i]];
    if (operation.client >= current_.size() || !lock_.leases) return;
    Current& current = current_[operation.client];
    current.renewal_lost = true;
    chain_.exact = false;
    const Position stretch = current.stretch;
    if (lock_.late_renewal && stretch != none) {
      Stretch next{
          .begins = operation.called, .ends = operation.called, .grant = operations_[i], .session = operation.client};
      next.ends = operation.ttl > 0 ? earliest_lapse(lock_, operation)
                                    : std::max(operation.called, chain_.stretches[stretch].ends);
      next.direct = true;
      next.continues = true;
      next.optional = true;
      current.stretch = static_cast<Position>(chain_.stretches.size());
      chain_.stretches.push_back(next);
    }
    note_unknown_ttl(operation);
  }

  void released(std::size_t i) {
    const Operation& operation = recording_.operations[operations_[i]];
    const Position stretch = of(operation.client);
    if (operation.outcome == Outcome::unknown && operation.client < current_.size()) {
      current_[operation.client].release_lost = true;
      chain_.exact = false;
    }
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
        if (operation.called >= stretch.ends) continue;
        if (operation.outcome == Outcome::ok && stretch.begins > operation.returned) continue;
        stretch.ends = std::max(operation.called, stretch.begins);
        stretch.end = position;
      }
      chain_.exact = false;
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
      if (sorted[s].ends <= granted_at(sorted[s])) chain_.forced = false;
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
                                    told_client(recording_, between.session),
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
  Nanos granted_until_ = always;    ///< When the last grant so far returned.
  Nanos displaced_until_ = always;  ///< And the last of those that displaced somebody.
  Chain chain_;
};

}  // namespace

Chain chain_by_time(const Recording& recording, std::span<const Position> operations) {
  return ByTime(recording, operations).make();
}

}  // namespace holdfast::verify
