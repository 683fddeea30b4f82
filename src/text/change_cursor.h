// A walk along the parts of a change, in pieces of any length.
#pragma once

#include <algorithm>
#include <string_view>

#include "text/change_shape.h"
#include "text/utf8.h"

namespace holdfast::text {

class ChangeCursor {
 public:
  /// `inserted`: of the change; empty for a bare shape. Both must outlive the cursor.
  explicit ChangeCursor(const ChangeShape& shape, std::string_view inserted = {})
      : parts_(shape.parts()), inserted_(inserted) {
    load();
  }

  bool done() const { return index_ == parts_.size(); }
  std::size_t index() const { return index_; }
  bool keeps() const { return !done() && left_.keeps(); }
  bool changes() const { return !done() && !left_.keeps(); }
  bool deletes() const { return !done() && left_.deletes(); }
  bool only_inserts() const { return changes() && left_.length == 0; }
  /// What is left of this part, in the old text and in the new one. 0 at the end.
  Units length() const { return done() ? 0 : left_.length; }
  Units length_after() const { return done() ? 0 : left_.length_after(); }
  /// Units that this part inserts and that have not been passed; 0 for one that keeps.
  Units inserting() const { return changes() ? static_cast<Units>(left_.inserted) : 0; }
  /// Nothing of this part has been passed yet.
  bool fresh() const { return fresh_; }

  /// All that this part inserts.
  std::string_view text() const { return inserted_.substr(text_at_, left_.bytes); }
  /// The next `units` of what this part inserts.
  std::string_view text(Units units) {
    const std::string_view all = text().substr(std::min<std::size_t>(passed_bytes_, text().size()));
    const UnitOffset end = offset_of(all, all.empty() ? 0 : units);
    if (!end.whole) cut_ = true;
    return all.substr(0, end.bytes);
  }
  /// A piece of text was asked for that ends within a surrogate pair.
  bool cut() const { return cut_; }

  void next() {
    if (!done()) text_at_ = std::min(text_at_ + left_.bytes, inserted_.size());
    ++index_;
    load();
  }
  /// Goes on by units of the old text.
  void pass(Units units) {
    if (units == left_.length) return next();
    left_.length -= units;
    fresh_ = fresh_ && units == 0;
  }
  /// Goes on by units of the new text.
  void pass_after(Units units) {
    if (left_.keeps()) return pass(units);
    if (units == static_cast<Units>(left_.inserted)) return next();
    passed_bytes_ += text(units).size();
    left_.inserted -= static_cast<std::int32_t>(units);
    fresh_ = fresh_ && units == 0;
  }

 private:
  void load() {
    if (index_ < parts_.size()) left_ = parts_[index_];
    passed_bytes_ = 0;
    fresh_ = true;
  }

  std::span<const Part> parts_;
  std::string_view inserted_;
  Part left_{};
  std::size_t index_ = 0;
  std::size_t text_at_ = 0;       ///< In `inserted_`: where this part's text begins.
  std::size_t passed_bytes_ = 0;  ///< Of this part's text.
  bool fresh_ = true;
  bool cut_ = false;
};

}  // namespace holdfast::text
