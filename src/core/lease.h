// The lease: which sessions hold a name, until when, under which token, and who waits for it.
//
// Kept here: L1 (one holder), L2 (tokens only rise), L5 (lapse is looked at first), L6 (late renewal), L7 (nothing is
// touched by name alone), L8 (waiting is first come, first served), L9 (takeover is one step), L13 (loss has a reason).
// See docs/promises.md.
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/intrusive/list.hpp>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/commands.h"
#include "core/effects.h"
#include "core/replies.h"
#include "core/timers.h"

namespace holdfast::core {

struct Lease;

/// One session's part in a holding.
struct Part {
  std::string session;
  Duration ttl{};
  Instant ends_at{};    ///< First instant at which the session no longer holds, unless it renewed.
  Address answered;     ///< Where its grant was answered. Once it has been renewed, only by which client it was taken.
  bool lapsed = false;  ///< Its deadline passed. It is kept, for a late renewal (L6).
  std::uint32_t slot = 0;  ///< Its place among the leases of its session. The index of sessions sets it.
};

/// One place in a queue.
struct Waiter {
  Acquire command;
  Address from;
  Instant since{};
  Instant until{};  ///< Its own deadline; from here on it is not granted.
};

/// A takeover whose flush window is not over (L9).
struct PendingTakeover {
  Who by;
  std::string reason;
  // Not kept by any journal: after a restart nobody is there to be answered, and the takeover is dropped.
  std::optional<Takeover> command;
  Address from;
  Instant since{};
  Instant until{};
};

/// That somebody asked the holder for the name.
struct AskedFor {
  Who by;
  std::string message;
};

/// What most names do not have, kept apart so that a lease stays small.
struct Extras {
  std::string note;
  std::string metadata;
  std::vector<std::uint64_t> losses;  ///< Past holdings, oldest first: token, and the reason in the bits above it.
  std::vector<KeptWhy> whys;          ///< What was said of how some of them ended, oldest first.
  std::unique_ptr<PendingTakeover> pending;
  std::unique_ptr<AskedFor> asked;
};

/// Those who wait for one name, first come first.
struct WaitQueue {
  /// A place with its timer. Stable while it is in the queue.
  struct Place : Timer {
    Place(Waiter w, Lease& of) : Timer(Kind::waiter), waiter(std::move(w)), lease(&of) {}
    Waiter waiter;
    Lease* lease;
  };
  std::list<Place> places;
  std::unordered_map<std::string, std::list<Place>::iterator> by_who;  ///< Each session has one place.
  std::unordered_map<std::string, std::size_t> of_owner;               ///< How many places each owner has.

  static std::string key(const Who& who) {
    return who.owner + '\n' + who.session;
  }  // Neither holds a control character.
  bool has_place(const Who& who) const { return by_who.contains(key(who)); }
};

/// All that is known of one name. The timer is set for the first instant at which a part may lapse.
struct Lease : Timer {
  explicit Lease(std::string_view n) : Timer(Kind::lease), name(n) {}

  std::string name;
  std::string owner;  ///< Of the holding, or of the last one.
  Token token;        ///< Of the holding, or of the last one: a late writer is turned away by it (L2, L7).
  Token previous;     ///< Of the holding before; none where that is not known.
  WallTime since{};
  HolderKind holder = HolderKind::session;
  std::uint16_t active = 0;  ///< Parts that have not lapsed. Not 0: the name is held.
  Loss ended = Loss::none;   ///< Why the last holding ended, while nobody holds the name.
  Position changed;          ///< Of the last effect on this name: an answer that shows it waits for that.
  Instant free_since{};
  std::uint64_t buffer = 0;  ///< Its buffer number, or 0.
  boost::container::small_vector<Part, 1> parts;
  std::unique_ptr<Extras> extras;
  std::unique_ptr<WaitQueue> queue;
  boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> free_hook;

  bool held() const { return active > 0; }
  /// Anything but its buffer number is remembered.
  bool remembered() const { return static_cast<bool>(token); }
  std::size_t waiting() const { return queue ? queue->places.size() : 0; }
  /// The part of `session`, lapsed or not; null if it has none.
  const Part* part_of(std::string_view session) const;
  Part* part_of(std::string_view session);
  /// The first part that holds; null when the name is free.
  const Part* first_active() const;
  /// The only part; null if there are several or none.
  const Part* only_part() const { return parts.size() == 1 ? &parts.front() : nullptr; }
  /// The takeover that waits for its flush window to be over; null: none does.
  const PendingTakeover* pending() const { return extras ? extras->pending.get() : nullptr; }
  /// When the last of the active parts ends.
  Instant ends_at() const;
  /// Why the holding of `token` ended; none if that is not remembered or it is the current one.
  Loss loss_of(Token token) const;
  /// What was said of that; null if nothing was, or it is not remembered.
  std::shared_ptr<const Why> why_of(Token token) const;
};

/// A deadline that moved, or a place in a queue, or who is to be answered when a flush window is over: changes that no
/// journal keeps.
struct Extended {
  std::string session;
  Instant ends_at{};
};
struct Queued {
  Waiter waiter;
};
struct Awaited {
  Takeover command;
  Address from;
};

/// What one look at one lease decides: at most one change, and what is answered to whoever asked.
///
/// What the answer shows of the lease is added after the change has been carried out.
struct Decision {
  std::variant<std::monostate, Effect, Extended, Queued, Awaited> change;
  Verdict reply;
  bool answered = true;  ///< False: the asker waits.
};

/// `command` on a lease whose lapses have been carried out (L5); null: nothing is known of the name.
///
/// `next` is the token of a new holding.
Decision decide(const Lease* lease, const Acquire& command, Address from, Token next, const Limits& limits, Now now);
Decision decide(const Lease* lease, const Renew& command, Now now);
Decision decide(const Lease* lease, const Release& command, Now now);
Decision decide(const Lease* lease, const Takeover& command, Address from, Token next, const Limits& limits, Now now);
Decision decide(const Lease* lease, const Move& command, Token next, Now now);
Decision decide(const Lease* lease, const AskHolder& command, Now now);
/// `waiting`: what the session that is to have it asked for, if it waits.
Decision decide(const Lease* lease, const Transfer& command, const Acquire* waiting, Token next, Now now);
Decision decide(const Lease* lease, const Revoke& command, Now now);
Decision decide(const Lease* lease, const Check& command);
/// Undoes a grant nobody was told of; `from` is where it would have been answered.
Decision decide(const Lease* lease, const TakeBack& command, Address from, Now now);

/// Whether `who` may change the text of `lease` under `token` (B1). With `code` none `reply.who` is the session that
/// does, and the change, if there is one, brings it back after a lapse that nobody came after (L6).
Decision decide_write(const Lease* lease, Token token, const Who& who, Now now);

/// Whether an acquire of `lease` is granted at once, whoever asks: nobody holds it. Nobody waits for it then (L8).
bool is_granted_at_once(const Lease* lease);
/// The beginning of a holding, for whoever waited so long.
Granted new_holding(const Acquire& command, Token next, Duration waited, Now now);
/// What whoever is granted it, or renews it, is told.
void tell_grant(const Who& who, Duration ttl, Now now, Verdict& reply);

/// The lapse of one part that is over at `now`, if there is one.
std::optional<Effect> due_lapse(const Lease& lease, Now now);

/// The effect that makes `command`'s session a holder of a name that is free for it, after a wait of `waited`.
Effect grant_to(const Lease* lease, const Acquire& command, Token next, Duration waited, Now now);

/// The effect that carries `pending` out: its window is over, or the holding that it means is.
Effect taken_by(const Lease& lease, const PendingTakeover& pending, Token next, Now now);

/// Whether `command` may share what is held: the same owner, and both of them asked for it (L1).
bool may_join(const Lease& lease, const Acquire& command);

/// The deadline of a lease time of `ttl` from `now`: 0.1 % later, against slow clocks of clients (L4).
constexpr Instant deadline(Instant now, Duration ttl) {
  return ttl == forever ? Instant::max() : now + ttl + ttl / 1000;
}

}  // namespace holdfast::core
