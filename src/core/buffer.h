// A buffer: a text guarded by the lease of its name, and what is kept beside it: its revisions, who made them, and what
// each owner may take back.
//
// Kept here: B3 (revisions follow one another), B4 (undo is the owner's own). Who may write is the lease's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/effects.h"
#include "core/types.h"
#include "text/blame.h"
#include "text/revision_log.h"
#include "text/text_file.h"
#include "text/undo_stack.h"

namespace holdfast::core {

/// Not thread-safe. Changes only as effects say.
class Buffer {
 public:
  /// Owners whose changes can be taken back, and sessions whose newest number is known; those who were heard of longest
  /// ago go first.
  static constexpr std::size_t undoers_max = 32;
  static constexpr std::size_t sessions_max = 64;
  /// Drafts that have ended, of which it is known what they had.
  static constexpr std::size_t ends_max = 256;

  Buffer(const BufferCreated& created, std::uint64_t number);
  /// What `keep` gave.
  explicit Buffer(const KeptBuffer& kept);

  const std::string& name() const { return name_; }
  /// Tells it from earlier ones of its name: the position at which it was created.
  std::uint64_t number() const { return number_; }
  const text::RevisionLog& log() const { return log_; }
  const text::Blame& blame() const { return blame_; }
  const text::FileForm& form() const { return form_; }
  const std::string& created_by() const { return owners_.front(); }
  WallTime created_at() const { return created_at_; }
  const std::string& changed_by() const { return owners_[last_author_]; }
  WallTime changed_at() const { return changed_at_; }
  const std::string& owner(text::Author author) const { return owners_[static_cast<std::size_t>(author)]; }

  /// Of the newest numbered change of that session; null: none is known.
  const KeptSeq* newest_of(const Who& who) const;
  /// The draft that has ended and had the change of number `seq` of that session; null: none is known.
  const KeptEnd* ended_with(const Who& who, std::uint64_t seq) const;

  /// What takes the owner's newest change back, or does it again. None: there is nothing. Only settles what is known.
  std::optional<text::ChangeSet> to_undo(std::string_view owner, bool redo);
  std::size_t undo_depth(std::string_view owner) const;
  std::size_t redo_depth(std::string_view owner) const;

  /// Makes the changes of `edited`, whose base is the newest revision and which fit.
  void carry_out(const BufferEdited& edited);
  /// The owner begins or ends to hold: what is changed from here on is taken back apart from what was before.
  void close_groups();
  /// A draft for this text has come to its end.
  void note_end(const DraftKept& draft);
  void forget_before(text::Revision revision) { log_.forget_before(revision); }

  KeptBuffer keep() const;

  Position changed;  ///< Of the last effect on it: an answer that shows it waits for that.

 private:
  struct Undoer {
    std::string owner;
    text::UndoStack stack;
  };

  text::Author author_of(const std::string& owner);
  text::UndoStack& stack_of(const std::string& owner);
  Undoer* find_undoer(std::string_view owner);
  void note_undo(const BufferEdited& edited, const text::ChangeSet& change);
  void note_seq(const BufferEdited& edited);

  std::string name_;
  std::uint64_t number_;
  WallTime created_at_;
  WallTime changed_at_;
  text::RevisionLog log_;
  text::Blame blame_;
  text::FileForm form_;
  std::vector<std::string> owners_;  ///< By their number as authors. The first created it.
  std::size_t last_author_ = 0;      ///< Of the newest revision.
  std::vector<Undoer> undo_;         ///< Heard of longest ago first.
  std::vector<KeptSeq> seqs_;        ///< Likewise.
  std::vector<KeptEnd> ends_;        ///< Oldest first.
};

/// A change that could not be got in (B2), and the text that it was made for.
struct Draft {
  DraftKept kept;
  text::Text base_text;
  text::ChangeSet change;  ///< All of its changes in one.
  Position changed;
};

}  // namespace holdfast::core
