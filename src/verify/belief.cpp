#include "verify/belief.h"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <set>
#include <tuple>

#include "verify/chain_parts.h"
#include "verify/telling.h"

namespace holdfast::verify {

using recording::Index;
using recording::Lock;
using recording::Loss;
using recording::Nanos;
using recording::never;
using recording::nobody;
using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

namespace {

/// A time in which one client believes without a break.
struct Belief {
  Index client = nobody;
  std::uint64_t token = 0;
  Nanos from = 0;
  Nanos until = never;
  Position grant = none;
  Position last = none;  ///< The renewal that it rests on last, or the grant.
  bool shared = false;
};

class Beliefs {
 public:
  Beliefs(const Recording& recording, std::span<const Position> operations, std::span<const Loss* const> losses)
      : recording_(recording),
        lock_(recording.lock),
        operations_(operations),
        losses_(losses),
        open_(recording.clients.size()) {}

  Believed judge() {
    collect();
    compare();
    return std::move(result_);
  }

 private:
  // What each client believes, out of what it was told, in the order in which it was told.

  struct Told {
    Nanos at;
    Position i;
    bool operator>(const Told& other) const { return std::tie(at, i) > std::tie(other.at, other.i); }
  };

  void collect() {
    std::priority_queue<Told, std::vector<Told>, std::greater<>> returning;
    std::size_t loss = 0;
    beliefs_.reserve(operations_.size() / 2);  // More are rare; what is not used is never touched.
    const auto until = [&](Nanos time) {
      while (true) {
        const Nanos answer = returning.empty() ? never : returning.top().at;
        const Nanos lost = loss < losses_.size() ? losses_[loss]->at : never;
        if (std::min(answer, lost) >= time) return;
        if (lost <= answer) {
          told_of_loss(*losses_[loss++]);
        } else {
          const Told told = returning.top();
          returning.pop();
          answer_came(told.i);
        }
      }
    };
    for (const Position position : operations_) {
      const Operation& operation = recording_.operations[position];
      until(operation.called);
      if (operation.what == What::release || operation.what == What::move || operation.what == What::transfer) {
        gives_up(operation);
      }
      if (operation.outcome != Outcome::unknown && operation.outcome != Outcome::error) {
        returning.push({operation.returned, position});
      }
    }
    until(never);
    for (Index client = 0; client < open_.size(); ++client) close(client, never);
  }

  Belief* open_of(Index client) {
    return client < open_.size() && open_[client].client != nobody ? &open_[client] : nullptr;
  }

  void close(Index client, Nanos at) {
    Belief* belief = open_of(client);
    if (!belief) return;
    belief->until = std::min(belief->until, at);
    if (belief->until > belief->from) beliefs_.push_back(*belief);
    *belief = {};
  }

  bool means(const Belief& belief, std::uint64_t token) const {
    return token == 0 || belief.token == 0 || belief.token == token;
  }

  void gives_up(const Operation& operation) {
    // Who asks to pass on a name uses it no more. (Of a move it is another session of one's own that asks.)
    if (operation.what == What::release && operation.outcome == Outcome::unknown && operation.token != 0) {
      given_up_.insert({operation.client, operation.token});
    }
    const Belief* belief = open_of(operation.client);
    if (belief && means(*belief, operation.token)) close(operation.client, operation.called);
  }

  void told_of_loss(const Loss& loss) {
    const Belief* belief = open_of(loss.client);
    if (belief && means(*belief, loss.token)) close(loss.client, loss.at);
  }

  void answer_came(Position position) {
    const Operation& operation = recording_.operations[position];
    const Index client = operation.client;
    switch (operation.outcome) {
      case Outcome::ok:
        if (grants(operation.what)) {
          granted(position);
        } else if (operation.what == What::renew) {
          renewed(position);
        }
        return;
      case Outcome::busy:
      case Outcome::stale: {
        const Belief* belief = open_of(client);
        if (belief && operation.what != What::read && operation.what != What::write &&
            means(*belief, operation.token) && operation.holder != client) {
          close(client, operation.returned);
        }
        return;
      }
      case Outcome::over:
      case Outcome::error:
      case Outcome::unknown:
        return;
    }
  }

  Nanos lasts(const Operation& operation) const {
    if (!lock_.leases || operation.ttl <= 0) return never;
    return operation.called + operation.waited + operation.ttl;
  }

  void granted(Position position) {
    const Operation& operation = recording_.operations[position];
    const Index client = operation.what == What::transfer ? operation.holder : operation.client;
    if (client >= open_.size()) return;
    // Who is given a name knows of it only when it is told; nobody says here when, so no belief of it begins.
    if (operation.what == What::transfer) return;
    // Its own release may still be on its way, and end what it is told here that it has.
    if (given_up_.contains({client, operation.shown})) return close(client, operation.returned);
    if (Belief* belief = open_of(client);
        belief && belief->token == operation.shown && belief->until >= operation.returned) {
      belief->until = lasts(operation);
      belief->last = position;
      return;
    }
    close(client, operation.returned);
    open_[client] = {client,   operation.shown, operation.returned, lasts(operation),
                     position, position,        operation.shared};
  }

  void renewed(Position position) {
    const Operation& operation = recording_.operations[position];
    if (given_up_.contains({operation.client, operation.token})) return;
    Belief* belief = open_of(operation.client);
    const Nanos until = lasts(operation);
    if (belief && !means(*belief, operation.token)) return;
    if (belief && belief->until >= operation.returned) {
      belief->until = until;
      belief->last = position;
      return;
    }
    // Its belief had ended before the answer came; it has it back.
    Belief again{.client = operation.client, .token = operation.token, .from = operation.returned, .until = until};
    again.grant = belief ? belief->grant : position;
    again.last = position;
    again.shared = belief && belief->shared;
    close(operation.client, operation.returned);
    if (operation.client < open_.size()) open_[operation.client] = again;
  }

  // Who believes at the same time.

  void compare() {
    std::ranges::sort(beliefs_, {}, [](const Belief& b) { return std::tuple(b.from, b.until, b.client); });
    collect_displacing();
    const std::size_t limit = lock_.kind == Lock::Kind::permits ? std::max<std::size_t>(lock_.permits, 1) : 1;
    std::multiset<std::pair<Nanos, std::size_t>> active;  // By their ends.
    for (std::size_t b = 0; b < beliefs_.size(); ++b) {
      while (!active.empty() && active.begin()->first <= beliefs_[b].from) active.erase(active.begin());
      std::size_t others = 0, displaced = 0;
      for (const auto& [until, a] : active) {
        if (!exclude(beliefs_[a], beliefs_[b])) continue;
        // An answer that was late may let the one who was displaced believe again, after whoever displaced it.
        const bool reversed = beliefs_[b].token != 0 && beliefs_[b].token < beliefs_[a].token;
        if (reversed ? was_displaced(beliefs_[b], beliefs_[a]) : was_displaced(beliefs_[a], beliefs_[b])) {
          ++displaced;
          note_displaced(beliefs_[a], beliefs_[b]);
        } else if (++others >= limit) {
          violated(beliefs_[a], beliefs_[b], others);
          break;
        }
        if (others + displaced > 64) break;  // More than enough to tell of.
      }
      active.emplace(beliefs_[b].until, b);
    }
  }

  const std::string& owner(Index client) const {
    const recording::Client& found = recording_.clients[client];
    return found.owner.empty() ? found.name : found.owner;
  }

  bool exclude(const Belief& a, const Belief& b) const {
    if (a.client == b.client) return false;
    if (lock_.kind == Lock::Kind::shared && a.shared && b.shared) return false;
    return !(lock_.joins && owner(a.client) == owner(b.client));
  }

  void collect_displacing() {
    for (const Position position : operations_) {
      const Operation& operation = recording_.operations[position];
      const bool displaces =
          (operation.what != What::acquire && grants(operation.what)) || operation.what == What::revoke;
      if (!displaces) continue;
      if (operation.outcome == Outcome::unknown) maybe_displacing_.push_back(position);
      if (operation.outcome != Outcome::ok) continue;
      displacing_.push_back(position);
      longest_ = std::max(longest_, operation.returned - operation.called);
    }
  }

  /// Whether something took the name from `a` before `b` had it.
  bool was_displaced(const Belief& a, const Belief& b) const {
    const Nanos granted = recording_.operations[a.grant].called;
    const Nanos later = recording_.operations[b.grant].returned;
    for (const Position position : maybe_displacing_) {
      const Operation& operation = recording_.operations[position];
      if (operation.called > later) break;
      if (means(a, operation.token)) return true;
    }
    // None takes longer than the longest: what was called before that was over before `a` asked.
    const auto asked = [&](Position position) { return recording_.operations[position].called; };
    for (auto d = std::ranges::lower_bound(displacing_, granted - longest_, {}, asked); d != displacing_.end(); ++d) {
      const Operation& operation = recording_.operations[*d];
      if (operation.called > later) break;
      if (operation.returned >= granted && displaces(operation, a, b)) return true;
    }
    return false;
  }

  bool displaces(const Operation& operation, const Belief& a, const Belief& b) const {
    if (operation.what == What::revoke) return means(a, operation.token);
    return a.token == 0 || operation.shown == 0 ||
           (operation.shown > a.token && (b.token == 0 || operation.shown <= b.token));
  }

  void note_displaced(const Belief& a, const Belief& b) {
    ++result_.displaced_overlaps;
    const Nanos until = std::min(a.until, b.until);
    if (until != never) result_.longest_displaced = std::max(result_.longest_displaced, until - b.from);
  }

  void violated(const Belief& a, const Belief& b, std::size_t others) {
    ++result_.violations;
    if (result_.flaws.size() >= flaws_kept) return;
    const Operation& second = recording_.operations[b.last];
    const Index name = second.name;
    Flaw flaw;
    flaw.marked = {{a.client, a.token, a.from, a.until}, {b.client, b.token, b.from, b.until}};
    flaw.operations = {a.grant, a.last, b.grant, b.last};
    std::ranges::sort(flaw.operations);
    flaw.operations.erase(std::unique(flaw.operations.begin(), flaw.operations.end()), flaw.operations.end());
    flaw.told =
        fmt::format("{}{}; {} was told '{}' at {}.", held(recording_, name, flaw.marked[0]),
                    others > 1 ? fmt::format(" like {} others", others - 1) : "", told_client(recording_, b.client),
                    recording_.operations[b.grant].what == What::renew ? "renewed" : "granted", told(b.from));
    result_.flaws.push_back(std::move(flaw));
  }

  const Recording& recording_;
  const Lock& lock_;
  std::span<const Position> operations_;
  std::span<const Loss* const> losses_;
  std::vector<Belief> open_;                            ///< Of each client; `client` nobody: it believes nothing.
  std::set<std::pair<Index, std::uint64_t>> given_up_;  ///< By a call that nobody saw return.
  std::vector<Belief> beliefs_;
  std::vector<Position> displacing_, maybe_displacing_;  ///< By their calls.
  Nanos longest_ = 0;                                    ///< That one of the former took.
  Believed result_;
};

}  // namespace

Believed believed(const Recording& recording, std::span<const Position> operations,
                  std::span<const Loss* const> losses) {
  return Beliefs(recording, operations, losses).judge();
}

}  // namespace holdfast::verify
