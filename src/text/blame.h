// Who wrote what of a text: its ranges by author, kept along with its changes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "text/change_shape.h"
#include "text/revision_log.h"

namespace holdfast::text {

class Blame {
 public:
  struct Range {
    Units length = 0;
    Author author{};
    friend bool operator==(const Range&, const Range&) = default;
  };

  /// All of a text of `length` units is of one author.
  explicit Blame(Units length, Author author);

  Units length() const { return length_; }
  /// In the order of the text. None is empty, and no two neighbours are of the same author.
  std::span<const Range> ranges() const { return ranges_; }
  /// Of the unit at `position`, which must be within the text.
  Author at(Units position) const;

  /// What `author` inserted is theirs; all else stays whose it was. `change` must be for a text of this length. Typing
  /// where one typed before costs next to nothing.
  void apply(const ChangeShape& change, Author author);

  void write(std::string& to) const;
  /// What `write` wrote, of a text of `length` units. Errors: record_damaged.
  static Result<Blame> read(std::string_view bytes, Units length);

  friend bool operator==(const Blame& a, const Blame& b) { return a.ranges_ == b.ranges_; }

 private:
  /// Goes to the range in which `at` lies: behind its beginning, or at the very beginning of the first.
  void seek(Units at);
  void replace(Units at, Units removed, Units inserted, Author author);

  std::vector<Range> ranges_;
  Units length_ = 0;
  // The range of the last edit, and where it begins.
  std::size_t near_ = 0;
  Units near_start_ = 0;
};

}  // namespace holdfast::text
