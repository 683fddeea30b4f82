// Finding names: the one found last is remembered, and must not be found when it is gone.
#include <gtest/gtest.h>

#include "core/state.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;

/// A state in which effects are given by hand.
struct Hand {
  void apply(const Effect& effect) { state.apply(effect, {++position}, {}); }
  void grant(const std::string& name, std::uint64_t token) {
    apply(Granted{.name = name, .who = {"alice", "s1"}, .token = {token}, .ttl = 10s});
  }
  State state;
  std::uint64_t position = 0;
};

const std::string job = "job";  // Short: it lies inside the lease, so that a freed one would still look like it.

TEST(StateLookup, a_forgotten_name_is_not_found_though_it_was_found_last) {
  Hand hand;
  hand.grant(job, 1);
  hand.apply(Released{job, "s1", {1}});
  ASSERT_NE(hand.state.find(job), nullptr);
  hand.apply(Forgotten{job});
  EXPECT_EQ(hand.state.find(job), nullptr);
}

TEST(StateLookup, a_name_that_came_back_is_found_as_it_is_now) {
  Hand hand;
  hand.grant(job, 1);
  hand.apply(Released{job, "s1", {1}});
  hand.apply(Forgotten{job});
  hand.grant(job, 2);
  ASSERT_NE(hand.state.find(job), nullptr);
  EXPECT_EQ(hand.state.find(job)->token, Token{2});
  EXPECT_FALSE(hand.state.find(job)->previous);
}

TEST(StateLookup, tells_names_apart_whichever_was_found_before) {
  Hand hand;
  hand.grant("a", 1);
  hand.grant("b", 2);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(hand.state.find("a")->token, Token{1});
    EXPECT_EQ(hand.state.find("b")->token, Token{2});
    EXPECT_EQ(hand.state.find("ab"), nullptr);
  }
}

}  // namespace
}  // namespace holdfast::core
