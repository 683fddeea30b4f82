// What one owner may take back: its own changes and nothing of anybody else's, and what it may do again.
//
// Always: a group is what takes the owner's changes back from the text as it is now, or as the groups above it would
// leave it. A foreign change is mapped through all groups, so a group never removes a unit that somebody else inserted.
// What is left of it when others have changed the same place is taken back; a group of which nothing is left is gone.
//
// The stack decides nothing about who may write. It is a value: copied, written and read, so that it can lie in a
// journal, outlive a reload, and wait while others own the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "text/change_set.h"
#include "text/text.h"

namespace holdfast::text {

struct UndoLimits {
  std::size_t groups = 1000;
  std::size_t bytes = 4U << 20U;      ///< Of text in the groups, and some for each. The oldest go first.
  std::uint64_t typing_gap_ms = 500;  ///< Changes further apart in time are groups of their own.
};

class UndoStack {
 public:
  explicit UndoStack(UndoLimits limits = {}) : limits_(limits) {}

  /// The owner makes a change of `before`. It joins the newest group if both only insert or both only delete, side by
  /// side, within the typing gap. Whatever could be done again no longer can.
  /// `at_ms`: the caller's time. Only differences count.
  void own(const ChangeSet& change, const Text& before, std::uint64_t at_ms);
  /// Anybody else makes one.
  void foreign(const ChangeSet& change);
  /// The next own change begins a group: at the beginning and the end of a holding, for one.
  void close_group() { open_ = {}; }

  std::size_t undo_depth() const { return done_.size(); }
  std::size_t redo_depth() const { return undone_.size(); }

  /// The change that takes the newest group back, or does the last one taken back again. None: there is nothing.
  std::optional<ChangeSet> to_undo();
  std::optional<ChangeSet> to_redo();
  /// It has been made, exactly that, of `before`.
  void undone(const Text& before);
  void redone(const Text& before);

  /// After the text was replaced by one that no changes lead to.
  void clear();

  void write(std::string& to) const;
  /// What `write` wrote beside a text of `length` units. Errors: record_damaged.
  static Result<UndoStack> read(std::string_view bytes, Units length, UndoLimits limits = {});

 private:
  /// Changes that take back, newest last. `pending` has to be mapped into each of them, from the top down; it is taken
  /// one group further only when that group is looked at.
  struct Group {
    ChangeSet back;
    std::optional<ChangeShape> pending;
  };
  using Groups = std::vector<Group>;

  enum class Kind : std::uint8_t { none, inserts, deletes };
  /// What may still join the newest group.
  struct Open {
    Kind kind = Kind::none;
    std::uint64_t at_ms = 0;
  };

  bool joins(const ChangeSet& change, Kind kind, std::uint64_t at_ms);
  void push(Groups& groups, ChangeSet back);
  void trim(Groups& groups);
  static void await(Groups& groups, const ChangeShape& change);
  static void settle_top(Groups& groups);
  static void settle(Groups& groups);
  /// The newest group of `from` has been made, of `before`: what takes that back goes to `to`.
  void pass_over(Groups& from, Groups& to, const Text& before);

  UndoLimits limits_;
  Groups done_;
  Groups undone_;
  Open open_;
};

}  // namespace holdfast::text
