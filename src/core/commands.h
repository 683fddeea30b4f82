// What the rules can be asked. Doors have checked the form: names are names, durations are in their bounds.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/types.h"

namespace holdfast::core {

/// Own `name` for `ttl`; where somebody else does, wait in the queue for up to `wait` (0: do not wait).
struct Acquire {
  std::string name;
  Who who;
  Duration ttl{};
  Duration wait{};
  HolderKind holder = HolderKind::session;
  std::string note;          ///< Shown to whoever is refused.
  std::string metadata;      ///< JSON text, carried along.
  bool numbered = false;     ///< Give the name a buffer number if it has none.
  std::uint64_t buffer = 0;  ///< Not 0: the name is that of this buffer, and `name` is empty.
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

using Command = std::variant<Acquire, Renew, Release, Check, Get, List, Leave, TakeBack>;

/// The one name that `command` is about; empty where it is about several or none.
inline std::string_view name_of(const Command& command) {
  return std::visit(
      [](const auto& c) -> std::string_view {
        if constexpr (requires { c.name; }) return c.name;
        return {};
      },
      command);
}

}  // namespace holdfast::core
