// What a change does to positions: which stretches stay, and which give way to how much new text. Not the text itself.
//
// Normal form, kept by `add`: no part is empty, no two neighbours both keep or both delete, and what is inserted at one
// place is one part. This is the form that CodeMirror's own changes have, so that the two can be compared literally.
#pragma once

#include <span>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "text/extent.h"

namespace holdfast::text {

/// A stretch of the old text, and what becomes of it.
struct Part {
  static constexpr std::int32_t kept = -1;

  Units length = 0;              ///< Of the old text.
  std::int32_t inserted = kept;  ///< Units in its place; `kept`: it stays.
  std::uint32_t bytes = 0;       ///< Of what is inserted, in UTF-8. 0 in a bare shape.

  bool keeps() const { return inserted < 0; }
  bool deletes() const { return inserted == 0; }
  Units length_after() const { return keeps() ? length : static_cast<Units>(inserted); }
  friend bool operator==(const Part&, const Part&) = default;
};

/// On which side of an insertion at its own place a position stays.
enum class Side : std::uint8_t { before, after };

/// Of two changes of the same text: whose insertion comes first where both insert at one place.
enum class Order : std::uint8_t { ours_first, theirs_first };

class ChangeShape {
 public:
  ChangeShape() = default;
  static ChangeShape unchanged(Units length);

  std::span<const Part> parts() const { return parts_; }
  Units length_before() const { return before_; }
  Units length_after() const { return after_; }
  bool changes_nothing() const { return parts_.empty() || (parts_.size() == 1 && parts_[0].keeps()); }

  /// Appends a part, in normal form. `join`: it belongs to the replacement that the last part began. Says whether it
  /// became a part of its own.
  bool add(Part part, bool join = false);
  void clear();

  /// Where a position of the old text lies in the new one. It must not be beyond the old text.
  Units map(Units position, Side side) const;

  /// This change and then `next`, as one. Errors: wrong_length.
  Result<ChangeShape> compose(const ChangeShape& next) const;
  /// This change, made to come after `theirs` although both were made for the same text. Errors: wrong_length.
  Result<ChangeShape> map(const ChangeShape& theirs, Order order) const;

  friend bool operator==(const ChangeShape&, const ChangeShape&) = default;

 private:
  bool add_to_last(const Part& part, bool join);

  std::vector<Part> parts_;
  Units before_ = 0;
  Units after_ = 0;
};

inline bool ChangeShape::add(Part part, bool join) {
  if (part.length == 0 && part.inserted <= 0) return false;
  before_ += part.length;
  after_ += part.length_after();
  if (!parts_.empty() && add_to_last(part, join)) return false;
  parts_.push_back(part);
  return true;
}

inline bool ChangeShape::add_to_last(const Part& part, bool join) {
  Part& last = parts_.back();
  const bool same = part.inserted <= 0 && part.inserted == last.inserted;
  if (!same && !join && (part.length != 0 || last.length != 0)) return false;
  last.length += part.length;
  if (same) return true;
  HF_CHECK(!part.keeps() && !last.keeps());
  last.inserted += part.inserted;
  last.bytes += part.bytes;
  return true;
}

}  // namespace holdfast::text
