// What clients saw of a lock: every call, its answer, and when, on one clock.
//
// A recording is written by whoever drives clients (a verifier, a simulator, somebody's test) and judged by verify. It
// says what was asked and answered, never what should have been.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace holdfast::recording {

/// Nanoseconds on the recording's one clock, from its beginning.
using Nanos = std::int64_t;
/// Later than everything: of a call that nobody saw return.
inline constexpr Nanos never = std::numeric_limits<Nanos>::max();

/// Into `Recording::clients` or `Recording::names`.
using Index = std::uint32_t;
inline constexpr Index nobody = std::numeric_limits<Index>::max();

/// What was asked.
enum class What : std::uint8_t {
  acquire,   ///< Own the name, perhaps after waiting.
  renew,     ///< Hold it longer.
  release,   ///< Give it up.
  query,     ///< Who holds it?
  takeover,  ///< Own what somebody else holds.
  move,      ///< Pass it to another session of one's own: `client` holds afterwards.
  transfer,  ///< Give it to somebody else: `holder` holds afterwards.
  revoke,    ///< End somebody's holding without taking it.
  read,      ///< The guarded counter's value.
  write,     ///< The guarded counter becomes `value` + 1, guarded by `token`.
};

/// What was answered.
enum class Outcome : std::uint8_t {
  ok,       ///< Done. Of a query: answered.
  busy,     ///< No: somebody else holds it, at some moment between call and return.
  stale,    ///< No: the token that was named is not, or no more, the holder's.
  over,     ///< No: waited in vain. It says nothing of who holds when.
  error,    ///< It was certainly not done.
  unknown,  ///< Nobody knows whether it was done: no answer, or one that does not say.
};

/// One call and its answer about one name.
struct Operation {
  Nanos called = 0;
  Nanos returned = never;  ///< `never` where the outcome is unknown and nothing came back.
  std::uint32_t call = 0;  ///< The call's number. Several operations with one number are one call for a set of names.
  Index client = nobody;   ///< The session that asked.
  Index name = 0;          ///< What of.
  Index holder = nobody;   ///< Who holds, where the answer says so.
  What what = What::acquire;
  Outcome outcome = Outcome::unknown;
  bool held = false;           ///< Of a query: somebody held it.
  bool joined = false;         ///< Of an acquire: it shares a holding that was there already.
  bool shared = false;         ///< Of an acquire or what it holds: excludes only exclusive holders.
  std::uint64_t token = 0;     ///< The one that was named. 0: none.
  std::uint64_t shown = 0;     ///< The one in the answer: of the grant, or of whoever holds or held. 0: it shows none.
  std::uint64_t previous = 0;  ///< Of a grant: the token of the holding before it. 0: not said.
  std::uint64_t value = 0;     ///< Of a read: what was read. Of a write: what it was based on.
  Nanos ttl = 0;               ///< Of a grant or a renewal: how long it holds at least, counted from the call. 0: it
                               ///< does not end by itself.
  Nanos waited = 0;            ///< Of a grant: how much of the time was spent in a queue. The ttl begins after it.
};

/// A client was told, not asking, that it lost what it held.
struct Loss {
  Nanos at = 0;
  Index client = nobody;
  Index name = 0;
  std::uint64_t token = 0;  ///< Of the holding that is over. 0: not said.
  std::string why;          ///< `lapsed`, `taken_over`, ... May be empty.
};

/// A watcher was told of a change.
struct Sighting {
  enum class Kind : std::uint8_t {
    granted,  ///< A holding with `token` began.
    ended,    ///< The holding with `token` ended.
    other,    ///< Something else happened there.
    gap,      ///< The watcher was told that it may have missed something before this.
  };
  Nanos at = 0;
  Index watcher = nobody;
  Index name = nobody;  ///< Nobody: of a gap, all names.
  Kind kind = Kind::other;
  std::uint64_t position = 0;
  std::uint64_t token = 0;
};

/// What was done to the lock or to a client, on purpose. For people: it decides nothing.
struct Fault {
  Nanos at = 0;
  Nanos until = 0;        ///< Not before `at`.
  Index client = nobody;  ///< Nobody: the server, or what lies between.
  std::string what;       ///< "paused", "killed", "request sent twice", ...
};

/// Who takes part.
struct Client {
  std::string name;   ///< Unique in its recording.
  std::string owner;  ///< Whom sessions that may share a holding have in common. Empty: the name.
};

/// What kind of lock it is said to be. Decides by which rules it is judged.
struct Lock {
  enum class Kind : std::uint8_t {
    mutex,    ///< One holder.
    shared,   ///< Many shared holders or one exclusive one.
    permits,  ///< At most `permits` holders.
  };
  Kind kind = Kind::mutex;
  std::uint32_t permits = 1;
  bool tokens = false;        ///< Grants carry a token that rises from holding to holding.
  bool dense = false;         ///< ... by exactly one.
  bool leases = false;        ///< Holdings end by themselves after their ttl.
  bool late_renewal = false;  ///< A lapsed holding that nobody took may be renewed.
  bool joins = false;         ///< Sessions of one owner may share a holding.
  bool reentrant = false;  ///< The holder that acquires again is granted again, under the same token if there is one.
  bool fifo = false;       ///< Who waits is served in order.
  double drift = 0.001;    ///< By how much clocks may run apart, as a share of a ttl.
};

struct Recording {
  std::string about;  ///< What was recorded, for people: target, workload, seed.
  Lock lock;
  std::vector<Client> clients;
  std::vector<std::string> names;
  std::vector<Operation> operations;  ///< In the order of their calls.
  std::vector<Loss> losses;           ///< In order of time, and so the rest.
  std::vector<Sighting> sightings;
  std::vector<Fault> faults;
};

}  // namespace holdfast::recording
