#include "server/told_names.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace holdfast::server {
namespace {

TEST(ToldNames, has_what_was_added_and_not_erased) {
  std::mt19937_64 random{7};
  ToldNames names;
  std::map<std::uint64_t, std::uint64_t> expected;
  for (int i = 0; i < 200'000; ++i) {
    // Few names, most of which want the same places: erasing has to move others up.
    const std::uint64_t name = 1 + (random() % 40) * 16 + random() % 3;
    Told* const found = names.find(name);
    ASSERT_EQ(found != nullptr, expected.contains(name));
    if (found) {
      ASSERT_EQ(found->token.value, expected[name]);
      if (random() % 2 == 0) {
        names.erase(*found);
        expected.erase(name);
      }
    } else {
      names.add({.name = name, .token = {static_cast<std::uint64_t>(i) + 1}});
      expected[name] = static_cast<std::uint64_t>(i) + 1;
    }
    ASSERT_EQ(names.size(), expected.size());
  }
}

TEST(ToldNames, keeps_the_others_when_some_are_thrown_away) {
  ToldNames names;
  for (std::uint64_t i = 1; i <= 1'000; ++i) names.add({.name = i, .token = {i}});
  names.erase_if([](const Told& told) { return told.token.value % 3 != 0; });
  EXPECT_EQ(names.size(), 333U);
  for (std::uint64_t i = 1; i <= 1'000; ++i) EXPECT_EQ(names.find(i) != nullptr, i % 3 == 0) << i;
}

}  // namespace
}  // namespace holdfast::server
