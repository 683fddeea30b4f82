// A change of a whole text, as CodeMirror 6 has it: what stays, what goes, what comes, in the order of the text.
//
// Always: what is inserted is valid UTF-8 with line feeds for line breaks. Whether a change begins or ends within a
// surrogate pair can be said only beside a text; Text::apply does.
#pragma once

#include <string>
#include <string_view>

#include "text/change_shape.h"

namespace holdfast::text {

class Text;

class ChangeSet {
 public:
  ChangeSet() = default;
  static ChangeSet unchanged(Units length);
  /// In a text of this length, `deleted` units from `at` on give way to `inserted`: valid UTF-8, line feeds only.
  /// `at + deleted` must not be more than `length`.
  static ChangeSet replace(Units length, Units at, Units deleted, std::string_view inserted);

  const ChangeShape& shape() const { return shape_; }
  std::span<const Part> parts() const { return shape_.parts(); }
  /// All that is inserted, one after the other; each part says how many bytes of it are its own.
  std::string_view inserted() const { return inserted_; }
  Units length_before() const { return shape_.length_before(); }
  Units length_after() const { return shape_.length_after(); }
  bool changes_nothing() const { return shape_.changes_nothing(); }

  // To build one, from left to right.
  void keep(Units length) { shape_.add({.length = length}); }
  void replace_next(Units deleted, std::string_view inserted);
  /// Appends a part whose text has been measured already. `bytes` of `part` is set to that of the text. As
  /// ChangeShape::add.
  bool add(Part part, std::string_view text, bool join = false);
  void clear();

  /// This change and then `next`, as one. Errors: wrong_length; bad_boundary where `next` cuts a character of ours.
  Result<ChangeSet> compose(const ChangeSet& next) const;
  /// This change, made to come after `theirs` although both were made for the same text. For the same two changes, one
  /// of them with ours_first and the other with theirs_first, both ways round lead to the same text. Errors:
  /// wrong_length.
  Result<ChangeSet> map(const ChangeShape& theirs, Order order) const;
  /// What takes this change back. `old_text`: as it was before. Errors: wrong_length, bad_boundary.
  Result<ChangeSet> invert(const Text& old_text) const;

  friend bool operator==(const ChangeSet&, const ChangeSet&) = default;

 private:
  friend class ChangeReader;  // Which reads text to where it belongs.

  ChangeShape shape_;
  std::string inserted_;
};

}  // namespace holdfast::text
