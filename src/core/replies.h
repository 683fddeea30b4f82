// What the rules answer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/types.h"

namespace holdfast::core {

struct TextAnswer;

/// What somebody wants of the holder of a name: shown with the lease, and so with each of the holder's renewals.
struct Wanted {
  Who taker;           ///< Takes it over when the flush window is over; empty: nobody does.
  std::string reason;  ///< Of the taker.
  Duration window_ends_in{};
  std::string asked_by;  ///< The owner who asked for it last; empty: nobody did.
  std::string message;
};

/// What is said of the end of a holding besides its reason's word (L13).
struct Why {
  std::string by;  ///< The owner who took it over, or revoked it.
  std::string reason;
};

/// What somebody looked up beside the rules, for `Show`: they only carry it to the answer.
struct Shown {
  virtual ~Shown() = default;
};

/// A place in a queue, as an answer shows it.
struct PlaceView {
  Who who;
  Duration waited{};
};

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
  Duration ttl{};      ///< Of the session shown. `forever`: until somebody ends it.
  Duration ends_in{};  ///< Until the holding ends at the latest, if nobody renews. `forever`, too.
  std::size_t waiting = 0;
  std::uint64_t buffer = 0;
  std::shared_ptr<const Why> why;        ///< What was said of the end of the last holding, where it has ended.
  std::shared_ptr<const Wanted> wanted;  ///< Null: nobody wants it from its holder. Of few names.

  // Where the name itself was asked for.
  std::uint64_t taken_by = 0;  ///< The client that `who` took it by. 0: not known any more.
  Duration held_for{};         ///< By the clock on the wall; never below zero.
  bool text = false;           ///< The name has a text.
};

/// What a decision says to whoever asked. It is moved about, and so holds no more than that.
struct Verdict {
  ErrorCode code = ErrorCode::none;  ///< None: done. Else the refusal or error, and nothing changed.
  std::string_view field{};          ///< The field at fault, where a code has one. Of static storage.

  // Of a grant or a renewal.
  Who who;               ///< Whom it was granted to.
  Duration waited{};     ///< In the queue.
  bool joined = false;   ///< The holding was there already, of another session of the same owner.
  Instant granted_at{};  ///< When it was decided.
  Instant void_after{};  ///< From here on the lease may be over: not to be answered as granted any more (L4).
  Loss before =
      Loss::none;  ///< How the holding of `lease.previous` ended; none where that is not known. Of a transfer, too.

  // Of a stale answer or a refusal.
  Token asked;                     ///< The token that was named.
  Loss because = Loss::none;       ///< Why that token's holding ended.
  std::shared_ptr<const Why> why;  ///< What whoever ended it said. Null where nobody did.

  bool ended = false;  ///< Of a release: this call ended it (else it was over before).

  std::uint64_t draft = 0;  ///< Of a change that was too late: the draft that it has become (B2). 0: none.
};

/// The answer to one command: what was decided, and what it shows. Long: made where it stays.
struct Reply : Verdict {
  LeaseView lease;         ///< As it is after the command.
  bool unsettled = false;  ///< May show what is not yet durable.

  std::size_t count = 0;  ///< Of a session's renewal or end: how many leases it renewed or ended so far.
  std::size_t left = 0;   ///< How many are still to be looked at, by a further step.

  /// Of a session's end: the holdings that this step ended its part in.
  struct Part {
    std::string name;
    Token token;
    Who who{};  ///< Of a program, whose parts may be anybody's. Else the answer's own.
  };
  std::vector<Part> parts;

  /// Of a program: what it began or renewed. Each of these holds until its own `void_after`; that of the whole answer
  /// is the first of them. `parts` are those that it ended, whoever's they were.
  struct Grant {
    LeaseView lease;
    Who who;
    Instant granted_at{};
    Instant void_after{};
    Loss before = Loss::none;
  };
  std::vector<Grant> granted;

  std::vector<PlaceView> queue;  ///< Of a name that was asked for: the first who wait for it, in order.

  std::shared_ptr<const Shown> shown;  ///< Of `Show`: what was looked up.

  std::vector<LeaseView> page;  ///< Of a list.
  std::string next;             ///< Of a list: where the following page begins; empty at the end.

  std::shared_ptr<const TextAnswer> text;  ///< What is answered about texts and drafts (text_answer.h); else null.

  Position position;   ///< Everything up to here was decided when this was answered.
  Position waits_for;  ///< Not to leave before this is durable.
};

}  // namespace holdfast::core
