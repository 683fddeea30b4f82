// The pieces that a text lies in: chunks of bytes, and blocks of chunks.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "text/extent.h"
#include "text/shared.h"

namespace holdfast::text {

/// About a thousand bytes of whole characters. Moving all of them costs a few dozen nanoseconds.
class Chunk {
 public:
  static constexpr std::size_t capacity = 1008;

  Chunk() = default;
  Chunk(const Chunk& other) : size_(other.size_) { std::memcpy(bytes_.data(), other.bytes_.data(), size_); }
  Chunk& operator=(const Chunk&) = delete;

  std::string_view view() const { return {bytes_.data(), size_}; }
  std::size_t size() const { return size_; }
  bool fits(std::size_t removed, std::size_t inserted) const { return size_ - removed + inserted <= capacity; }
  /// It must fit, and `with` must not be a view of this chunk.
  void replace(std::size_t at, std::size_t removed, std::string_view with) {
    char* const from = bytes_.data() + at;
    if (with.size() != removed) std::memmove(from + with.size(), from + removed, size_ - at - removed);
    std::copy(with.begin(), with.end(), from);
    size_ = static_cast<std::uint32_t>(size_ - removed + with.size());
  }

 private:
  std::uint32_t size_ = 0;
  std::array<char, capacity> bytes_;
};

struct Slot {
  Shared<Chunk> chunk;
  Extent extent;
};

/// Up to this many chunks beside one another; more are parted in two.
inline constexpr std::size_t block_slots_max = 128;

struct Block {
  std::vector<Slot> slots;
};

struct BlockSlot {
  Shared<Block> block;
  Extent extent;
};

/// Cuts valid UTF-8 into chunks, none of them empty, none nearly full, none cutting a character.
std::vector<Slot> into_slots(std::string_view text);
/// Puts slots into blocks, about evenly.
std::vector<BlockSlot> into_blocks(std::vector<Slot> slots);

}  // namespace holdfast::text
