#include "core/effects.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::core {
namespace {

TEST(Loss, has_the_word_of_the_promises) {
  EXPECT_EQ(word(Loss::none), "");
  EXPECT_EQ(word(Loss::lapsed), "lapsed");
  EXPECT_EQ(word(Loss::released), "released");
  EXPECT_EQ(word(Loss::taken_over), "taken_over");
  EXPECT_EQ(word(Loss::transferred), "transferred");
  EXPECT_EQ(word(Loss::moved), "moved");
  EXPECT_EQ(word(Loss::revoked), "revoked");
}

TEST(Loss, keeps_the_numbers_that_journals_hold) {
  EXPECT_EQ(static_cast<int>(Loss::lapsed), 1);
  EXPECT_EQ(static_cast<int>(Loss::released), 2);
  EXPECT_EQ(static_cast<int>(Loss::revoked), 6);
}

TEST(SizeEstimate, grows_with_every_text_that_an_effect_carries) {
  const auto size = [](const Effect& effect) { return size_estimate(effect); };
  const std::string kilobyte(1024, 'x');
  const std::size_t bare = size(Granted{});
  EXPECT_GT(bare, 0U);
  EXPECT_EQ(size(Granted{.name = kilobyte}), bare + 1024);
  EXPECT_EQ(size(Granted{.who = {kilobyte, kilobyte}}), bare + 2048);
  EXPECT_EQ(size(Granted{.note = kilobyte, .metadata = kilobyte}), bare + 2048);
  EXPECT_EQ(size(Joined{.name = kilobyte, .session = kilobyte}), size(Joined{}) + 2048);
  EXPECT_EQ(size(Renewed{.name = kilobyte, .session = kilobyte}), size(Renewed{}) + 2048);
  EXPECT_EQ(size(Released{.name = kilobyte, .session = kilobyte}), size(Released{}) + 2048);
  EXPECT_EQ(size(Lapsed{.name = kilobyte, .session = kilobyte}), size(Lapsed{}) + 2048);
  EXPECT_EQ(size(Revived{.name = kilobyte, .session = kilobyte}), size(Revived{}) + 2048);
  EXPECT_EQ(size(Forgotten{kilobyte}), size(Forgotten{}) + 1024);
  EXPECT_EQ(size(Numbered{kilobyte, 1}), size(Numbered{}) + 1024);
  EXPECT_GE(size(Kept{.name = kilobyte, .parts = {{kilobyte}}, .losses = {{}, {}}}), size(Kept{}) + 2048 + 20);
}

}  // namespace
}  // namespace holdfast::core
