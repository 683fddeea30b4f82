#include "engine/lease_clock.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;

TEST(LeaseClock, begins_at_nothing_and_follows_the_steady_clock) {
  HandClock hand;
  LeaseClock clock(hand);
  EXPECT_EQ(clock.read().lease, Instant{});
  hand.advance(30ms);
  EXPECT_EQ(clock.read().lease, Instant{30ms});
  hand.advance(100ms);
  EXPECT_EQ(clock.read().lease, Instant{130ms});
}

TEST(LeaseClock, counts_at_most_a_tenth_of_a_second_of_any_gap) {  // L4: it stands still while the server does not run.
  HandClock hand;
  LeaseClock clock(hand);
  hand.advance(100ms + 1ns);
  EXPECT_EQ(clock.read().lease, Instant{100ms});
  hand.advance(24h);
  EXPECT_EQ(clock.read().lease, Instant{200ms});
}

TEST(LeaseClock, does_not_care_what_the_wall_clock_is_set_to) {
  HandClock hand;
  LeaseClock clock(hand);
  hand.set_wall(hand.wall() + 24h);
  EXPECT_EQ(clock.read().lease, Instant{});
  EXPECT_EQ(clock.read().wall, hand.wall());
  hand.set_wall(WallTime{});
  hand.advance(10ms);
  EXPECT_EQ(clock.read().lease, Instant{10ms});
}

TEST(LeaseClock, does_not_count_what_is_skipped) {
  HandClock hand;
  LeaseClock clock(hand);
  hand.advance(90ms);
  clock.skip();
  hand.advance(5ms);
  EXPECT_EQ(clock.read().lease, Instant{5ms});
}

/// A steady clock that breaks its word, as some virtual machines do.
class Backwards final : public Clock {
 public:
  Duration steady() override { return steady_; }
  WallTime wall() override { return {}; }
  Duration steady_ = 1h;
};

TEST(LeaseClock, never_goes_back) {
  Backwards broken;
  LeaseClock clock(broken);
  broken.steady_ += 50ms;
  EXPECT_EQ(clock.read().lease, Instant{50ms});
  broken.steady_ -= 30min;
  EXPECT_EQ(clock.read().lease, Instant{50ms});
  broken.steady_ += 10ms;
  EXPECT_EQ(clock.read().lease, Instant{60ms});
}

}  // namespace
}  // namespace holdfast::engine
