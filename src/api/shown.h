// What a door looks up beside the rules, and the rules carry to the answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/replies.h"

namespace holdfast::api {

/// A page of sessions: who holds, waits or has a live socket.
struct ShownSessions final : core::Shown {
  struct Session {
    core::Who who;
    std::size_t leases = 0;
    std::vector<std::string> names;  ///< The first of what it holds.
    std::size_t waits = 0;
    std::string state;                ///< As its live socket says it; empty: it has none.
    bool connected = false;           ///< A connection of it is known to be open.
    std::string address;              ///< Where it came from last; empty: not known.
    std::optional<Duration> heard{};  ///< How long ago its live socket was heard last.
  };
  std::vector<Session> sessions;
  std::string next;  ///< Empty: there are no more.
};

/// A page of what lies right below a prefix.
struct ShownTree final : core::Shown {
  struct Child {
    std::string name;
    std::size_t held = 0;  ///< Names held at and below it, of those that were looked at.
    bool more = false;     ///< Not all were.
    bool lease = false;    ///< It is held itself.
  };
  std::string prefix;
  std::vector<Child> children;
  std::string next;  ///< Empty: there are no more.
};

/// The server itself, as it stands.
struct ServerStanding {
  std::string build;
  std::vector<std::string> injections;
  std::string journal;
  WallTime started{};
  Duration uptime{};
  WallTime now{};
  bool ready = false;
  bool journal_behind = false;
  bool journal_failed = false;
  bool out_of_room = false;
  std::int64_t connections = 0;
  core::Position position;    ///< What is durable.
  std::string console;        ///< What tells the page that is served from another one; empty: there is none.
  std::string demonstration;  ///< Where the demonstration is; empty: there is none.
};

}  // namespace holdfast::api
