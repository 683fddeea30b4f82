// What the rules answer.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/types.h"

namespace holdfast::core {

/// A name as an answer shows it.
struct LeaseView {
  std::string name;
  bool known = false;  ///< False: free, and nothing is remembered; only `name` and `buffer` say anything.
  bool held = false;
  Token token;              ///< Of the holding, or of the last one.
  Token previous;           ///< Of the holding before it; 0 where that is not known.
  Loss ended = Loss::none;  ///< Why the last holding ended, where it has.
  Who who;                  ///< The holder; of several sessions the first. Of a free name, the last holder.
  std::size_t sessions = 0;
  HolderKind holder = HolderKind::session;
  std::string note;
  std::string metadata;
  WallTime since{};
  Duration ttl{};      ///< Of the session shown.
  Duration ends_in{};  ///< Until the holding ends at the latest, if nobody renews.
  std::size_t waiting = 0;
  std::uint64_t buffer = 0;
};

/// The answer to one command.
struct Reply {
  ErrorCode code = ErrorCode::none;  ///< None: done. Else the refusal or error, and nothing changed.
  LeaseView lease;                   ///< As it is after the command.
  std::string field;                 ///< The field at fault, where a code has one.

  // Of a grant or a renewal.
  Who who;               ///< Whom it was granted to.
  Duration waited{};     ///< In the queue.
  bool joined = false;   ///< The holding was there already, of another session of the same owner.
  Instant granted_at{};  ///< When it was decided.
  Instant void_after{};  ///< From here on the lease may be over: not to be answered as granted any more (L4).

  // Of a stale answer or a refusal.
  Token asked;                ///< The token that was named.
  Loss because = Loss::none;  ///< Why that token's holding ended.

  bool ended = false;      ///< Of a release: this call ended it (else it was over before).
  bool unsettled = false;  ///< May show what is not yet durable.

  std::vector<LeaseView> page;  ///< Of a list.
  std::string next;             ///< Of a list: where the following page begins; empty at the end.

  Position position;   ///< Everything up to here was decided when this was answered.
  Position waits_for;  ///< Not to leave before this is durable.
};

}  // namespace holdfast::core
