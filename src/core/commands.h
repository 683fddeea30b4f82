// What the rules can be asked. Doors have checked the form: names are names, durations are in their bounds.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/types.h"

namespace holdfast::core {

class Program;

/// Own `name` for `ttl`; where somebody else does, wait in the queue for up to `wait` (0: do not wait).
struct Acquire {
  std::string name;
  Who who;
  Duration ttl{};
  Duration wait{};
  HolderKind holder = HolderKind::session;
  std::string note;          ///< Shown to whoever is refused.
  std::string metadata;      ///< JSON text, carried along.
  std::string from;          ///< The network address it came from, for the history. May be empty.
  bool numbered = false;     ///< Give the name a buffer number if it has none.
  std::uint64_t buffer = 0;  ///< Not 0: the name is that of this buffer, and `name` is empty.
  bool anew = false;         ///< Refused by what its own session or owner holds, too: no re-entry.
};

/// Set the deadline anew, to now + ttl; also after a lapse, if nobody took the name since (L6).
struct Renew {
  std::string name;
  Token token;
  Who who;                      ///< An empty session means the holding's only one.
  std::optional<Duration> ttl;  ///< None: as before.
};

/// End the session's part in the holding that `token` names. Repeatable.
struct Release {
  std::string name;
  Token token;
  Who who;  ///< An empty session means the holding's only one.
};

/// Own the name that somebody else holds, in one step (L9): now, or when the holder had `flush` to hand in what it has.
/// From another session of one's own it is a move. A free name is granted.
struct Takeover {
  Acquire want;  ///< What the taker asks for; it does not wait.
  Token token;   ///< Of the holding that is meant. Needed where the name is held.
  Duration flush{};
  std::string reason;
};

/// Pass the holding on to another session of the same owner: a new holding, with what the old one carried along.
struct Move {
  std::string name;
  Token token;
  Who who;  ///< The owner, and the session that is to hold.
  std::string from;
};

/// Ask whoever holds it to give it up. Changes nothing but what the holder is told.
struct AskHolder {
  std::string name;
  Who who;  ///< Who asks. The session may be empty.
  std::string message;
  std::string from;
};

/// Give what one holds to `to`, before the queue: to its `to_session`, else to its first session that waits, else to
/// `fresh_session`.
struct Transfer {
  std::string name;
  Token token;
  Who who;  ///< The holder. An empty session means the holding's only one.
  std::string to;
  std::string to_session;
  std::string fresh_session;
};

/// End a holding without taking it: no session of it may come back (L6, L13).
struct Revoke {
  std::string name;
  Token token;  ///< 0: whichever there is.
  Who by;       ///< The session may be empty.
  std::string reason;
};

/// Renew everything the session holds, and what it held and nobody took since (L6). A step renews a bounded number of
/// leases; its answer says how many are left, for `below` of the next one.
struct RenewSession {
  Who who;
  std::optional<Duration> ttl;  ///< None: each as before.
  std::size_t below = std::numeric_limits<std::size_t>::max();
  std::size_t done = 0;  ///< By the steps before.

  /// Makes this the next step, where one is needed.
  bool go_on(std::size_t left, std::size_t renewed) {
    below = left;
    done = renewed;
    return left > 0;
  }
};

/// End the session's part in everything. A step ends a bounded number of leases; its answer says how many are left.
struct EndSession {
  Who who;
  std::size_t done = 0;  ///< By the steps before.

  /// Makes this the next step, where one is needed.
  bool go_on(std::size_t left, std::size_t ended) {
    done = ended;
    return left > 0;
  }
};

/// Is `token` the current one? For early refusal only.
struct Check {
  std::string name;
  Token token;
};

/// Who holds it?
struct Get {
  std::string name;
  bool unsettled = false;  ///< Answer from memory, also what is not yet durable.
};

/// Who holds which of `names`? The listing index found them; the bounds of a page are the caller's.
struct List {
  std::vector<std::string> names;
  std::string owner;       ///< Not empty: only what this owner holds.
  bool contended = false;  ///< Only what somebody waits for.
  bool unsettled = false;
  std::string next;  ///< Handed through to the answer: where the following page begins.
};

/// The client has gone: its place in a queue is given up.
struct Leave {};

/// The grant that was to be answered at this address could not be handed over: it is taken back, unless it has been
/// answered elsewhere since. A renewal is never taken back: its session may know already that it holds.
struct TakeBack {
  std::string name;
  Token token;
  Who who;
};

/// A program of looks and changes, decided in one step (keys.h).
struct RunProgram {
  std::shared_ptr<Program> program;  ///< Not null.
  bool may_begin = true;             ///< It may begin holdings, or pass them on.
};

using Command = std::variant<Acquire, Renew, Release, Check, Get, List, Leave, TakeBack, Takeover, Move, AskHolder,
                             Transfer, Revoke, RenewSession, EndSession, RunProgram>;

/// The one name that `command` is about; empty where it is about several or none.
inline std::string_view name_of(const Command& command) {
  return std::visit(
      [](const auto& c) -> std::string_view {
        if constexpr (requires { c.want.name; }) return c.want.name;
        if constexpr (requires { c.name; }) return c.name;
        return {};
      },
      command);
}

}  // namespace holdfast::core
