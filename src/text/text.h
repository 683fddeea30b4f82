// A text that is changed in places: UTF-8 inside, UTF-16 units at the edge.
//
// Always: its bytes are valid UTF-8, and its line breaks are line feeds; there is no carriage return in it.
//
// It lies in chunks of about a kilobyte, those in blocks, and both know how long they are in every way of counting. A
// copy shares all of it and costs a pointer for each 100 KB; who writes afterwards copies the chunk that is written to.
// So a reader copies the text under whatever guards it, and then reads in peace for as long as it likes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "text/chunk.h"
#include "text/extent.h"

namespace holdfast::text {

class ChangeSet;

class Text {
 public:
  Text();
  /// Errors: bad_text (not UTF-8, or with a carriage return; says at which byte), text_too_large.
  static Result<Text> from_utf8(std::string_view utf8);

  Extent extent() const { return extent_; }
  Units length() const { return extent_.units; }
  bool empty() const { return extent_.bytes == 0; }

  /// Makes the change, all of it or nothing. Errors: wrong_length, bad_boundary, text_too_large (beyond units_max).
  Result<void> apply(const ChangeSet& changes);

  // Reading. Positions must not be beyond the text.

  /// Not in the middle of a surrogate pair.
  bool is_boundary(Units at) const;
  /// From one boundary to another.
  void append_to(std::string& out, Units from, Units to) const;
  std::string slice(Units from, Units to) const;
  std::string utf8() const;
  /// Calls `visit(std::string_view)` for all of it, in pieces of whole characters.
  template <class Visit>
  void each_piece(Visit&& visit) const {
    for (const BlockSlot& block : blocks_) {
      for (const Slot& slot : block.block->slots) visit(slot.chunk->view());
    }
  }

  // Between ways of counting. Each costs the way to a chunk and through it, never more.

  /// What lies before a boundary: as units, bytes and line breaks.
  Extent before(Units at) const;
  /// The position of a byte; within a character, that of its beginning.
  Units at_byte(std::uint32_t byte) const;
  /// Where a line begins, counting lines from 0. `line` must not be more than there are breaks.
  Units line_start(std::uint32_t line) const;

  friend bool operator==(const Text& a, const Text& b);
  /// Bytes in memory, shared or not.
  std::size_t memory() const;

 private:
  /// Somewhere in the text: a block, a slot of it, a byte in its chunk.
  struct Place {
    std::size_t block = 0;
    std::size_t slot = 0;
    std::size_t byte = 0;
    bool whole = true;     ///< False: within a surrogate pair, whose beginning this is.
    Units slot_start = 0;  ///< The position at which the slot begins.
  };
  Place locate(Units at) const;
  /// As `locate`, but looks first where the last edit was.
  Place locate_near(Units at) const;
  Place within_slot(std::size_t block, std::size_t slot, Units slot_start, Units at) const;
  /// Finds the slot in which a running sum of one way of counting reaches `wanted`. Adds to `sum` what lies before it.
  Place find(std::uint32_t Extent::*way, std::uint32_t wanted, Extent& sum) const;

  Result<void> check(const ChangeSet& changes) const;
  void replace(const Place& from, const Place& to, Units removed_units, std::string_view with,
               const Extent& with_extent);
  bool replace_in_chunk(const Place& from, const Place& to, Units removed_units, std::string_view with,
                        const Extent& with_extent);
  void replace_slots(const Place& from, const Place& to, std::string_view with);

  std::vector<BlockSlot> blocks_;  ///< At least one, with at least one slot.
  Extent extent_;
  /// Where the last edit was: its slot and where that begins. Only who edits looks at it.
  struct Near {
    bool known = false;
    std::size_t block = 0;
    std::size_t slot = 0;
    Units start = 0;
  };
  Near near_;
};

}  // namespace holdfast::text
