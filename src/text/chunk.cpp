#include "text/chunk.h"

#include <iterator>

#include "text/utf8.h"

namespace holdfast::text {
namespace {

// Not full: the next insertion shall find room.
constexpr std::size_t chunk_filled = Chunk::capacity * 4 / 5;
constexpr std::size_t block_filled = block_slots_max * 3 / 4;

constexpr std::size_t parts_of(std::size_t all, std::size_t each) {
  return (all + each - 1) / each;
}

/// The end of a piece of about `wanted` bytes.
std::size_t piece_of(std::string_view text, std::size_t wanted) {
  if (wanted >= text.size()) return text.size();
  while (wanted > 1 && continues(text[wanted])) --wanted;
  return wanted;
}

}  // namespace

std::vector<Slot> into_slots(std::string_view text) {
  std::vector<Slot> slots;
  std::size_t left = parts_of(text.size(), chunk_filled);
  slots.reserve(left);
  while (!text.empty()) {
    const std::string_view piece =
        text.substr(0, piece_of(text, parts_of(text.size(), std::max<std::size_t>(left, 1))));
    Slot& slot = slots.emplace_back();
    slot.chunk.own().replace(0, 0, piece);
    slot.extent = extent_of(piece);
    text.remove_prefix(piece.size());
    if (left > 1) --left;
  }
  return slots;
}

std::vector<BlockSlot> into_blocks(std::vector<Slot> slots) {
  std::vector<BlockSlot> blocks;
  const std::size_t count = slots.size() <= block_slots_max ? 1 : parts_of(slots.size(), block_filled);
  blocks.reserve(count);
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = slots.size() * (i + 1) / count;
    BlockSlot& made = blocks.emplace_back();
    std::vector<Slot>& into = made.block.own().slots;
    into.reserve(end - at);
    for (; at < end; ++at) {
      made.extent += slots[at].extent;
      into.push_back(std::move(slots[at]));
    }
  }
  return blocks;
}

}  // namespace holdfast::text
