// What somebody has selected, and where it goes when the text changes.
#pragma once

#include <algorithm>

#include "text/change_shape.h"

namespace holdfast::text {

/// From the anchor, which stays, to the head, which moves with the cursor; either may come first.
struct Selection {
  Units anchor = 0;
  Units head = 0;

  bool empty() const { return anchor == head; }
  friend bool operator==(const Selection&, const Selection&) = default;
};

/// As CodeMirror does it: text that is inserted at an end of a selection stays outside of it, and a cursor stays
/// before. A selection of which nothing is left becomes a cursor. Both ends must be within the text before the change.
inline Selection mapped(const Selection& selection, const ChangeShape& change) {
  if (selection.empty()) {
    const Units at = change.map(selection.head, Side::before);
    return {at, at};
  }
  const Units to = change.map(std::max(selection.anchor, selection.head), Side::before);
  const Units from = std::min(to, change.map(std::min(selection.anchor, selection.head), Side::after));
  return selection.anchor < selection.head ? Selection{from, to} : Selection{to, from};
}

}  // namespace holdfast::text
