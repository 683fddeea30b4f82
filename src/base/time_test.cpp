#include "base/time.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

WallTime wall(std::chrono::sys_days day, std::chrono::microseconds since) {
  return WallTime{day} + since;
}
constexpr std::chrono::sys_days a_day{std::chrono::year{2026} / 2 / 5};

TEST(Rfc3339, writes_utc_with_milliseconds) {
  EXPECT_EQ(rfc3339(wall(a_day, 18h + 9min + 25s + 395ms)), "2026-02-05T18:09:25.395Z");
  EXPECT_EQ(rfc3339(wall(a_day, 0us)), "2026-02-05T00:00:00.000Z");
}

TEST(Rfc3339, cuts_what_is_smaller_off) {
  EXPECT_EQ(rfc3339(wall(a_day, 7ms + 999us)), "2026-02-05T00:00:00.007Z");
}

TEST(Rfc3339, knows_leap_days_and_times_before_1970) {
  EXPECT_EQ(rfc3339(wall(std::chrono::year{2028} / 2 / 29, 24h - 1us)), "2028-02-29T23:59:59.999Z");
  EXPECT_EQ(rfc3339(WallTime{-1us}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(WallTime::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(WallTime::min()), "0000-01-01T00:00:00.000Z");
}

TEST(CeilMs, never_shows_a_remaining_time_as_shorter_than_it_is) {
  EXPECT_EQ(ceil_ms(0ns), 0);
  EXPECT_EQ(ceil_ms(1ns), 1);
  EXPECT_EQ(ceil_ms(1ms), 1);
  EXPECT_EQ(ceil_ms(1ms + 1ns), 2);
  EXPECT_EQ(ceil_ms(-1ns), 0);
  EXPECT_EQ(ceil_ms(24h), 86'400'000);
}

TEST(HandClock, goes_on_only_when_its_hands_are_turned) {
  HandClock clock;
  const Duration steady = clock.steady();
  const WallTime shown = clock.wall();
  EXPECT_EQ(clock.steady(), steady);
  clock.advance(5s);
  EXPECT_EQ(clock.steady(), steady + 5s);
  EXPECT_EQ(clock.wall(), shown + 5s);
}

TEST(HandClock, has_a_steady_clock_that_setting_the_wall_clock_does_not_touch) {
  HandClock clock;
  const Duration steady = clock.steady();
  clock.set_wall(WallTime{});
  EXPECT_EQ(clock.wall(), WallTime{});
  EXPECT_EQ(clock.steady(), steady);
}

TEST(SystemClock, has_a_steady_clock_that_does_not_go_back) {
  SystemClock clock;
  Duration last = clock.steady();
  for (int i = 0; i < 1'000; ++i) {
    const Duration next = clock.steady();
    ASSERT_GE(next, last);
    last = next;
  }
  EXPECT_GT(clock.wall(), WallTime{std::chrono::sys_days{std::chrono::year{2020} / 1 / 1}});
}

}  // namespace
}  // namespace holdfast
