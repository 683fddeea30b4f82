#include "client/belief.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "client/boot_clock.h"

namespace holdfast::client {
namespace {

using namespace std::chrono_literals;

constexpr Duration noon = 12h;

Belief granted_at_noon(Duration ttl) {
  Belief belief;
  belief.granted(noon, noon + 1ms, 0s, ttl);
  return belief;
}

TEST(Belief, holds_nothing_before_a_grant) {
  const Belief belief;
  EXPECT_FALSE(belief.holds(Duration::min()));
  EXPECT_FALSE(belief.holds(noon));
  EXPECT_FALSE(belief.is_lost());
}

TEST(Belief, counts_from_before_the_request_was_sent) {  // K1
  Belief belief;
  belief.granted(noon, noon + 4s, 0s, 10s);
  EXPECT_EQ(belief.until(), noon + 10s);
  EXPECT_TRUE(belief.holds(noon + 10s - 1ns));
  EXPECT_FALSE(belief.holds(noon + 10s));
}

TEST(Belief, adds_the_time_in_the_queue_less_what_the_wire_rounds_up) {
  Belief belief;
  belief.granted(noon, noon + 60s, 50s, 10s);
  EXPECT_EQ(belief.until(), noon + 60s - 1ms);
}

TEST(Belief, does_not_add_a_wait_that_this_request_cannot_have_had) {
  Belief belief;
  belief.granted(noon, noon + 3s, 50s, 10s);
  EXPECT_EQ(belief.until(), noon + 10s);
}

TEST(Belief, has_no_end_where_the_lease_has_none) {
  Belief belief;
  belief.granted(noon, noon, 0s, std::nullopt);
  EXPECT_EQ(belief.until(), Belief::forever);
  EXPECT_TRUE(belief.holds(noon + 24h * 365 * 100));
}

TEST(Belief, is_raised_by_a_renewal_and_never_lowered_by_a_late_answer) {
  Belief belief = granted_at_noon(10s);
  belief.granted(noon + 5s, noon + 6s, 0s, 10s);
  EXPECT_EQ(belief.until(), noon + 15s);
  belief.granted(noon + 1s, noon + 7s, 0s, 10s);
  EXPECT_EQ(belief.until(), noon + 15s);
}

TEST(Belief, is_lowered_before_a_shorter_ttl_is_asked_for) {  // K2
  Belief belief = granted_at_noon(60s);
  belief.asking(noon + 1s, 5s);
  EXPECT_EQ(belief.until(), noon + 6s);
}

TEST(Belief, is_not_raised_by_asking) {
  Belief belief = granted_at_noon(10s);
  belief.asking(noon + 1s, 60s);
  belief.asking(noon + 1s, std::nullopt);
  EXPECT_EQ(belief.until(), noon + 10s);

  Belief none;
  none.asking(noon, 60s);
  EXPECT_FALSE(none.holds(noon));
}

TEST(Belief, is_final_in_a_loss) {  // K3
  Belief belief = granted_at_noon(60s);
  belief.lost();
  EXPECT_TRUE(belief.is_lost());
  EXPECT_FALSE(belief.holds(noon + 1s));
  belief.granted(noon + 2s, noon + 3s, 0s, 60s);
  belief.granted(noon + 2s, noon + 3s, 0s, std::nullopt);
  EXPECT_FALSE(belief.holds(noon + 4s));
  EXPECT_EQ(belief.until(), Duration::min());
}

/// What may become of a request: it arrives `out` after it was sent, is answered `back` later, or gets lost either way.
struct Journey {
  enum class Fate { answered, answer_lost, request_lost } fate;
  Duration out, back, ttl;
};

Journey any_journey() {
  return {.fate = *rc::gen::element(Journey::Fate::answered, Journey::Fate::answer_lost, Journey::Fate::request_lost),
          .out = std::chrono::milliseconds(*rc::gen::inRange(0, 4'000)),
          .back = std::chrono::milliseconds(*rc::gen::inRange(0, 4'000)),
          .ttl = std::chrono::milliseconds(*rc::gen::inRange(100, 20'000))};
}

RC_GTEST_PROP(Belief, never_outlasts_the_lease_whatever_was_lost_on_the_way, ()) {
  Belief belief;
  Duration now = noon;
  std::optional<Duration> lease_end;
  for (int i = 0; i < 12; ++i) {
    const Journey way = any_journey();
    const bool waits = !lease_end;  // Only the first request may stand in the queue.
    const Duration waited = waits ? Duration{std::chrono::milliseconds(*rc::gen::inRange(0, 9'000))} : Duration{};
    belief.asking(now, way.ttl);
    const Duration handled = now + way.out + waited;
    const bool arrives = way.fate != Journey::Fate::request_lost;
    const bool lapsed = lease_end && handled >= *lease_end;
    if (arrives && !lapsed) lease_end = handled + way.ttl;
    if (way.fate == Journey::Fate::answered) {
      if (lapsed) {
        belief.lost();
      } else {
        belief.granted(now, handled + way.back, waited + 1ms, way.ttl);
      }
    }
    now = handled + way.back;
    RC_ASSERT(!belief.holds(lease_end.value_or(noon)));
    if (lapsed) return;
  }
}

TEST(BootClock, reads_the_clock_that_goes_on_while_the_machine_sleeps) {
  BootClock clock;
  timespec before{}, after{};
  ::clock_gettime(CLOCK_BOOTTIME, &before);
  const Duration read = clock.steady();
  ::clock_gettime(CLOCK_BOOTTIME, &after);
  EXPECT_GE(read, std::chrono::seconds(before.tv_sec) + std::chrono::nanoseconds(before.tv_nsec));
  EXPECT_LE(read, std::chrono::seconds(after.tv_sec) + std::chrono::nanoseconds(after.tv_nsec));
}

}  // namespace
}  // namespace holdfast::client
