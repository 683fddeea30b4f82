#include "verify/depth.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "verify/chain_parts.h"
#include "verify/telling.h"

namespace holdfast::verify {

using recording::Index;
using recording::Lock;
using recording::Nanos;
using recording::never;
using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

namespace {

constexpr std::size_t clients_told_max = 3;

struct Slot {
  Index client;
  std::uint64_t token;
  bool shared;
  Position grant;
  Nanos from;
  Nanos until;
  LapseBound lapse{};
  Nanos released = never;
};

class Depths {
 public:
  Depths(const Recording& recording, std::span<const Position> operations)
      : recording_(recording), lock_(recording.lock), operations_(operations) {}

  Depth judge() {
    for (const Position position : operations_) take(position);
    compare();
    return std::move(result_);
  }

 private:
  void take(Position position) {
    const Operation& operation = recording_.operations[position];
    const bool ok = operation.outcome == Outcome::ok;
    if (!ok && operation.outcome != Outcome::unknown) return;
    switch (operation.what) {
      case What::acquire:
      case What::takeover:
      case What::move:
      case What::transfer:
        if (ok) granted(position);
        if (operation.what != What::acquire) end_any(operation);
        return;
      case What::renew:
        if (Slot* held = of(operation)) {
          if (ok || operation.ttl > 0) held->lapse.renewed(lock_, operation);
          held->until = std::min(held->lapse.at(), held->released);
        }
        return;
      case What::release:
        return released(operation);
      case What::revoke:
        return end_any(operation);
      case What::query:
      case What::read:
      case What::write:
        return;
    }
  }

  /// Of several that its client holds alike any may be meant.
  void released(const Operation& operation) {
    const std::pair key{operation.client, operation.token};
    Nanos& until = releasing_.try_emplace(key, always).first->second;
    until = std::max(until, operation.outcome == Outcome::unknown ? never : operation.returned);
    const auto found = open_.find(key);
    if (found == open_.end()) return;
    for (const std::size_t i : found->second) {
      held_[i].released = std::min(held_[i].released, operation.called);
      held_[i].until = std::min(held_[i].until, operation.called);
    }
    found->second.clear();
  }

  void granted(Position position) {
    const Operation& operation = recording_.operations[position];
    const Index client = holder_after(operation);
    const std::pair key{client, operation.shown};
    if (const auto found = newest_.find(key); found != newest_.end() && (lock_.tokens || lock_.reentrant)) {
      Slot& again = held_[found->second];
      if (again.released > operation.called) {
        again.lapse.renewed(lock_, operation);
        again.until = std::min(again.lapse.at(), again.released);
        return;
      }
    }
    Slot held{client, operation.shown, operation.shared, position, operation.returned, never};
    held.lapse.renewed(lock_, operation);
    held.until = held.lapse.at();
    // A release that was under way may have come after the grant.
    const auto releasing = releasing_.find(key);
    if (releasing != releasing_.end() && releasing->second >= operation.called)
      held.released = held.until = operation.called;
    newest_[key] = held_.size();
    open_[key].push_back(held_.size());
    held_.push_back(held);
  }

  Slot* of(const Operation& operation) {
    const auto found = newest_.find({operation.client, operation.token});
    return found == newest_.end() ? nullptr : &held_[found->second];
  }

  /// What ends somebody's holding may have ended any.
  void end_any(const Operation& operation) {
    for (Slot& held : held_) {
      if (held.grant != none && recording_.operations[held.grant].called == operation.called) continue;
      held.until = std::min(held.until, operation.called);
      held.released = std::min(held.released, operation.called);
    }
  }

  void compare() {
    std::vector<std::size_t> order(held_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::tuple(held_[i].from, i); });
    std::set<std::pair<Nanos, std::size_t>> active;  // By their ends.
    for (const std::size_t i : order) {
      const Slot& held = held_[i];
      if (held.until <= held.from) continue;
      while (!active.empty() && active.begin()->first <= held.from) active.erase(active.begin());
      std::vector<std::size_t> against;
      for (const auto& [until, other] : active) {
        if (lock_.kind == Lock::Kind::shared && held.shared && held_[other].shared) continue;
        against.push_back(other);
      }
      const std::size_t limit = lock_.kind == Lock::Kind::permits ? lock_.permits : 1;
      if (against.size() >= limit) violated(i, against);
      active.emplace(held.until, i);
    }
  }

  Ownership ownership(const Slot& held) const { return {held.client, held.token, held.from, held.until}; }

  void violated(std::size_t last, const std::vector<std::size_t>& others) {
    ++result_.violations;
    if (result_.flaws.size() >= flaws_kept) return;
    const Slot& held = held_[last];
    const Index name = recording_.operations[held.grant].name;
    std::vector<Position> operations{held.grant};
    std::string text;
    for (std::size_t i = 0; i < others.size() && i + 1 < clients_told_max; ++i) {
      operations.push_back(held_[others[i]].grant);
      text += verify::held(recording_, name, ownership(held_[others[i]])) + "; ";
    }
    if (others.size() + 1 > clients_told_max) {
      text += fmt::format("so did {} more; ", others.size() + 1 - clients_told_max);
    }
    if (lock_.kind == Lock::Kind::permits && lock_.permits > 1) text += fmt::format("only {} may; ", lock_.permits);
    text += answered(recording_, recording_.operations[held.grant]) + ".";
    Flaw flaw = flaw_of(std::move(operations), std::move(text));
    flaw.marked = {ownership(held_[others.front()]), ownership(held)};
    result_.flaws.push_back(std::move(flaw));
  }

  const Recording& recording_;
  const Lock& lock_;
  std::span<const Position> operations_;
  std::vector<Slot> held_;
  std::map<std::pair<Index, std::uint64_t>, std::size_t> newest_;             ///< Of each client and token.
  std::map<std::pair<Index, std::uint64_t>, std::vector<std::size_t>> open_;  ///< All of them that are not released.
  std::map<std::pair<Index, std::uint64_t>, Nanos> releasing_;                ///< When the last such release returned.
  Depth result_;
};

}  // namespace

Depth deepest(const Recording& recording, std::span<const Position> operations) {
  return Depths(recording, operations).judge();
}

}  // namespace holdfast::verify
