// The calls about leases as they go over the wire, and what is made of their answers. Nothing is sent here.
//
// What comes back is the answer or a Problem, and a Problem says first whether it happened (L12). A refusal (L11) is a
// Problem too: its fields say who holds the name, since when, why, and how many wait.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "client/http.h"

namespace holdfast::client {

/// The flush window of a takeover that leaves it to the server, at most: a text has one of 5 s.
inline constexpr Duration flush_expected = std::chrono::seconds(10);

/// A takeover whose flush window runs: then the name changes hands.
struct TakeoverAhead {
  std::string by;  ///< The owner.
  std::string session;
  std::string reason;
  Duration ends_in{};  ///< The window, rounded up to a millisecond.
};

/// Somebody asks the holder to give it up.
struct AskedFor {
  std::string by;
  std::string message;  ///< May be empty.
  bool operator==(const AskedFor&) const = default;
};

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
  std::string ended_by;      ///< Of such a name, and of `stale`: who took it over or revoked it.
  std::string ended_reason;  ///< And what they said.
  std::optional<TakeoverAhead> takeover;
  std::optional<AskedFor> request;
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
/// From an answer whose status is not 200.
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

/// Owning what somebody else holds.
struct TakeoverCall {
  AcquireCall want;                 ///< What the taker asks for; `wait` counts for nothing.
  std::uint64_t token = 0;          ///< Of the holding that is meant; 0: of none, so a name that is held is refused.
  std::optional<Duration> flush{};  ///< How long the holder may hand in what it has; none: the server says.
  std::string reason;
};

struct TokenCall {
  std::string name;
  std::uint64_t token = 0;
  std::string owner;
  std::string session;            ///< Empty: the token's only one.
  std::optional<Duration> ttl{};  ///< Of a renewal; none: as before.
};

struct AskCall {
  std::string name;
  std::string owner;
  std::string session;  ///< May be empty.
  std::string message;  ///< The same.
};

struct TransferCall {
  TokenCall from;
  std::string to;
  std::string to_session;  ///< Empty: the first that waits, else a fresh one.
};

struct RevokeCall {
  std::string name;
  std::uint64_t token = 0;  ///< 0: whichever holding there is.
  std::string owner;
  std::string reason;
};

/// A session and all that it holds.
struct SessionCall {
  std::string session;
  std::string owner;
  std::optional<Duration> ttl{};  ///< Of a renewal; none: each as before.
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

// Requests. Those that are `repeatable` may be sent twice.
Request acquire_request(const AcquireCall& call);
Request renew_request(const TokenCall& call);
Request release_request(const TokenCall& call);
Request check_request(const std::string& name, std::uint64_t token);
/// Repeatable where the session is named: asking again gives the same grant (L12).
Request takeover_request(const TakeoverCall& call);
/// `to.session` is where it goes. Asking again is answered like the first time.
Request move_request(const TokenCall& to);
Request ask_request(const AskCall& call);
Request transfer_request(const TransferCall& call);
Request revoke_request(const RevokeCall& call);
Request renew_session_request(const SessionCall& call);
Request end_session_request(const SessionCall& call);
Request get_request(const std::string& name);
Request list_request(const ListCall& call);

/// Appends `key=value` to the query of `target`; nothing where `value` is empty.
void add_parameter(std::string& target, std::string_view key, const std::string& value);

/// One segment of a path, slashes escaped too.
std::string segment_of(const std::string& text);

/// `name` for a path: what is not a letter, a digit or one of -._~/ is escaped.
std::string path_of(const std::string& name);

/// The object of a 200; a Problem for everything else.
Answer<boost::json::object> object_of(Result<Response>&& response);

/// Reads what the server says about a name. Fields that are missing or of another type are left empty.
Holding holding_of(boost::json::object json);
Page page_of(boost::json::object json);

// Fields, for the same.
std::string text_at(const boost::json::object& from, std::string_view key);
std::optional<std::uint64_t> number_at(const boost::json::object& from, std::string_view key);
std::optional<Duration> ms_at(const boost::json::object& from, std::string_view key);
bool flag_at(const boost::json::object& from, std::string_view key);

}  // namespace holdfast::client
