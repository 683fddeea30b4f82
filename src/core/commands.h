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
#include "text/change_set.h"
#include "text/revision_log.h"
#include "text/text_file.h"

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
  bool flush_by_default = false;  ///< `flush` was not said: Limits::flush_of_text where the name has a text, else none.
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
  /// When the names were looked up; none: now. What is named for the first time after that is not among them, so the
  /// answer is of no later position (L14).
  std::optional<Position> as_of{};
};

struct Shown;

/// Show what was looked up beside the rules, when all that was decided before is durable: it may show that something is
/// absent.
struct Show {
  std::shared_ptr<const Shown> shown;
  bool unsettled = false;
  std::optional<Position> as_of{};  ///< When it was looked up; none: now. As of a List.
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

// --- Texts, each guarded by the lease of its name.

/// Put a text under `name`. Nobody else may hold the name. Repeatable by the same owner until it is changed.
struct CreateBuffer {
  std::string name;
  Who by;                                      ///< The session may be empty.
  std::shared_ptr<const text::TextFile> file;  ///< Not null.
};

/// Take the text away, with its revisions; its drafts stay. Nobody else may hold the name.
struct RemoveBuffer {
  std::string name;
  Who by;       ///< The session may be empty.
  Token token;  ///< Of one's own holding. Needed where the name is held.
};

/// Change the text: token, base and changes are looked at and carried out in one step (B1). All of them or none.
///
/// With a token that is over, or whose holding never was the caller's, what it would have changed becomes a draft (B2).
struct Edit {
  std::string name;
  Token token;
  Who who;                  ///< An empty session means the holding's only one.
  text::Revision base = 0;  ///< The revision that the first of `changes` was made for. Each makes one more.
  /// The number of the first change among those of its session, from 1 on; the following ones have the next numbers.
  /// What was made already is not made again: the answer says which revision it is. 0: they have none.
  std::uint64_t seq = 0;
  std::vector<text::ChangeSet> changes;  ///< At least one.
};

/// Take back what this owner last changed (B4), or do it again: a revision like any other.
struct Undo {
  std::string name;
  Token token;
  Who who;  ///< An empty session means the holding's only one.
  bool redo = false;
  std::uint64_t seq = 0;               ///< As of an edit of one change.
  std::optional<text::Revision> base;  ///< Given: refused unless it is the newest.
};

/// The text as it is, or as it was.
struct GetBuffer {
  std::string name;
  std::optional<text::Revision> revision;  ///< None: the newest.
  bool with_text = true;
  bool with_blame = false;  ///< Of the newest.
  std::string owner;        ///< Not empty: how much this one may undo and do again.
};

/// The changes behind a revision, oldest first: a bounded number of them.
struct GetChanges {
  std::string name;
  text::Revision after = 0;
  std::size_t limit = 1'000;
  std::uint64_t buffer = 0;  ///< Not 0: refused with revision_gone where the name has another text by now.
  bool or_text = false;      ///< Where they are gone or too many for one answer: the newest text instead.
};

/// The texts at and below a prefix, in the order of their names.
struct ListBuffers {
  std::string prefix;
  std::string after;  ///< Behind this name.
  std::size_t limit = 100;
};

/// Keep as a draft what could not be got in. Repeatable: a draft of the same session and number is kept once, in its
/// longer form.
struct KeepDraft {
  Edit edit;
};

struct GetDraft {
  std::uint64_t draft = 0;
};

struct ListDrafts {
  std::string name;   ///< Not empty: of this text only.
  std::string owner;  ///< Not empty: of this owner only.
  std::uint64_t after = 0;
  std::size_t limit = 100;
};

/// Make the draft's changes in the text as it is now, and be done with it.
struct ApplyDraft {
  std::uint64_t draft = 0;
  Token token;
  Who who;
  std::uint64_t seq = 0;  ///< As of an edit of one change.
  bool anyway = false;    ///< Also where others changed the same places since.
};

/// Throw a draft away.
struct DropDraft {
  std::uint64_t draft = 0;
  Who by;  ///< The session may be empty.
};

using Command =
    std::variant<Acquire, Renew, Release, Check, Get, List, Leave, TakeBack, Takeover, Move, AskHolder, Transfer,
                 Revoke, RenewSession, EndSession, RunProgram, CreateBuffer, RemoveBuffer, Edit, Undo, GetBuffer,
                 GetChanges, ListBuffers, KeepDraft, GetDraft, ListDrafts, ApplyDraft, DropDraft, Show>;

/// The one name that `command` is about; empty where it is about several or none.
inline std::string_view name_of(const Command& command) {
  return std::visit(
      [](const auto& c) -> std::string_view {
        if constexpr (requires { c.want.name; }) return c.want.name;
        if constexpr (requires { c.edit.name; }) return c.edit.name;
        if constexpr (requires { c.name; }) return c.name;
        return {};
      },
      command);
}

}  // namespace holdfast::core
