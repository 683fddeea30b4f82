// What the rules decide: the only way in which kept state changes, and what a journal keeps.
//
// Effects are absolute: replaying one over a newer state of the same name only repeats what the later ones say.
// Moving a deadline and standing in a queue are no effects: neither survives a restart (L4, L8).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/types.h"
#include "text/revision_log.h"
#include "text/text.h"

namespace holdfast::core {

/// A new holding begins on a free name.
struct Granted {
  std::string name;
  Who who;
  Token token;
  Duration ttl{};
  HolderKind holder = HolderKind::session;
  std::string note;
  std::string metadata;
  WallTime since{};
  Duration waited{};  ///< In the queue.
  std::string from;   ///< The network address of whoever asked; empty where that is not known.
  bool operator==(const Granted&) const = default;
};

/// A new holding begins in the place of another one, in the same step (L9).
struct Taken {
  Granted grant;
  Loss displaced =
      Loss::none;      ///< Why the holding before ended; none: it was over, and the taker came before the queue.
  std::string reason;  ///< What the taker said. Empty of a move or a transfer.
  bool operator==(const Taken&) const = default;
};

/// Another session of the same owner shares the holding.
struct Joined {
  std::string name;
  std::string session;
  Token token;
  Duration ttl{};
  WallTime at{};
  std::string owner;
  Duration waited{};
  std::string from;
  bool operator==(const Joined&) const = default;
};

/// A session's ttl is another one from now on.
struct Renewed {
  std::string name;
  std::string session;
  Token token;
  Duration ttl{};
  bool operator==(const Renewed&) const = default;
};

/// A session's part ended because it said so. The last one's end is the holding's.
struct Released {
  std::string name;
  std::string session;
  Token token;
  WallTime at{};
  std::string owner;
  bool ends = false;  ///< The holding ended with it.
  bool operator==(const Released&) const = default;
};

/// A session's deadline passed. The last one's end is the holding's.
struct Lapsed {
  std::string name;
  std::string session;
  Token token;
  WallTime at{};
  std::string owner;
  bool ends = false;  ///< The holding ended with it.
  bool operator==(const Lapsed&) const = default;
};

/// A lapsed session is back, under the same token (L6).
struct Revived {
  std::string name;
  std::string session;
  Token token;
  Duration ttl{};
  WallTime at{};
  std::string owner;
  bool operator==(const Revived&) const = default;
};

/// A holding was ended by somebody who may, and nobody was given the name instead. No session of it may come back.
struct Revoked {
  std::string name;
  Token token;
  Who by;
  std::string reason;
  WallTime at{};
  bool operator==(const Revoked&) const = default;
};

/// Somebody takes the name over when the flush window is over; until then the holder may hand in what it has (L9).
struct TakeoverAsked {
  std::string name;
  Token token;  ///< Of the holding that is meant.
  Who by;
  std::string reason;
  Duration flush{};
  WallTime at{};
  std::string from;
  bool operator==(const TakeoverAsked&) const = default;
};

/// Why a takeover that was asked for did not come about. Numbers are kept in the journal: only ever add.
enum class Drop : std::uint8_t {
  taker_left = 1,  ///< Its connection was gone before the window was over.
  restart = 2,     ///< The server stopped, or started anew.
  disk_full = 3,   ///< There was no room to write the change of hands down.
};

/// `taker_left`, `restart` or `disk_full`.
std::string_view word(Drop drop);

/// The takeover that was asked for will not come about; the holder keeps the name.
struct TakeoverDropped {
  std::string name;
  Token token;
  Who by;
  Drop because = Drop::taker_left;
  WallTime at{};
  bool operator==(const TakeoverDropped&) const = default;
};

/// Somebody asks the holder to give the name up. Nothing changes but what the holder is told.
struct Requested {
  std::string name;
  Token token;
  Who by;  ///< The session may be empty.
  std::string message;
  WallTime at{};
  std::string from;
  bool operator==(const Requested&) const = default;
};

/// A server began to serve from this journal. The positions that it gave out carry its incarnation (L14).
struct Started {
  std::uint64_t incarnation = 0;
  WallTime at{};
  bool operator==(const Started&) const = default;
};

/// Nothing is remembered of a free name any longer, but its buffer number.
struct Forgotten {
  std::string name;
  bool operator==(const Forgotten&) const = default;
};

/// The name has a buffer number, for ever.
struct Numbered {
  std::string name;
  std::uint64_t buffer = 0;
  bool operator==(const Numbered&) const = default;
};

/// A session's part in a holding, as a snapshot keeps it.
struct KeptPart {
  std::string session;
  Duration ttl{};
  bool lapsed = false;
  bool operator==(const KeptPart&) const = default;
};

/// How a past holding ended.
struct KeptLoss {
  Token token;
  Loss loss = Loss::none;
  bool operator==(const KeptLoss&) const = default;
};

/// All that is known of one name. Only in snapshots.
struct Kept {
  std::string name;
  std::string owner;
  Token token;
  Token previous;
  HolderKind holder = HolderKind::session;
  std::string note;
  std::string metadata;
  WallTime since{};
  std::uint64_t buffer = 0;
  Loss ended = Loss::none;
  std::vector<KeptPart> parts;
  std::vector<KeptLoss> losses;
  bool operator==(const Kept&) const = default;
};

/// What is known of no single name. Only in snapshots, and first there.
struct KeptTotals {
  Token greatest;             ///< Of all tokens ever given (L2).
  std::uint64_t buffers = 0;  ///< The greatest buffer number ever given.
  bool operator==(const KeptTotals&) const = default;
};

/// What a takeover, or whoever revoked it, said when the holding of `token` ended.
struct KeptWhy {
  Token token;
  std::string by;
  std::string reason;
  bool operator==(const KeptWhy&) const = default;
};

/// What is known of a name besides its Kept, which comes before it: of few names. Only in snapshots.
struct KeptWhys {
  std::string name;
  std::vector<KeptWhy> whys;
  Who taker;  ///< Whose takeover was pending; empty: none was.
  bool operator==(const KeptWhys&) const = default;
};

/// A start of a server, and the position from which on its own positions count. Only in snapshots, oldest first.
struct KeptStart {
  std::uint64_t incarnation = 0;
  std::uint64_t from = 0;
  bool operator==(const KeptStart&) const = default;
};

// --- Texts.

/// There is a text under `name`: its revision 0. Its number, which tells it from earlier ones, is this effect's
/// position.
struct BufferCreated {
  std::string name;
  Who by;
  text::Text text;
  std::string ends;              ///< How its lines end: text/line_ends.h.
  bool byte_order_mark = false;  ///< Its file has one.
  WallTime at{};
  bool operator==(const BufferCreated&) const = default;
};

/// It is gone. Its drafts are not.
struct BufferRemoved {
  std::string name;
  Who by;
  WallTime at{};
  bool operator==(const BufferRemoved&) const = default;
};

/// What kind of change a revision came from. Numbers are kept in the journal: only ever add.
enum class EditKind : std::uint8_t { edit = 1, undo = 2, redo = 3, draft = 4 };
/// `edit`, `undo`, `redo` or `draft`.
std::string_view word(EditKind kind);

/// The text changed, under the token of its lease: one revision for each of `changes` (B1).
struct BufferEdited {
  std::string name;
  Token token;
  Who who;
  text::Revision base = 0;           ///< The revisions are base + 1 and so on.
  std::uint64_t seq = 0;             ///< Of the first change among those of the session; 0: they have no numbers.
  std::vector<std::string> changes;  ///< text/change_record.h.
  EditKind kind = EditKind::edit;
  std::uint64_t draft = 0;  ///< Of a draft: which.
  WallTime at{};
  bool operator==(const BufferEdited&) const = default;
};

/// What an owner could not get in is kept (B2). One of the same number takes its place.
struct DraftKept {
  std::uint64_t draft = 0;  ///< Its number: the position at which it was first kept.
  std::string name;
  std::uint64_t buffer = 0;  ///< The text that it was made for.
  Who who;
  Token token;
  text::Revision base = 0;
  std::uint64_t seq = 0;
  std::vector<std::string> changes;
  Loss because = Loss::none;  ///< Why its owner had lost the name.
  std::string by;             ///< Who took it over or revoked it; may be empty.
  WallTime at{};
  bool operator==(const DraftKept&) const = default;
};

/// How a draft came to its end. Numbers are kept in the journal: only ever add.
enum class DraftEnd : std::uint8_t { applied = 1, discarded = 2 };
/// `applied` or `discarded`.
std::string_view word(DraftEnd how);

struct DraftEnded {
  std::uint64_t draft = 0;
  std::string name;
  DraftEnd how = DraftEnd::discarded;
  Who by;
  WallTime at{};
  bool operator==(const DraftEnded&) const = default;
};

/// What one owner may undo, as a snapshot keeps it.
struct KeptUndo {
  std::string owner;
  std::string stack;  ///< text/undo_stack.h.
  bool operator==(const KeptUndo&) const = default;
};

/// The newest numbered change of a session, and the revision it made.
struct KeptSeq {
  Who who;
  std::uint64_t seq = 0;
  text::Revision revision = 0;
  bool operator==(const KeptSeq&) const = default;
};

/// The numbers that a session's changes had in a draft that has come to its end.
struct KeptEnd {
  Who who;
  std::uint64_t seq = 0;   ///< Of its first change,
  std::uint64_t last = 0;  ///< and of its last one.
  std::uint64_t draft = 0;
  bool operator==(const KeptEnd&) const = default;
};

/// All that is known of a text. Only in snapshots.
struct KeptBuffer {
  std::string name;
  std::uint64_t buffer = 0;
  WallTime at{};          ///< Of its creation,
  WallTime changed_at{};  ///< and of its newest revision.
  std::string ends;       ///< text/line_ends.h.
  bool byte_order_mark = false;
  std::string log;                  ///< text/revision_log.h.
  std::string blame;                ///< text/blame.h.
  std::vector<std::string> owners;  ///< Authors by their numbers. The first created it.
  std::uint64_t last_author = 0;    ///< Of the newest revision: a place in `owners`.
  std::vector<KeptUndo> undo;
  std::vector<KeptSeq> seqs;   ///< Oldest first.
  std::vector<KeptEnd> ended;  ///< Likewise.
  bool operator==(const KeptBuffer&) const = default;
};

/// A draft, and the text that it was made for. Only in snapshots.
struct KeptDraft {
  DraftKept draft;
  std::string base_text;
  bool operator==(const KeptDraft&) const = default;
};

using Effect = std::variant<Granted, Joined, Renewed, Released, Lapsed, Revived, Forgotten, Numbered, Kept, KeptTotals,
                            Taken, Revoked, TakeoverAsked, TakeoverDropped, Requested, Started, KeptWhys, KeptStart,
                            BufferCreated, BufferRemoved, BufferEdited, DraftKept, DraftEnded, KeptBuffer, KeptDraft>;

/// Only snapshots hold it: it says what is, not what happened.
bool of_snapshot(const Effect& effect);

/// Whether watchers of its name hear of it (L14): who owns it, owned it, or wants it has changed.
bool is_event(const Effect& effect);

/// The one name that `effect` is about; empty where it is about none.
std::string_view name_of(const Effect& effect);

/// How many bytes `effect` takes in a journal, at most; what snapshots alone hold, about. For bounds.
std::size_t size_estimate(const Effect& effect);

}  // namespace holdfast::core
