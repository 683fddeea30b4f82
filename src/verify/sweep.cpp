#include "verify/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <queue>

#include "verify/telling.h"

namespace holdfast::verify {

using recording::Index;
using recording::Nanos;
using recording::never;
using recording::nobody;
using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

namespace {

/// Of stretch s: 4(s+1) begins, +1 held, +2 ends, +3 free. 3 is free from the beginning on.
using Slot = std::uint32_t;
constexpr Slot impossible = std::numeric_limits<Slot>::max();
constexpr Slot initially_free = 3;

constexpr Slot begins(std::ptrdiff_t s) {
  return static_cast<Slot>(4 * (s + 1));
}
constexpr Slot held(std::ptrdiff_t s) {
  return begins(s) + 1;
}
constexpr Slot ends(std::ptrdiff_t s) {
  return begins(s) + 2;
}
constexpr Slot free_after(std::ptrdiff_t s) {
  return begins(s) + 3;
}
constexpr std::ptrdiff_t stretch_of(Slot slot) {
  return static_cast<std::ptrdiff_t>(slot / 4) - 1;
}

class Sweep {
 public:
  Sweep(const Recording& recording, std::span<const Position> operations, Chain chain, Unseen unseen)
      : recording_(recording), operations_(operations), chain_(std::move(chain)), stretches_(chain_.stretches) {
    result_.forced = chain_.forced;
    if (unseen == Unseen::were_not) chain_.unseen.clear();
    for (const auto& [client, called] : chain_.unseen) first_unseen_ = std::min(first_unseen_, called);
    if (!chain_.by_token && !chain_.unseen.empty()) {
      // What was passed on may have been a holding that nobody saw.
      for (Stretch& stretch : stretches_) stretch.passed = false;
    }
    for (Flaw& flaw : chain_.flaws) report(std::move(flaw));
  }

  Swept run() {
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      const Operation& operation = recording_.operations[operations_[i]];
      settle(operation.called);
      if (constrains(operation)) pending_.push({operation.returned, static_cast<Position>(i), m_, setter_});
    }
    settle(never);
    return std::move(result_);
  }

 private:
  /// An operation that was called and has not returned.
  struct Pending {
    Nanos returned;
    Position i;       ///< Into `operations_`.
    Slot from;        ///< M when it was called.
    Position setter;  ///< The operation that brought M there.
    bool operator>(const Pending& other) const { return returned > other.returned; }
  };

  static bool constrains(const Operation& operation) {
    if (operation.what == What::read || operation.what == What::write) return false;
    return operation.outcome == Outcome::ok || operation.outcome == Outcome::busy ||
           operation.outcome == Outcome::stale;
  }

  /// Gives a slot to all that returned before `time`. (Of a call and a return at one time the call came first.)
  void settle(Nanos time) {
    while (!pending_.empty() && pending_.top().returned < time) {
      const Pending pending = pending_.top();
      pending_.pop();
      settle(pending);
    }
  }

  void settle(const Pending& pending) {
    const Operation& operation = of(pending);
    now_ = operation.returned;
    const Slot slot = place(pending);
    if (slot == impossible) {
      misfit(pending);
      return;
    }
    if (slot > m_) advance(slot, pending);
  }

  const Operation& of(const Pending& pending) const { return recording_.operations[operations_[pending.i]]; }
  std::ptrdiff_t count() const { return static_cast<std::ptrdiff_t>(stretches_.size()); }
  Stretch& stretch(std::ptrdiff_t s) { return stretches_[static_cast<std::size_t>(s)]; }
  const Stretch& stretch(std::ptrdiff_t s) const { return stretches_[static_cast<std::size_t>(s)]; }

  // What can have been by now.

  bool can_have_begun(std::ptrdiff_t s) const {
    if (s < 0) return true;
    if (m_ >= begins(s)) return !stretch(s).optional || stretch(s).begun;
    return stretch(s).begins <= now_ && (stretch(s).direct || can_be_free_before(s));
  }
  /// Whether the name can have been free after `s`, if it can have got there.
  bool can_have_ended(std::ptrdiff_t s) const {
    if (s < 0) return true;
    if (s + 1 < count() && stretch(s + 1).passed) return false;
    if (m_ >= ends(s)) return stretch(s).ended;
    return stretch(s).begins <= now_ && stretch(s).ends <= now_;
  }
  bool can_be_free_before(std::ptrdiff_t s) const {
    for (std::ptrdiff_t before = s - 1; before >= 0; --before) {
      if (can_have_ended(before)) return true;
      if (!stretch(before).optional) return false;
    }
    return true;
  }
  /// Whether the name can have got past `s`: into the next stretch, or past it if it need not have been.
  bool can_go_on(std::ptrdiff_t s) const {
    const std::ptrdiff_t next = s + 1;
    if (next >= count()) return false;
    return m_ >= begins(next) || stretch(next).optional || can_have_begun(next);
  }

  // Where an operation can stand. `from`: not before.

  template <class Accepts>
  Slot least_held(Slot from, std::ptrdiff_t first, std::ptrdiff_t last, Accepts accepts) const {
    for (std::ptrdiff_t s = std::max({stretch_of(from), first, std::ptrdiff_t{0}}); s < count() && s <= last; ++s) {
      const bool was = from <= held(s) || (stretch(s).vague && from <= free_after(s));
      if (was && accepts(stretch(s)) && (!stretch(s).optional || can_have_begun(s))) return std::max(from, held(s));
      if (!can_go_on(s)) break;
    }
    return impossible;
  }
  Slot least_held(Slot from, std::ptrdiff_t first, std::ptrdiff_t last) const {
    return least_held(from, first, last, [](const Stretch&) { return true; });
  }
  /// Like least_held, of whoever `accepts`; also of a holding that nobody saw, while the name seems free.
  template <class Accepts>
  Slot least_held_by(Slot from, bool unseen, Accepts accepts) const {
    for (std::ptrdiff_t s = stretch_of(from); s < count(); ++s) {
      const bool was = s >= 0 && (from <= held(s) || (stretch(s).vague && from <= free_after(s)));
      if (was && accepts(stretch(s)) && (!stretch(s).optional || can_have_begun(s))) return std::max(from, held(s));
      if (unseen && from <= free_after(s) && can_have_ended(s)) return free_after(s);
      if (!can_go_on(s)) break;
    }
    return impossible;
  }
  Slot least_free(Slot from, std::ptrdiff_t first, std::ptrdiff_t last) const {
    for (std::ptrdiff_t s = std::max(stretch_of(from), first); s < count() && s <= last; ++s) {
      if (s >= 0 && stretch(s).vague && from <= free_after(s)) return std::max(from, held(s));
      if (from <= free_after(s) && can_have_ended(s)) return free_after(s);
      if (!can_go_on(s)) break;
    }
    return impossible;
  }
  /// Not while the holding [first, last] is held.
  Slot least_outside(Slot from, std::ptrdiff_t first, std::ptrdiff_t last) const {
    if (from < begins(first) || stretch(first).vague) return from;
    if (const Slot slot = least_free(from, first, last); slot != impossible) return slot;
    if (from > free_after(last)) return from;
    return least_held_from(last + 1);
  }
  Slot least_held_from(std::ptrdiff_t first) const {
    for (std::ptrdiff_t s = first; s < count(); ++s) {
      if (can_have_begun(s)) return held(s);
      if (!stretch(s).optional) break;
    }
    return impossible;
  }

  Slot place(const Pending& pending) const {
    const Operation& operation = of(pending);
    const Position about = chain_.about[pending.i];
    const bool known = about != none;
    const auto first = static_cast<std::ptrdiff_t>(known ? about : 0);
    const auto last = static_cast<std::ptrdiff_t>(known ? chain_.last(about) : 0);
    if (operation.outcome == Outcome::busy) return place_busy(pending, operation, known, first, last);
    if (operation.outcome == Outcome::stale) return place_stale(pending, operation, known, first, last);
    switch (operation.what) {
      case What::acquire:
      case What::takeover:
      case What::move:
      case What::transfer:
        return place_granted(pending, operation, first, last);
      case What::renew:
        if (about_unseen(pending)) return pending.from;
        if (!known) return impossible;
        if (stretch(first).grant == operations_[pending.i])
          return pending.from <= held(first) ? held(first) : impossible;
        return place_renewed(pending, first, last);
      case What::release:
        if (about_unseen(pending)) return pending.from;
        if (!known) return least_free(pending.from, -1, count());
        return place_released(pending, last);
      case What::revoke:
        return known ? place_released(pending, last) : pending.from;
      case What::query:
        if (!operation.held)
          return known ? least_free(pending.from, first, last) : least_free(pending.from, -1, count());
        if (known) {
          return least_held(pending.from, first, last, [&](const Stretch& s) { return is_holder(s, operation); });
        }
        return place_held_by(pending, operation);
      case What::read:
      case What::write:
        break;
    }
    return pending.from;
  }

  Slot place_granted(const Pending& pending, const Operation& operation, std::ptrdiff_t first,
                     std::ptrdiff_t last) const {
    const Position own = operations_[pending.i];
    for (std::ptrdiff_t s = first; s <= last; ++s) {
      if (stretch(s).grant != own) continue;
      return pending.from <= held(s) ? (operation.joined ? held(s) : std::max(begins(s), pending.from)) : impossible;
    }
    // Granted again, or joined: it only has to be held.
    return least_held(pending.from, first, last);
  }

  Slot place_renewed(const Pending& pending, std::ptrdiff_t first, std::ptrdiff_t last) const {
    const Position own = operations_[pending.i];
    for (std::ptrdiff_t s = first; s <= last; ++s) {
      if (stretch(s).grant == own) return pending.from <= held(s) ? std::max(begins(s), pending.from) : impossible;
    }
    return least_held(pending.from, first, last);
  }

  /// A release may be repeated while nobody else holds the name. One of several sessions may also leave a holding that
  /// goes on.
  Slot place_released(const Pending& pending, std::ptrdiff_t last) const {
    if (stretch(last).joined && pending.from <= held(last)) return std::max(pending.from, begins(last));
    if (last + 1 < count() && stretch(last + 1).passed) return impossible;
    std::ptrdiff_t s = last;  // Renewals of unknown outcome at the end need not have been.
    while (stretch(s).optional && stretch(s).continues && pending.from <= free_after(s - 1)) --s;
    if (stretch(s).vague) return pending.from <= free_after(s) ? std::max(pending.from, held(s)) : impossible;
    if (pending.from <= ends(s)) return ends(s);
    return pending.from <= free_after(s) && can_have_ended(s) ? free_after(s) : impossible;
  }

  Slot place_busy(const Pending& pending, const Operation& operation, bool known, std::ptrdiff_t first,
                  std::ptrdiff_t last) const {
    if (!known) return place_held_by(pending, operation);
    return least_held(pending.from, first, last,
                      [&](const Stretch& s) { return refuses(s, operation) && is_holder(s, operation); });
  }
  /// Whether `operation` says the truth of who holds, if anything.
  bool is_holder(const Stretch& s, const Operation& operation) const {
    if (operation.holder == nobody || s.session == operation.holder || s.session == nobody) return true;
    return s.joined || (recording_.lock.joins && !chain_.unseen.empty());
  }
  /// Nobody is refused by what it holds itself, where asking again is granted again.
  bool refuses(const Stretch& s, const Operation& operation) const {
    return operation.what != What::acquire || !recording_.lock.reentrant || s.session != operation.client;
  }
  /// Whether `client`, or anybody, may have held something by now that nobody saw.
  bool unseen_by_now(Index client) const {
    if (client == nobody) return first_unseen_ <= now_;
    const auto found = std::ranges::lower_bound(chain_.unseen, client, {}, &std::pair<Index, Nanos>::first);
    return found != chain_.unseen.end() && found->first == client && found->second <= now_;
  }
  /// Whether `pending`, which names no token, may be about such a holding of its own client.
  bool about_unseen(const Pending& pending) const {
    return !chain_.by_token && !chain_.unseen.empty() && unseen_by_now(of(pending).client);
  }
  Slot place_held_by(const Pending& pending, const Operation& operation) const {
    const bool unseen = unseen_by_now(operation.holder);
    return least_held_by(pending.from, unseen, [&](const Stretch& s) {
      if (operation.outcome == Outcome::busy && !refuses(s, operation)) return false;
      return is_holder(s, operation);
    });
  }

  Slot place_stale(const Pending& pending, const Operation& operation, bool known, std::ptrdiff_t first,
                   std::ptrdiff_t last) const {
    if (known && stretch(last).joined) return pending.from;  // This session may have left before the others.
    const Slot outside = known ? least_outside(pending.from, first, last) : pending.from;
    if (!chain_.by_token || operation.token == 0 || operation.shown <= operation.token) return outside;
    // It names the newest token, of whoever holds or held last.
    const auto found = std::ranges::lower_bound(stretches_, operation.shown, {}, &Stretch::token);
    if (found == stretches_.end() || found->token != operation.shown) return outside;
    const std::ptrdiff_t newest = found - stretches_.begin();
    const auto end = static_cast<std::ptrdiff_t>(chain_.last(static_cast<std::size_t>(newest)));
    return pending.from > free_after(end) ? impossible : std::max(pending.from, held(newest));
  }

  // Going on.

  void advance(Slot to, const Pending& by) {
    for (std::ptrdiff_t s = std::max<std::ptrdiff_t>(stretch_of(m_), 0); s <= stretch_of(to); ++s) {
      if (m_ < begins(s)) begin(s, by);
      if (m_ < ends(s) && to >= ends(s)) {
        const bool passed_on = s + 1 < count() && stretch(s + 1).passed;
        stretch(s).ended = !passed_on && stretch(s).ends <= now_ && (!stretch(s).optional || stretch(s).begun);
      }
      m_ = std::min(to, free_after(s));
    }
    m_ = to;
    setter_ = operations_[by.i];
  }

  void begin(std::ptrdiff_t s, const Pending& by) {
    Stretch& next = stretch(s);
    const bool in_time = next.begins <= now_;
    const bool room = next.direct || can_be_free_before(s);
    next.begun = in_time && room;
    if (next.optional) return;
    if (next.passed && s == 0) {
      nothing_to_pass(s);
    } else if (!in_time) {
      too_early(s, by);
    } else if (!room) {
      two_holders(s, by);
    }
  }

  // Telling.

  void report(Flaw flaw) {
    ++result_.violations;
    if (result_.flaws.size() < flaws_kept) result_.flaws.push_back(std::move(flaw));
  }
  bool full() {
    if (result_.flaws.size() < flaws_kept) return false;
    ++result_.violations;
    return true;
  }

  Ownership ownership(const Stretch& s) const {
    const Operation* grant = s.grant == none ? nullptr : &recording_.operations[s.grant];
    const bool told_of = grant && grant->outcome == Outcome::ok;
    return {s.session, s.token, told_of ? grant->returned : std::max<Nanos>(s.begins, 0), s.ends};
  }

  std::string name() const { return name_of(recording_, recording_.operations[operations_[0]].name); }

  Flaw flaw(std::initializer_list<Position> operations, std::string text) const {
    Flaw made{{operations}, {}, std::move(text)};
    std::erase(made.operations, none);
    std::ranges::sort(made.operations);
    made.operations.erase(std::unique(made.operations.begin(), made.operations.end()), made.operations.end());
    return made;
  }

  /// The last stretch before `s` that certainly was.
  std::ptrdiff_t holding_before(std::ptrdiff_t s) const {
    do --s;
    while (s > 0 && stretch(s).optional);
    return s;
  }

  void two_holders(std::ptrdiff_t s, const Pending& by) {
    if (full()) return;
    const std::ptrdiff_t before = holding_before(s);
    const Stretch& first = stretch(before);
    const Stretch& second = stretch(s);
    const Ownership one = ownership(first), other = ownership(second);
    std::string text = verify::held(recording_, recording_.operations[operations_[0]].name, one);
    if (first.end == none && first.ends != never) text += " (not before that could its lease lapse)";
    const Operation* grant = second.grant == none ? nullptr : &recording_.operations[second.grant];
    text += "; ";
    text += grant ? answered(recording_, *grant) : answered(recording_, of(by));
    Flaw made = flaw({first.grant, first.end, second.grant, operations_[by.i]}, std::move(text) + ".");
    made.marked = {one, other};
    report(std::move(made));
  }

  void nothing_to_pass(std::ptrdiff_t s) {
    if (full()) return;
    const Position grant = stretch(s).grant;
    report(flaw({grant}, answered(recording_, recording_.operations[grant]) + ", but nobody had it."));
  }

  void too_early(std::ptrdiff_t s, const Pending& by) {
    if (full()) return;
    const Stretch& next = stretch(s);
    report(
        flaw({next.grant, operations_[by.i]},
             fmt::format("{}, but {} was not even asked for before {}.", answered(recording_, of(by)),
                         next.token == 0 ? "that holding" : fmt::format("token {}", next.token), told(next.begins))));
  }

  /// `pending` fits nowhere: tells of what stood at its call, and of what it needs.
  void misfit(const Pending& pending) {
    if (full()) return;
    const Operation& operation = of(pending);
    const Position about = chain_.about[pending.i];
    const std::ptrdiff_t now = std::max<std::ptrdiff_t>(stretch_of(pending.from), 0);
    std::string text = answered(recording_, operation);
    Flaw made = flaw({operations_[pending.i], pending.setter}, {});
    if (pending.setter != none) {
      text += ". Before that, " + answered(recording_, recording_.operations[pending.setter]);
    }
    if (now < count()) {
      const Stretch& current = stretch(now);
      if (current.grant != none) made = flaw({operations_[pending.i], pending.setter, current.grant, current.end}, {});
      if (about == none || about == static_cast<Position>(now)) {
        text += "; " + verify::held(recording_, operation.name, ownership(current)) + " at least";
      }
      if (about != none && about != static_cast<Position>(now)) {
        made.marked = {ownership(stretch(static_cast<std::ptrdiff_t>(about))), ownership(current)};
      }
    } else if (pending.setter == none) {
      text += ", but nobody had it";
    }
    made.told = std::move(text) + ".";
    report(std::move(made));
  }

  const Recording& recording_;
  std::span<const Position> operations_;
  Chain chain_;
  std::vector<Stretch>& stretches_;
  std::priority_queue<Pending, std::vector<Pending>, std::greater<>> pending_;
  Slot m_ = initially_free;
  Position setter_ = none;
  Nanos first_unseen_ = never;  ///< No holding that nobody saw began before.
  Nanos now_ = 0;
  Swept result_;
};

}  // namespace

Swept sweep(const Recording& recording, std::span<const Position> operations, Chain chain, Unseen unseen) {
  if (operations.empty()) return {};
  return Sweep(recording, operations, std::move(chain), unseen).run();
}

}  // namespace holdfast::verify
