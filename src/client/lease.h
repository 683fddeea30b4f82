// The calls about leases, typed.
//
// What comes back is the answer or a Problem, and a Problem says first whether it happened (L12). A refusal (L11) is a
// Problem too: its fields say who holds the name, since when, why, and how many wait.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "client/http.h"

namespace holdfast::client {

/// A name as the server shows it: of a grant one's own, of a refusal the holder's. What is not said is empty.
struct Holding {
  std::string name;
  bool held = false;
  std::uint64_t token = 0;  ///< 0: none is known.
  std::optional<std::uint64_t> previous;
  std::string owner;
  std::string session;
  std::string since;  ///< RFC 3339.
  std::string note;
  std::optional<Duration> ttl;      ///< None: until released or taken over.
  std::optional<Duration> ends_in;  ///< At most, if nobody renews.
  std::uint64_t waiting = 0;
  std::string last_owner;    ///< Of a free name that is remembered.
  std::string ended;         ///< Of such a name: why its last holding ended.
  Duration waited{};         ///< Of a grant: in the queue, since this session first asked.
  bool joined = false;       ///< Of a grant: another session of the same owner held it already.
  boost::json::object json;  ///< All of it, as it came.
};

/// Why there is no answer that says "done".
struct Problem {
  ErrorCode code = ErrorCode::internal;
  std::string name;  ///< The code's name as it came; of a newer server it may be one that `code` does not know.
  Fate fate = Fate::maybe_done;
  int status = 0;       ///< Of HTTP; 0 where no answer came.
  std::string detail;   ///< One sentence.
  std::string field;    ///< The field of the request that is at fault. May be empty.
  std::string because;  ///< Of `stale`: why the old holding ended (L13).
  std::optional<std::chrono::seconds> retry_after;
  Holding holding;  ///< Who holds it instead. `json` is the whole problem, made here where none came.

  /// Somebody else has it, or had it first: asking later may help.
  bool is_contention() const;
  /// The holding that the token named is over, or was never this caller's: what it protected must stop.
  bool means_lost() const;
};

/// From a failure of ours, in the form in which the server would say it.
Problem problem_of(const Error& error);
/// From an answer that says no.
Problem problem_of(Response&& response);

template <class T>
using Answer = std::expected<T, Problem>;

struct AcquireCall {
  std::string name;
  std::string owner;
  std::string session;  ///< Empty: the server makes one up; then asking again is another session (L12).
  std::optional<Duration> ttl = std::chrono::seconds(30);  ///< None: until released or taken over.
  Duration wait{};
  std::string note;
  std::optional<boost::json::value> metadata;
  std::string holder;  ///< "session" or "owner"; empty is session.
};

struct TokenCall {
  std::string name;
  std::uint64_t token = 0;
  std::string owner;
  std::string session;            ///< Empty: the token's only one.
  std::optional<Duration> ttl{};  ///< Of a renewal; none: as before.
};

struct Released {
  bool released = false;  ///< False: it was over already.
  boost::json::object json;
};

struct ListCall {
  std::string prefix, owner, after;
  bool contended = false;
  std::uint64_t limit = 0;  ///< 0: the server's.
};

struct Page {
  std::vector<Holding> leases;
  std::string next;  ///< For `after`; empty at the end.
  boost::json::object json;
};

/// The server, as far as leases go. An interface, so that tests can script it.
class Leases {
 public:
  virtual ~Leases() = default;
  virtual Answer<Holding> acquire(const AcquireCall& call) = 0;
  /// `patience`: how long to wait for the answer.
  virtual Answer<Holding> renew(const TokenCall& call, Duration patience) = 0;
  virtual Answer<Released> release(const TokenCall& call, Duration patience) = 0;
  /// From any thread: ends the call under way at once, and every later one until reopen().
  virtual void interrupt() noexcept = 0;
  /// After an interrupt, when no call is under way: calls work again, on a new connection.
  virtual void reopen() = 0;
};

/// Over HTTP. One thread at a time, but for interrupt().
class HttpLeases final : public Leases {
 public:
  explicit HttpLeases(Url server);

  Answer<Holding> acquire(const AcquireCall& call) override;
  Answer<Holding> renew(const TokenCall& call, Duration patience) override;
  Answer<Released> release(const TokenCall& call, Duration patience) override;
  Answer<Holding> check(const std::string& name, std::uint64_t token);
  Answer<Holding> get(const std::string& name);
  Answer<Page> list(const ListCall& call);
  void interrupt() noexcept override { connection_.cancel(); }
  void reopen() override { connection_ = Connection(server_); }

 private:
  Answer<boost::json::object> ask(const Request& request, Duration patience);

  Url server_;
  Connection connection_;
};

/// `name` for a path: what is not a letter, a digit or one of -._~/ is escaped.
std::string path_of(const std::string& name);

/// Reads what the server says about a name. Fields that are missing or of another type are left empty.
Holding holding_of(boost::json::object json);

}  // namespace holdfast::client
