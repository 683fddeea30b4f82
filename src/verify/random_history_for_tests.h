// Small random histories of locks of every kind: what a lock of that kind might answer, then changed here and there, so
// that a good share of them are no histories of such a lock.
#pragma once

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "recording/recording.h"

namespace holdfast::verify {

struct RandomHistory {
  recording::Lock lock;
  bool named = true;        ///< Refusals name the holder.
  bool displacing = false;  ///< Takeovers, moves, transfers, revocations.
  bool unknown = false;     ///< Some outcomes are lost.
  int operations = 12;
  int clients = 4;
  int changes = 2;  ///< At most.
};

class RandomHistoryForTests {
 public:
  RandomHistoryForTests(const RandomHistory& wanted, std::uint64_t seed)
      : wanted_(wanted), lock_(wanted.lock), random_(seed) {}

  recording::Recording make() {
    made_.lock = lock_;
    made_.names = {"job"};
    for (int c = 0; c < wanted_.clients; ++c) {
      made_.clients.push_back(
          {std::string(1, static_cast<char>('a' + c)), lock_.joins ? (c % 2 ? "odd" : "even") : ""});
    }
    free_at_.assign(made_.clients.size(), 0);
    for (int i = 0; i < wanted_.operations; ++i) step();
    if (wanted_.unknown) lose();
    for (int i = below(wanted_.changes + 1); i > 0; --i) change();
    std::ranges::stable_sort(made_.operations, {}, &Operation::called);
    for (std::size_t i = 0; i < made_.operations.size(); ++i) made_.operations[i].call = static_cast<std::uint32_t>(i);
    return std::move(made_);
  }

 private:
  using Operation = recording::Operation;
  using Index = recording::Index;
  using Nanos = recording::Nanos;
  using What = recording::What;
  using Outcome = recording::Outcome;

  struct Part {
    Index session;
    std::uint64_t token;
    Nanos until;
    bool shared;
  };

  int below(int bound) { return bound <= 0 ? 0 : static_cast<int>(random_() % static_cast<std::uint64_t>(bound)); }
  bool chance(int percent) { return below(100) < percent; }

  /// One operation: it happens at once, at some moment between its call and its return.
  void step() {
    now_ += 1 + below(4);
    const auto client = static_cast<Index>(below(wanted_.clients));
    Operation one;
    one.client = client;
    const Nanos early = now_ - below(8);
    one.called = std::max(early, free_at_[client]);
    if (one.called > now_) now_ = one.called;
    one.returned = now_ + below(8);
    free_at_[client] = one.returned + 1;
    lapse();
    choose(one);
    made_.operations.push_back(one);
  }

  void lapse() {
    std::erase_if(parts_, [&](const Part& p) {
      if (p.until > now_ || chance(20)) return false;
      gone_ = p;
      return true;
    });
  }

  Part* part_of(Index client) {
    const auto found = std::ranges::find(parts_, client, &Part::session);
    return found == parts_.end() ? nullptr : &*found;
  }

  Nanos ttl() { return lock_.leases ? 4 + below(12) : 0; }
  Nanos until(Nanos ttl) { return ttl == 0 ? recording::never : now_ + ttl; }
  std::uint64_t next_token() {
    newest_ += lock_.dense || chance(70) ? 1 : 2;
    return newest_;
  }

  void choose(Operation& one) {
    const int dice = below(100);
    if (wanted_.displacing && dice < 15) return displace(one);
    Part* own = part_of(one.client);
    if (own || (gone_ && gone_->session == one.client && chance(50))) {
      if (dice < 45) return release(one);
      if (dice < 70) return renew(one);
    }
    if (dice > 85) return query(one);
    if (dice > 78) return stale(one);
    acquire(one);
  }

  void show_holder(Operation& one) {
    if (parts_.empty()) return;
    if (lock_.tokens && wanted_.named) one.shown = parts_.front().token;
    if (wanted_.named && chance(70)) one.holder = parts_.front().session;
  }

  bool fits(bool shared) const {
    using Kind = recording::Lock::Kind;
    if (lock_.kind == Kind::permits) return parts_.size() < lock_.permits;
    if (lock_.kind == Kind::shared && shared) {
      return std::ranges::all_of(parts_, [](const Part& p) { return p.shared; });
    }
    return parts_.empty();
  }

  const std::string& owner(Index client) const { return made_.clients[client].owner; }

  void acquire(Operation& one) {
    one.what = What::acquire;
    one.shared = lock_.kind == recording::Lock::Kind::shared && chance(60);
    Part* own = part_of(one.client);
    const bool join = lock_.joins && !parts_.empty() && owner(parts_.front().session) == owner(one.client);
    if ((own && (lock_.reentrant || join)) || join) {
      one.outcome = Outcome::ok;
      one.ttl = ttl();
      one.shown = parts_.front().token;
      one.joined = !own;
      if (own) {
        own->until = until(one.ttl);
      } else {
        parts_.push_back({one.client, parts_.front().token, until(one.ttl), false});
      }
      return;
    }
    if (fits(one.shared) && !own) return grant(one);
    one.outcome = chance(85) ? Outcome::busy : Outcome::over;
    if (one.outcome == Outcome::busy) show_holder(one);
  }

  void grant(Operation& one) {
    one.outcome = Outcome::ok;
    one.ttl = ttl();
    if (lock_.tokens) {
      if (wanted_.named && chance(60)) one.previous = last_;
      one.shown = last_ = next_token();
    }
    if (lock_.kind == recording::Lock::Kind::mutex) parts_.clear();
    const Index holder = one.what == What::transfer ? one.holder : one.client;
    parts_.push_back({holder, one.shown, until(one.ttl), one.shared});
    gone_.reset();
  }

  void release(Operation& one) {
    one.what = What::release;
    if (Part* own = part_of(one.client)) {
      one.token = own->token;
      one.outcome = Outcome::ok;
      if (parts_.size() == 1) gone_ = *own;
      const Index session = own->session;
      std::erase_if(parts_, [&](const Part& p) { return p.session == session; });
      renewable_ = false;
      return;
    }
    one.token = gone_->token;
    one.outcome = parts_.empty() ? Outcome::ok : Outcome::stale;
    if (one.outcome == Outcome::ok) renewable_ = false;
  }

  void renew(Operation& one) {
    one.what = What::renew;
    one.ttl = ttl();
    Part* own = part_of(one.client);
    one.token = own ? own->token : gone_->token;
    if (own) {
      one.outcome = Outcome::ok;
      own->until = until(one.ttl);
    } else if (lock_.late_renewal && parts_.empty() && gone_->until <= now_ &&
               lock_.kind == recording::Lock::Kind::mutex && !lock_.joins) {
      one.outcome = Outcome::ok;
      parts_.push_back({one.client, gone_->token, until(one.ttl), false});
    } else {
      one.outcome = Outcome::stale;
    }
    if (one.outcome == Outcome::stale) one.ttl = 0;
  }

  void stale(Operation& one) {
    one.what = chance(50) ? What::renew : What::release;
    if (part_of(one.client)) return query(one);
    if (lock_.tokens) {
      if (last_ == 0) return query(one);
      one.token = 1 + static_cast<std::uint64_t>(below(static_cast<int>(last_)));
      if (!parts_.empty() && one.token == last_) return query(one);
      if (wanted_.named && chance(50)) one.shown = last_;
    }
    one.outcome = Outcome::stale;
  }

  void query(Operation& one) {
    one.what = What::query;
    one.outcome = Outcome::ok;
    one.held = !parts_.empty();
    if (one.held) {
      show_holder(one);
    } else if (lock_.tokens && wanted_.named && chance(50)) {
      one.shown = last_;
    }
  }

  void displace(Operation& one) {
    if (parts_.empty()) return acquire(one);
    const std::uint64_t token = parts_.front().token;
    const int dice = below(4);
    one.what = dice == 0 ? What::takeover : dice == 1 ? What::move : dice == 2 ? What::transfer : What::revoke;
    if (lock_.tokens) one.token = token;
    if (one.what == What::revoke) {
      one.outcome = Outcome::ok;
      parts_.clear();
      gone_.reset();
      return;
    }
    if (one.what == What::transfer) one.holder = static_cast<Index>(below(wanted_.clients));
    grant(one);
  }

  /// Some answers do not arrive.
  void lose() {
    for (Operation& one : made_.operations) {
      if (!chance(12) || one.what == What::query) continue;
      if (one.outcome != Outcome::ok && !chance(30)) continue;
      const Operation asked = one;
      one = {.called = asked.called, .client = asked.client, .holder = recording::nobody, .what = asked.what};
      one.token = asked.what == What::acquire ? 0 : asked.token;
      one.ttl = asked.ttl;
      one.shared = asked.shared;
      if (asked.what == What::transfer) one.holder = asked.holder;
    }
  }

  void change() {
    if (made_.operations.empty()) return;
    Operation& one = made_.operations[static_cast<std::size_t>(below(static_cast<int>(made_.operations.size())))];
    switch (below(9)) {
      case 0:  // It took less time.
        if (one.returned != recording::never) one.returned = one.called + (one.returned - one.called) / 2;
        return;
      case 1:
        if (one.returned != recording::never) one.called += (one.returned - one.called + 1) / 2;
        return;
      case 2:  // It was earlier, or later.
      case 3: {
        const Nanos by = below(13) - 6;
        one.called = std::max<Nanos>(one.called + by, 0);
        if (one.returned != recording::never) one.returned = std::max(one.returned + by, one.called);
        return;
      }
      case 4:
        if (one.what == What::acquire && one.outcome == Outcome::busy) {
          one.outcome = Outcome::ok;
          one.holder = recording::nobody;
          one.shown = lock_.tokens ? next_token() : 0;
          one.ttl = ttl();
        } else if (one.what == What::query) {
          one.held = !one.held;
          one.holder = recording::nobody;
          if (one.held && chance(50)) one.shown = 0;
        }
        return;
      case 5:
        if (one.outcome == Outcome::stale) {
          one.outcome = Outcome::ok;
          one.shown = 0;
          one.ttl = one.what == What::renew ? ttl() : 0;
        }
        return;
      case 6:
        if (one.outcome == Outcome::ok && (one.what == What::release || one.what == What::renew)) {
          one.outcome = Outcome::stale;
          one.ttl = 0;
        }
        return;
      case 7:
        if (one.shown != 0 && chance(50)) one.shown += chance(50) ? 1 : static_cast<std::uint64_t>(-1);
        if (one.previous != 0) --one.previous;
        return;
      default:
        made_.operations.erase(made_.operations.begin() + (&one - made_.operations.data()));
    }
  }

  const RandomHistory wanted_;
  const recording::Lock lock_;
  std::mt19937_64 random_;
  recording::Recording made_;
  std::vector<Nanos> free_at_;
  std::vector<Part> parts_;
  std::optional<Part> gone_;  ///< Whose holding was the last to end.
  bool renewable_ = true;
  std::uint64_t newest_ = 0, last_ = 0;
  Nanos now_ = 10;
};

}  // namespace holdfast::verify
