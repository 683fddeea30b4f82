// Composing and mapping, once for changes and once for their bare shapes. `Out` is either: both have an `add`.
//
// The results are those of CodeMirror's ChangeSet, part by part, so that a server and an editor that fold the same
// changes agree on the outcome also where several outcomes would be right.
#pragma once

#include "text/change_cursor.h"

namespace holdfast::text::algebra {

inline bool put(ChangeShape& out, Part part, std::string_view, bool join = false) {
  return out.add(part, join);
}
template <class Out>
bool put(Out& out, Part part, std::string_view text, bool join = false) {
  return out.add(part, text, join);
}

constexpr std::int32_t as_inserted(Units units) {
  return static_cast<std::int32_t>(units);
}

/// `a`, then `b`. The lengths must agree.
template <class Out>
void compose(ChangeCursor& a, ChangeCursor& b, Out& out) {
  // While a replacement of one side is passed in pieces, what the other side does there belongs to the same
  // replacement.
  bool open = false;
  while (!a.done() || !b.done()) {
    if (a.deletes()) {
      put(out, {.length = a.length(), .inserted = 0}, {}, open);
      a.next();
      continue;
    }
    if (b.only_inserts()) {
      put(out, {.length = 0, .inserted = as_inserted(b.inserting())}, b.text(), open);
      b.next();
      continue;
    }
    const Units common = std::min(a.length_after(), b.length());
    const Units old_length = a.keeps() ? common : a.fresh() ? a.length() : 0;
    bool began = false;
    if (b.keeps()) {
      began = a.keeps() ? put(out, {.length = common}, {}, open)
                        : put(out, {.length = old_length, .inserted = as_inserted(common)}, a.text(common), open);
    } else {
      const Units comes = b.fresh() ? b.inserting() : 0;
      const std::string_view text = comes == 0 ? std::string_view{} : b.text();
      began = put(out, {.length = old_length, .inserted = as_inserted(comes)}, text, open);
    }
    const bool more = (a.changes() && a.inserting() > common) || (b.changes() && b.length() > common);
    open = more && (open || began);
    a.pass_after(common);
    b.pass(common);
  }
}

/// `a`, changed so that it fits behind `b`. The lengths must agree.
template <class Out>
void map(ChangeCursor& a, ChangeCursor& b, Order order, Out& out) {
  constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t written = none;  ///< The part of `a` whose text has been written; it may go on deleting.
  const auto was_written = [&] { return written == a.index(); };
  const auto theirs_is_first = [&] {
    if (!b.changes()) return false;
    if (!a.changes() || was_written()) return true;
    if (!a.fresh()) return false;
    return b.length() < a.length() || (b.length() == a.length() && order == Order::theirs_first);
  };
  while (!a.done() || !b.done()) {
    if (a.keeps() && b.keeps()) {
      const Units common = std::min(a.length(), b.length());
      put(out, {.length = common}, {});
      a.pass(common);
      b.pass(common);
    } else if (theirs_is_first()) {
      // What they inserted stays; what we did to the text that they removed is over, but what we inserted there is not.
      put(out, {.length = b.inserting()}, {});
      for (Units left = b.length(); left > 0;) {
        const Units piece = std::min(a.length(), left);
        if (a.changes() && !was_written() && a.length() <= piece) {
          put(out, {.length = 0, .inserted = as_inserted(a.inserting())}, a.text());
          written = a.index();
        }
        a.pass(piece);
        left -= piece;
      }
      b.next();
    } else {
      // Ours, as far as the next place where they inserted: theirs is never inside of what we delete.
      Units deleted = 0;
      Units left = a.length();
      while (left > 0) {
        if (b.keeps()) {
          const Units piece = std::min(left, b.length());
          deleted += piece;
          left -= piece;
          b.pass(piece);
        } else if (b.deletes() && b.length() < left) {
          left -= b.length();
          b.next();
        } else {
          break;
        }
      }
      const bool writes = !was_written();
      put(out, {.length = deleted, .inserted = writes ? as_inserted(a.inserting()) : 0},
          writes ? a.text() : std::string_view{});
      written = a.index();
      a.pass(a.length() - left);
    }
  }
}

}  // namespace holdfast::text::algebra
