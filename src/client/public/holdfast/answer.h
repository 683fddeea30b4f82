// What comes back from a call: the answer, or a Problem that says first whether it happened.
//
// C++20 is enough for all public headers, so this is not std::expected; it is read in the same way.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace holdfast {

/// A name, as the server shows it. What was not said is empty.
struct Lease {
  std::string name;
  bool held = false;
  std::uint64_t token = 0;  ///< Of the holder; of a free name its last one. 0: none is known.
  std::string owner, session;
  std::string since;                                 ///< RFC 3339, to show.
  std::string note;                                  ///< Why the holder holds it.
  std::optional<std::chrono::milliseconds> ttl;      ///< None: until released or taken over.
  std::optional<std::chrono::milliseconds> ends_in;  ///< At most, unless it is renewed.
  std::uint64_t waiting = 0;                         ///< How many wait for it.
  std::string last_owner;                            ///< Of a free name that is remembered.
  std::string ended;                                 ///< Of such a name: why its last holding ended.
  std::string position;                              ///< Where a Watch goes on from without a hole.
  std::string json;                                  ///< All of it, as it came.
};

/// Why there is no answer that says "done". A refusal is one too: somebody else holds it, the token is old.
struct Problem {
  std::string code;         ///< Stable; docs/reference/errors.md lists them.
  std::string detail;       ///< A sentence for a person: what happened, and what to do.
  bool maybe_done = false;  ///< True: it may have happened all the same. False: nothing has changed.
  bool cancelled = false;   ///< Somebody asked for the call to stop.
  int status = 0;           ///< Of HTTP; 0 where no answer came.
  std::string field;        ///< The field of the request that is at fault.
  std::string because;      ///< Of `stale`: why the holding that was meant ended.
  std::string by;           ///< Of `stale`: who took it over, transferred or revoked it, where that is said.
  std::string reason;       ///< And what they gave as their reason.
  std::optional<std::chrono::seconds> retry_after;
  Lease holder;      ///< Who holds the name instead.
  std::string json;  ///< The whole problem.

  /// Somebody else has it, or was first: asking later may help.
  bool held_by_other() const;
  /// The holding that was meant is over, or never was the caller's: stop what it protected.
  bool means_lost() const;
};

template <class T>
class Answer {
 public:
  Answer(T value) : either_(std::in_place_index<0>, std::move(value)) {}
  Answer(Problem problem) : either_(std::in_place_index<1>, std::move(problem)) {}

  bool ok() const { return either_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// The answer. Throws std::bad_variant_access where there is none.
  T& value() & { return std::get<0>(either_); }
  const T& value() const& { return std::get<0>(either_); }
  T&& value() && { return std::get<0>(std::move(either_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Why there is none. Throws std::bad_variant_access where there is one.
  const Problem& problem() const { return std::get<1>(either_); }

 private:
  std::variant<T, Problem> either_;
};

}  // namespace holdfast
