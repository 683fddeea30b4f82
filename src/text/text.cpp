#include "text/text.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "text/change_set.h"
#include "text/utf8.h"
#include "text/words.h"

namespace holdfast::text {
namespace {

// A chunk that shrinks below this is joined with a neighbour.
constexpr std::size_t chunk_small = Chunk::capacity / 4;

std::uint32_t breaks_in(std::string_view text) {
  return static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
}

Result<void> too_large(std::size_t units) {
  return fail(ErrorCode::text_too_large, fmt::format("{} units, where {} is the most", units, units_max));
}

}  // namespace

Text::Text() : blocks_(1) {
  blocks_[0].block.own().slots.emplace_back();
}

Result<Text> Text::from_utf8(std::string_view utf8) {
  if (utf8.size() > units_max) {
    HF_TRY_VOID(too_large(utf8.size()));
  }
  if (const auto fault = fault_in_utf8(utf8))
    return fail(ErrorCode::bad_text, fmt::format("byte {} is no UTF-8", *fault));
  if (const auto at = utf8.find('\r'); at != std::string_view::npos) {
    return fail(ErrorCode::bad_text, fmt::format("byte {} is a carriage return", at));
  }
  Text text;
  if (utf8.empty()) return text;
  text.blocks_ = into_blocks(into_slots(utf8));
  for (const BlockSlot& block : text.blocks_) text.extent_ += block.extent;
  return text;
}

// Finding.

Text::Place Text::find(std::uint32_t Extent::*way, std::uint32_t wanted, Extent& sum) const {
  Place place;
  while (place.block + 1 < blocks_.size() && sum.*way + blocks_[place.block].extent.*way < wanted) {
    sum += blocks_[place.block++].extent;
  }
  const std::vector<Slot>& slots = blocks_[place.block].block->slots;
  while (place.slot + 1 < slots.size() && sum.*way + slots[place.slot].extent.*way < wanted) {
    sum += slots[place.slot++].extent;
  }
  place.slot_start = sum.units;
  return place;
}

Text::Place Text::within_slot(std::size_t block, std::size_t slot, Units slot_start, Units at) const {
  const Slot& here = blocks_[block].block->slots[slot];
  const bool plain = here.extent.units == here.extent.bytes;
  const UnitOffset offset = plain ? UnitOffset{at - slot_start} : offset_of(here.chunk->view(), at - slot_start);
  return {block, slot, offset.bytes, offset.whole, slot_start};
}

Text::Place Text::locate(Units at) const {
  HF_CHECK(at <= extent_.units);
  Extent sum;
  const Place place = find(&Extent::units, at, sum);
  return within_slot(place.block, place.slot, place.slot_start, at);
}

Text::Place Text::locate_near(Units at) const {
  if (!near_.known) return locate(at);
  const std::vector<Slot>& slots = blocks_[near_.block].block->slots;
  std::size_t slot = near_.slot;
  Units start = near_.start;
  while (slot > 0 && at <= start) start -= slots[--slot].extent.units;
  if (at <= start) return locate(at);
  while (slot + 1 < slots.size() && at - start > slots[slot].extent.units) start += slots[slot++].extent.units;
  if (at - start > slots[slot].extent.units) return locate(at);
  return within_slot(near_.block, slot, start, at);
}

// Changing.

Result<void> Text::check(const ChangeSet& changes) const {
  if (changes.length_before() != length()) return lengths_differ(length(), changes.length_before());
  if (changes.length_after() > units_max || extent_.bytes + changes.inserted().size() > 3 * std::size_t{units_max}) {
    return too_large(changes.length_after());
  }
  return {};
}

// All that it calls becomes a part of it: for a typed letter, the calls took a fifth of the time.
[[gnu::flatten]] Result<void> Text::apply(const ChangeSet& changes) {
  HF_TRY_VOID(check(changes));
  const auto parts = changes.parts();
  // With one place to change, its ends are looked up once: if they are whole, nothing else can go wrong.
  const auto changing = std::ranges::count_if(parts, [](const Part& part) { return !part.keeps(); });
  if (changing > 1) {
    Units at = 0;
    for (const Part& part : parts) {
      if (!part.keeps() && !is_boundary(at)) return cuts_character(at);
      at += part.length;
      if (!part.keeps() && !is_boundary(at)) return cuts_character(at);
    }
  }
  Units at = 0;
  std::string_view inserted = changes.inserted();
  for (const Part& part : parts) {
    if (!part.keeps()) {
      const Place from = locate_near(at);
      if (!from.whole) return cuts_character(at);
      const Place to = part.length == 0 ? from : locate_near(at + part.length);
      if (!to.whole) return cuts_character(at + part.length);
      const std::string_view with = inserted.substr(0, part.bytes);
      inserted.remove_prefix(part.bytes);
      replace(from, to, part.length, with, {part.bytes, static_cast<Units>(part.inserted), breaks_in(with)});
    }
    at += part.length_after();
  }
  return {};
}

void Text::replace(const Place& from, const Place& to, Units removed_units, std::string_view with,
                   const Extent& with_extent) {
  if (replace_in_chunk(from, to, removed_units, with, with_extent)) return;
  near_.known = false;
  replace_slots(from, to, with);
}

bool Text::replace_in_chunk(const Place& from, const Place& to, Units removed_units, std::string_view with,
                            const Extent& with_extent) {
  if (from.block != to.block || from.slot != to.slot) return false;
  const std::size_t removed = to.byte - from.byte;
  BlockSlot& block = blocks_[from.block];
  {
    const Chunk& chunk = *block.block->slots[from.slot].chunk;
    if (!chunk.fits(removed, with.size())) return false;
    const std::size_t left = chunk.size() - removed + with.size();
    const bool alone = blocks_.size() == 1 && block.block->slots.size() == 1;
    if (removed > with.size() && left < chunk_small && !alone) return false;
  }
  Slot& slot = block.block.own().slots[from.slot];
  Extent gone{static_cast<std::uint32_t>(removed), removed_units, 0};
  if (removed > 0 && slot.extent.breaks > 0) gone.breaks = breaks_in(slot.chunk->view().substr(from.byte, removed));
  slot.chunk.own().replace(from.byte, removed, with);
  for (Extent* extent : {&slot.extent, &block.extent, &extent_}) {
    *extent += with_extent;
    *extent -= gone;
  }
  near_ = {true, from.block, from.slot, from.slot_start};
  return true;
}

void Text::replace_slots(const Place& from, const Place& to, std::string_view with) {
  Place first = from;
  Place last = to;
  const Slot& first_slot = blocks_[from.block].block->slots[from.slot];
  const Slot& last_slot = blocks_[to.block].block->slots[to.slot];
  std::string joined{first_slot.chunk->view().substr(0, from.byte)};
  joined += with;
  joined += last_slot.chunk->view().substr(to.byte);
  // Little is left: a neighbour in the same block takes it.
  if (joined.size() < chunk_small) {
    if (first.slot > 0) {
      --first.slot;
      joined.insert(0, blocks_[first.block].block->slots[first.slot].chunk->view());
    } else if (last.slot + 1 < blocks_[last.block].block->slots.size()) {
      ++last.slot;
      joined += blocks_[last.block].block->slots[last.slot].chunk->view();
    }
  }
  std::vector<Slot> slots;
  const std::vector<Slot>& head = blocks_[first.block].block->slots;
  const std::vector<Slot>& tail = blocks_[last.block].block->slots;
  slots.insert(slots.end(), head.begin(), head.begin() + static_cast<std::ptrdiff_t>(first.slot));
  std::ranges::move(into_slots(joined), std::back_inserter(slots));
  slots.insert(slots.end(), tail.begin() + static_cast<std::ptrdiff_t>(last.slot) + 1, tail.end());
  // A block that has become small goes together with the one before it.
  std::size_t begin = first.block;
  if (slots.size() < block_slots_max / 4 && begin > 0) {
    --begin;
    const std::vector<Slot>& before = blocks_[begin].block->slots;
    slots.insert(slots.begin(), before.begin(), before.end());
  }
  for (std::size_t i = begin; i <= last.block; ++i) extent_ -= blocks_[i].extent;
  std::vector<BlockSlot> made;
  if (!slots.empty()) made = into_blocks(std::move(slots));
  for (const BlockSlot& block : made) extent_ += block.extent;
  const auto at = blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(begin),
                                blocks_.begin() + static_cast<std::ptrdiff_t>(last.block) + 1);
  blocks_.insert(at, std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
  if (blocks_.empty()) blocks_ = Text().blocks_;
}

// Reading.

bool Text::is_boundary(Units at) const {
  return locate(at).whole;
}

void Text::append_to(std::string& out, Units from, Units to) const {
  if (from == to) return;
  HF_CHECK(from < to);
  const Place begin = locate(from);
  const Place end = locate(to);
  HF_CHECK(begin.whole && end.whole);
  for (std::size_t block = begin.block; block <= end.block; ++block) {
    const std::vector<Slot>& slots = blocks_[block].block->slots;
    const std::size_t first = block == begin.block ? begin.slot : 0;
    const std::size_t last = block == end.block ? end.slot : slots.size() - 1;
    for (std::size_t slot = first; slot <= last; ++slot) {
      std::string_view piece = slots[slot].chunk->view();
      if (block == end.block && slot == end.slot) piece = piece.substr(0, end.byte);
      if (block == begin.block && slot == begin.slot) piece.remove_prefix(begin.byte);
      out += piece;
    }
  }
}

std::string Text::slice(Units from, Units to) const {
  std::string out;
  append_to(out, from, to);
  return out;
}

std::string Text::utf8() const {
  std::string out;
  out.reserve(extent_.bytes);
  each_piece([&](std::string_view piece) { out += piece; });
  return out;
}

Extent Text::before(Units at) const {
  HF_CHECK(at <= extent_.units);
  Extent sum;
  const Place slot = find(&Extent::units, at, sum);
  const Place place = within_slot(slot.block, slot.slot, slot.slot_start, at);
  const std::string_view piece = blocks_[place.block].block->slots[place.slot].chunk->view().substr(0, place.byte);
  return sum + extent_of(piece);
}

Units Text::at_byte(std::uint32_t byte) const {
  HF_CHECK(byte <= extent_.bytes);
  Extent sum;
  const Place place = find(&Extent::bytes, byte, sum);
  const std::string_view chunk = blocks_[place.block].block->slots[place.slot].chunk->view();
  std::size_t end = byte - sum.bytes;
  while (end > 0 && end < chunk.size() && continues(chunk[end])) --end;
  return sum.units + extent_of(chunk.substr(0, end)).units;
}

Units Text::line_start(std::uint32_t line) const {
  HF_CHECK(line <= extent_.breaks);
  if (line == 0) return 0;
  Extent sum;
  const Place place = find(&Extent::breaks, line, sum);
  const std::string_view chunk = blocks_[place.block].block->slots[place.slot].chunk->view();
  std::size_t end = 0;
  for (std::uint32_t left = line - sum.breaks; left > 0; --left) end = chunk.find('\n', end) + 1;
  return sum.units + extent_of(chunk.substr(0, end)).units;
}

bool operator==(const Text& a, const Text& b) {
  return a.extent_ == b.extent_ && a.utf8() == b.utf8();
}

std::size_t Text::memory() const {
  std::size_t bytes = sizeof *this + blocks_.capacity() * sizeof(BlockSlot);
  for (const BlockSlot& block : blocks_) {
    bytes += sizeof(Block) + block.block->slots.capacity() * sizeof(Slot) + block.block->slots.size() * sizeof(Chunk);
  }
  return bytes;
}

}  // namespace holdfast::text
