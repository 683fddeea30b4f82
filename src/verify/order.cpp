#include "verify/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

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

  struct Grant {
    std::uint64_t token = 0;
    Nanos asked = 0;  ///< When its client asked first.
    Position position = none;
  };

  /// When the client of this acquire asked first: asking again, after no answer or an error, keeps its place.
  Nanos asked_first(const Operation& operation) {
    if (operation.client >= open_.size()) return operation.called;
    Nanos& open = open_[operation.client];
    const Nanos first = std::min(open, operation.called);
    open = operation.outcome == Outcome::unknown || operation.outcome == Outcome::error ? first : recording::never;
    return first;
  }

  void collect() {
    open_.assign(recording_.clients.size(), recording::never);
    std::vector<bool> may_hold(recording_.clients.size(), false);  // By a call of unknown outcome that goes before.
    for (const Position position : operations_) {
      const Operation& operation = at(position);
      const Index holder = holder_after(operation);
      if (operation.what != What::acquire) {
        if (!grants(operation.what)) continue;
        if (operation.outcome == Outcome::unknown && holder < may_hold.size()) may_hold[holder] = true;
        // It overtakes nobody, nor does whoever asks again under its token.
        if (operation.outcome == Outcome::ok) grants_.push_back({operation.shown, always, position});
        continue;
      }
      const Nanos asked = asked_first(operation);
      if (operation.outcome != Outcome::ok || operation.joined) continue;
      if (operation.waited == 0 && holder < may_hold.size() && may_hold[holder]) continue;
      if (operation.waited > 0) ++result_.waits;
      grants_.push_back({operation.shown, asked, position});
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

  /// Tokens are the order of grants. Of each holding the first counts.
  void by_token() {
    std::ranges::sort(grants_, {}, [](const Grant& g) { return std::pair(g.token, g.position); });
    const auto rest = std::ranges::unique(grants_, {}, &Grant::token);
    grants_.erase(rest.begin(), rest.end());
    for (const Grant& grant : grants_) {
      look_for_overtaking(grant.position);
      remember(grant);
    }
  }

  /// Of the grants before: the two latest to ask, of two clients.
  void remember(const Grant& grant) {
    const Index client = at(grant.position).client;
    const bool other = latest_.position != none && at(latest_.position).client != client;
    if (latest_.position == none || grant.asked >= latest_.asked) {
      if (other) second_ = latest_;
      latest_ = grant;
    } else if (other && (second_.position == none || grant.asked > second_.asked)) {
      second_ = grant;
    }
  }

  void look_for_overtaking(Position waiter) {
    if (at(waiter).waited == 0) return;
    for (const Grant& other : {latest_, second_}) {
      if (other.position != none && other.position != waiter && overtakes(other, waiter))
        return overtook(other, waiter);
    }
  }

  bool overtakes(const Grant& other, Position waiter) const {
    return other.asked > queued_by(at(waiter)) && !may_go_before(at(other.position).client, at(waiter).client);
  }

  /// Without tokens: whoever had returned before the other had waited that long was granted before it.
  void by_time() {
    std::ranges::sort(grants_, {}, [&](const Grant& g) { return at(g.position).returned; });
    std::vector<Position> waiters;
    for (const Grant& grant : grants_) {
      if (at(grant.position).waited > 0) waiters.push_back(grant.position);
    }
    const auto granted_at = [&](Position p) { return at(p).called + at(p).waited - rounding; };
    std::ranges::sort(waiters, {}, granted_at);
    std::size_t next = 0;
    for (const Position waiter : waiters) {
      for (; next < grants_.size() && at(grants_[next].position).returned < granted_at(waiter); ++next) {
        remember(grants_[next]);
      }
      look_for_overtaking(waiter);
    }
  }

  void overtook(const Grant& other, Position waiter) {
    ++result_.violations;
    if (result_.flaws.size() >= flaws_kept) return;
    const Operation& late = at(other.position);
    const Operation& early = at(waiter);
    result_.flaws.push_back(flaw_of(
        {other.position, waiter},
        fmt::format(
            "{} waited for {} from {} at the latest; {} asked for it only at {} and was granted{} at {}, before "
            "{} was{} at {}.",
            told_client(recording_, early.client), name_of(recording_, early.name), told(queued_by(early)),
            told_client(recording_, late.client), told(other.asked), under(late.shown), told(late.returned),
            told_client(recording_, early.client), under(early.shown), told(early.returned))));
  }

  const Recording& recording_;
  std::span<const Position> operations_;
  std::vector<Grant> grants_;
  std::vector<Nanos> open_;  ///< Of each client, when it first asked what is not answered yet.
  Grant latest_, second_;
  Ordered result_;
};

}  // namespace

Ordered ordered(const Recording& recording, std::span<const Position> operations) {
  return Order(recording, operations).judge();
}

}  // namespace holdfast::verify
