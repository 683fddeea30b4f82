#include "base/text_hash.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <unordered_set>

namespace holdfast {
namespace {

TEST(TextHash, IsTheSameForTheSameTextAndSalt) {
  for (std::size_t length = 0; length < 70; ++length) {
    const std::string text(length, 'x');
    const std::string behind = "12345" + text;  // Wherever it lies in memory.
    EXPECT_EQ(hash_of(text, 7), hash_of(std::string_view(behind).substr(5), 7));
  }
}

TEST(TextHash, EveryByteAndTheSaltCount) {
  for (std::size_t length = 1; length < 70; ++length) {
    const std::string text(length, 'x');
    EXPECT_NE(hash_of(text, 7), hash_of(text, 8)) << length;
    EXPECT_NE(hash_of(text, 7), hash_of(text + 'x', 7)) << length;
    for (std::size_t at = 0; at < length; ++at) {
      std::string other = text;
      other[at] = 'y';
      EXPECT_NE(hash_of(text, 7), hash_of(other, 7)) << length << " " << at;
    }
  }
}

/// Names as people give them differ in a few digits: no part of the hash may be worse for that.
TEST(TextHash, SpreadsNumberedNamesEvenly) {
  constexpr std::size_t names = 1 << 16;
  for (const unsigned shift : {0U, 16U, 32U, 56U}) {
    std::array<std::size_t, 256> counts{};
    for (std::size_t i = 0; i < names; ++i) ++counts[hash_of(fmt::format("order:{:012}", i), 1) >> shift & 255U];
    for (const std::size_t count : counts) {
      EXPECT_GT(count, 256 - 96) << shift;  // Six deviations either way.
      EXPECT_LT(count, 256 + 96) << shift;
    }
  }
  std::unordered_set<std::uint64_t> all;
  for (std::size_t i = 0; i < names; ++i) all.insert(hash_of(fmt::format("{}", i), 1));
  EXPECT_EQ(all.size(), names);
}

TEST(TextHash, AProcessHasOneSalt) {
  EXPECT_EQ(salt_of_process(), salt_of_process());
}

}  // namespace
}  // namespace holdfast
