#include "text/change_shape.h"

#include "text/change_algebra.h"
#include "text/words.h"

namespace holdfast::text {

ChangeShape ChangeShape::unchanged(Units length) {
  ChangeShape shape;
  shape.add({.length = length});
  return shape;
}

void ChangeShape::clear() {
  parts_.clear();
  before_ = 0;
  after_ = 0;
}

Units ChangeShape::map(Units position, Side side) const {
  HF_CHECK(position <= before_);
  Units old_at = 0;
  Units new_at = 0;
  for (const Part& part : parts_) {
    const Units old_end = old_at + part.length;
    if (part.keeps() && old_end > position) return new_at + (position - old_at);
    if (!part.keeps()) {
      const bool inside = old_end > position;
      // The beginning of what is replaced stays the beginning; for what lies inside, the side decides.
      const bool stays = position == old_at || side == Side::before;
      if (inside || (old_end == position && side == Side::before && part.length == 0)) {
        return stays ? new_at : new_at + part.length_after();
      }
    }
    old_at = old_end;
    new_at += part.length_after();
  }
  return new_at;
}

Result<ChangeShape> ChangeShape::compose(const ChangeShape& next) const {
  if (after_ != next.before_) return lengths_differ(after_, next.before_);
  ChangeCursor a(*this);
  ChangeCursor b(next);
  ChangeShape out;
  algebra::compose(a, b, out);
  return out;
}

Result<ChangeShape> ChangeShape::map(const ChangeShape& theirs, Order order) const {
  if (before_ != theirs.before_) return lengths_differ(before_, theirs.before_);
  ChangeCursor a(*this);
  ChangeCursor b(theirs);
  ChangeShape out;
  algebra::map(a, b, order, out);
  return out;
}

}  // namespace holdfast::text
