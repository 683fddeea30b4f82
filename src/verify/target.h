// A lock that is verified, and how one client talks to it.
//
// To add one: a Session whose `ask` translates one question and its answer, and a Target that makes them and says what
// kind of lock it is. Everything else (who asks what and when, faults, the recording) is the driver's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "recording/recording.h"
#include "verify/gate.h"

namespace holdfast::verify {

/// What a client shows to prove that a holding is its own. Empty where a lock knows its clients by their names alone.
struct Grip {
  std::uint64_t token = 0;  ///< Rises from holding to holding; 0: the lock gives none.
  std::string proof;        ///< Anything else that the lock wants to see again.
};

/// One question to the lock.
struct Ask {
  recording::What what = recording::What::acquire;  ///< acquire, renew, release, query or takeover.
  std::string name;
  Grip grip;        ///< Of a renewal, a release or a takeover: of the holding that is meant.
  Duration ttl{};   ///< Of an acquire, a renewal or a takeover.
  Duration wait{};  ///< Of an acquire: how long to stand in the queue. 0: not at all.
};

/// What came back.
struct Heard {
  recording::Outcome outcome = recording::Outcome::unknown;
  bool came = true;            ///< False: nothing came back at all.
  Grip grip;                   ///< Of a grant; else `token` may be that of whoever holds or held.
  std::uint64_t previous = 0;  ///< Of a grant: the token of the holding before it. 0: not said.
  bool held = false;           ///< Of a query.
  bool joined = false;
  std::string holder;               ///< The client that holds, by its name, where the answer says so.
  std::optional<Duration> ttl;      ///< Of a grant or a renewal, where the answer says so.
  Duration waited{};                ///< Of a grant: in the queue.
  std::optional<unsigned> waiting;  ///< How many wait, where the answer says so.
  bool unreachable = false;         ///< Of an error: nobody is there.
  std::string words;                ///< The answer or the trouble, shortened, for people.
};

/// One client's connection. One question at a time.
class Session {
 public:
  virtual ~Session() = default;

  /// Asks, and returns with the answer or the trouble. Goes through `gate` right before the last step that lets the
  /// lock see the question, so that those of several clients arrive together.
  virtual Heard ask(const Ask& ask, Ticket& gate) = 0;

  /// From any thread: the connection ends now, as if the client had died. A question under way returns `unknown`; the
  /// next one opens a new connection.
  virtual void hang_up() = 0;
};

/// Something that watches a lock until it is destroyed.
class Watching {
 public:
  virtual ~Watching() = default;
};

/// A change that a watcher was told of.
struct Change {
  recording::Sighting::Kind kind = recording::Sighting::Kind::other;
  std::string name;  ///< Empty: of a gap, all names.
  std::uint64_t position = 0;
  std::uint64_t token = 0;
};

/// What a lock can do, and what it is said to be.
struct Traits {
  recording::Lock lock;
  bool renews = false;
  bool queries = false;
  bool waits = false;                      ///< An acquire may wait for its turn.
  bool takes_over = false;                 ///< A name can be taken from whoever holds it.
  bool asks_ttl = false;                   ///< The ttl is as asked for. Else it is `ttl`.
  std::optional<Duration> ttl{};           ///< What the lock gives by itself.
  std::string names = "verify-{run}-{n}";  ///< A pattern for names. Without {n} there is one name.
};

class Target {
 public:
  virtual ~Target() = default;

  /// For people: what it is and where.
  virtual std::string about() const = 0;
  virtual Traits traits() const = 0;
  /// A session for the client called `client`, not connected yet. The target outlives it.
  virtual std::unique_ptr<Session> session(const std::string& client) = 0;
  /// Tells of every change of names that begin with `prefix`, from when it returns; `told` is called from a thread of
  /// its own. Null: this lock cannot be watched.
  virtual Result<std::unique_ptr<Watching>> watch(const std::string& prefix, std::function<void(const Change&)> told) {
    (void)prefix, (void)told;
    return nullptr;
  }
};

}  // namespace holdfast::verify
