#include "simulate/random.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::simulate {
namespace {

TEST(Random, is_the_same_on_every_machine) {
  // A seed that somebody wrote down makes the same world for ever.
  Random random(8812);
  EXPECT_EQ(random.next(), 4921419973310453747U);
  EXPECT_EQ(Random(8812, Stream::act, 3, 4).next(), 7863378829426553240U);
}

TEST(Random, has_a_stream_of_its_own_for_each_thing) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t a = 0; a < 30; ++a) {
    for (std::uint64_t b = 0; b < 30; ++b) {
      firsts.insert(Random(1, Stream::act, a, b).next());
      firsts.insert(Random(1, Stream::network, a, b).next());
    }
  }
  EXPECT_EQ(firsts.size(), 2U * 30 * 30);
}

TEST(Random, keeps_to_its_bounds) {
  Random random(1);
  std::set<Nanos> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(random.between(-2, 2));
  EXPECT_EQ(seen, (std::set<Nanos>{-2, -1, 0, 1, 2}));
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) hits += random.chance(250) ? 1 : 0;
  EXPECT_NEAR(hits, 2'500, 200);
}

}  // namespace
}  // namespace holdfast::simulate
