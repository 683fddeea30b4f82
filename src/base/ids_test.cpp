#include "base/ids.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast {
namespace {

TEST(RandomIds, look_like_sessions_of_twenty_letters_and_digits) {
  const std::string id = RandomIds{}.session();
  EXPECT_EQ(id.size(), 22U);
  EXPECT_TRUE(id.starts_with("s-"));
  EXPECT_EQ(id.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz", 2), std::string::npos) << id;
}

TEST(RandomIds, do_not_meet_again_within_one_generator_or_between_two) {
  RandomIds one, other;
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(seen.insert(one.session()).second);
    EXPECT_TRUE(seen.insert(other.session()).second);
  }
}

TEST(RandomIds, use_every_digit_at_every_place) {
  RandomIds ids;
  std::vector<std::set<char>> at(20);
  for (int i = 0; i < 2'000; ++i) {
    const std::string id = ids.session();
    for (std::size_t place = 0; place < 20; ++place) at[place].insert(id[place + 2]);
  }
  for (const std::set<char>& digits : at) EXPECT_EQ(digits.size(), 32U);
}

}  // namespace
}  // namespace holdfast
