#include "verify/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "verify/chain_parts.h"
#include "verify/telling.h"

namespace holdfast::verify {

using recording::Index;
using recording::Nanos;
using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

namespace {

constexpr std::size_t flaws_kept = 8;
/// Waits are told in milliseconds, and by another clock.
constexpr Nanos rounding = 2'000'000;

class Order {
 public:
  Order(const Recording& recording, std::span<const Position> operations)
      : recording_(recording), operations_(operations) {}

  Ordered judge() {
    collect();
    if (recording_.lock.tokens) {
      by_token();
    } else {
      by_time();
    }
    return std::move(result_);
  }

 private:
  const Operation& at(Position position) const { return recording_.operations[position]; }

  /// When whoever was granted asked first: asking again, after no answer or an error, keeps its place.
  Nanos asked(Position position) const { return asked_.at(position); }

  void note_asked(Position position) {
    const Operation& operation = at(position);
    const auto [found, fresh] = open_.try_emplace(operation.client, operation.called);
    asked_[position] = found->second;
    if (operation.outcome != Outcome::unknown && operation.outcome != Outcome::error) open_.erase(found);
  }

  /// The first grant of each holding, unless it may go before others.
  void collect() {
    std::unordered_set<std::uint64_t> seen;
    std::unordered_set<Index> may_hold;  // By a call of unknown outcome that goes before the queue.
    for (const Position position : operations_) {
      const Operation& operation = at(position);
      const bool goes_before =
          operation.what == What::takeover || operation.what == What::move || operation.what == What::transfer;
      if (goes_before && operation.outcome == Outcome::ok) seen.insert(operation.shown);
      if (goes_before && operation.outcome == Outcome::unknown) {
        may_hold.insert(operation.what == What::transfer ? operation.holder : operation.client);
      }
      if (operation.what == What::acquire) note_asked(position);
      if (operation.outcome != Outcome::ok || operation.what != What::acquire || operation.joined) continue;
      if (recording_.lock.tokens && operation.shown != 0 && !seen.insert(operation.shown).second) continue;
      if (operation.waited == 0 && may_hold.contains(operation.client)) continue;
      if (operation.waited > 0) ++result_.waits;
      grants_.push_back(position);
    }
  }

  /// By then it certainly was in the queue.
  Nanos queued_by(const Operation& operation) const {
    const double drift = static_cast<double>(operation.waited) * recording_.lock.drift;
    return std::max(operation.called, operation.returned - operation.waited + static_cast<Nanos>(drift) + rounding);
  }

  std::string_view owner(Index client) const {
    if (client >= recording_.clients.size()) return {};
    const recording::Client& found = recording_.clients[client];
    return found.owner.empty() ? found.name : found.owner;
  }
  bool may_go_before(Index client, Index other) const {
    return client == other || (recording_.lock.joins && owner(client) == owner(other));
  }

  /// Tokens are the order of grants.
  void by_token() {
    std::ranges::sort(grants_, {}, [&](Position p) { return at(p).shown; });
    Position latest = none, second = none;  // Of those before it, the latest that asked; and of other clients.
    for (const Position position : grants_) {
      const Operation& operation = at(position);
      if (operation.waited > 0) {
        for (const Position other : {latest, second}) {
          if (other != none && overtakes(other, position)) {
            overtook(other, position);
            break;
          }
        }
      }
      remember(position, latest, second);
    }
  }

  /// The two latest calls, of two clients.
  void remember(Position position, Position& latest, Position& second) const {
    const Operation& operation = at(position);
    if (latest == none || asked(position) >= asked(latest)) {
      if (latest != none && at(latest).client != operation.client) second = latest;
      latest = position;
    } else if (operation.client != at(latest).client && (second == none || asked(position) > asked(second))) {
      second = position;
    }
  }

  bool overtakes(Position other, Position waiter) const {
    return asked(other) > queued_by(at(waiter)) && !may_go_before(at(other).client, at(waiter).client);
  }

  /// Without tokens: whoever had returned before the other had waited that long was granted before it.
  void by_time() {
    std::ranges::sort(grants_, {}, [&](Position p) { return at(p).returned; });
    std::vector<Position> waiters;
    for (const Position position : grants_) {
      if (at(position).waited > 0) waiters.push_back(position);
    }
    const auto granted_at = [&](Position p) { return at(p).called + at(p).waited - rounding; };
    std::ranges::sort(waiters, {}, granted_at);
    Position latest = none, second = none;
    std::size_t next = 0;
    for (const Position waiter : waiters) {
      for (; next < grants_.size() && at(grants_[next]).returned < granted_at(waiter); ++next) {
        remember(grants_[next], latest, second);
      }
      for (const Position other : {latest, second}) {
        if (other != none && other != waiter && overtakes(other, waiter)) {
          overtook(other, waiter);
          break;
        }
      }
    }
  }

  void overtook(Position other, Position waiter) {
    ++result_.violations;
    if (result_.flaws.size() >= flaws_kept) return;
    const Operation& late = at(other);
    const Operation& early = at(waiter);
    result_.flaws.push_back(flaw_of(
        {other, waiter},
        fmt::format(
            "{} waited for {} from {} at the latest; {} asked for it only at {} and was granted{} at {}, before "
            "{} was{} at {}.",
            client_of(recording_, early.client), name_of(recording_, early.name), told(queued_by(early)),
            client_of(recording_, late.client), told(asked(other)), under(late.shown), told(late.returned),
            client_of(recording_, early.client), under(early.shown), told(early.returned))));
  }

  const Recording& recording_;
  std::span<const Position> operations_;
  std::vector<Position> grants_;
  std::unordered_map<Position, Nanos> asked_;
  std::unordered_map<Index, Nanos> open_;  ///< Of each client, when it first asked what is not answered yet.
  Ordered result_;
};

}  // namespace

Ordered ordered(const Recording& recording, std::span<const Position> operations) {
  return Order(recording, operations).judge();
}

}  // namespace holdfast::verify
