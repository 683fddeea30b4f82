#include "core/timers.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/seeded_for_tests.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;

constexpr Duration turn = Timers::slots * Timers::slot_width;

Timer* next(Timers& timers, Duration now, std::size_t budget = 1'000'000) {
  return timers.next_due(Instant{now}, budget);
}

TEST(Timers, are_due_at_their_instant_or_up_to_a_slot_later_and_never_early) {
  for (const Duration due : {0ns, Duration{1}, Duration{10ms}, Duration{10ms} + 1ns, Duration{123'456'789ns}}) {
    Timers timers;
    Timer timer{Timer::Kind::lease};
    timers.set(timer, Instant{due});
    if (due > 0ns) {
      EXPECT_EQ(next(timers, due - 1ns), nullptr) << due.count();
    }
    EXPECT_EQ(next(timers, due + Timers::slot_width), &timer) << due.count();
    EXPECT_EQ(next(timers, due + turn), nullptr) << "each comes once";
  }
}

TEST(Timers, come_in_the_order_of_their_slots) {
  Timers timers;
  Timer late{Timer::Kind::lease}, early{Timer::Kind::waiter}, middle{Timer::Kind::lease};
  timers.set(late, Instant{3s});
  timers.set(early, Instant{1s});
  timers.set(middle, Instant{2s});
  EXPECT_EQ(next(timers, 1min), &early);
  EXPECT_EQ(next(timers, 1min), &middle);
  EXPECT_EQ(next(timers, 1min), &late);
}

TEST(Timers, move_to_an_earlier_instant_at_once) {
  Timers timers;
  Timer timer{Timer::Kind::lease};
  timers.set(timer, Instant{10s});
  timers.set(timer, Instant{1s});
  EXPECT_EQ(next(timers, 1s + 10ms), &timer);
  EXPECT_EQ(next(timers, 11s), nullptr);
}

TEST(Timers, set_to_a_later_instant_come_early_and_are_set_again_by_whoever_looks) {
  Timers timers;
  Timer timer{Timer::Kind::lease};
  timers.set(timer, Instant{1s});
  timers.set(timer, Instant{10s});
  ASSERT_EQ(next(timers, 2s), &timer);
  timers.set(timer, Instant{10s});
  EXPECT_EQ(next(timers, 9s), nullptr);
  EXPECT_EQ(next(timers, 10s), &timer);
}

TEST(Timers, further_off_than_a_turn_are_looked_at_once_a_turn) {
  Timers timers;
  Timer timer{Timer::Kind::lease};
  const Duration day = 24h;
  timers.set(timer, Instant{day});
  std::size_t looks = 0;
  for (Duration now{}; now < day; now += 1min) {
    while (Timer* due = next(timers, now)) {
      ++looks;
      timers.set(*due, Instant{day});
    }
  }
  EXPECT_GE(looks, static_cast<std::size_t>(day / turn));
  EXPECT_LE(looks, static_cast<std::size_t>(day / turn) + 2);
  EXPECT_EQ(next(timers, day), &timer);
}

TEST(Timers, that_are_destroyed_are_cancelled) {
  Timers timers;
  Timer stays{Timer::Kind::lease};
  {
    Timer gone{Timer::Kind::lease};
    timers.set(gone, Instant{1s});
    timers.set(stays, Instant{1s});
  }
  EXPECT_EQ(next(timers, 2s), &stays);
  EXPECT_EQ(next(timers, 2s), nullptr);
}

TEST(Timers, set_for_the_past_are_due_at_once) {
  Timers timers;
  EXPECT_EQ(next(timers, 1h), nullptr);  // The hand is an hour on.
  Timer timer{Timer::Kind::lease};
  timers.set(timer, Instant{1s});
  EXPECT_EQ(next(timers, 1h), &timer);
}

TEST(Timers, stay_due_when_the_budget_is_used_up) {
  Timers timers;
  std::vector<Timer> many(5, Timer{Timer::Kind::lease});
  for (Timer& timer : many) timers.set(timer, Instant{1s});
  std::size_t budget = 3;
  for (int i = 0; i < 3; ++i) EXPECT_NE(timers.next_due(Instant{2s}, budget), nullptr);
  EXPECT_EQ(budget, 0U);
  EXPECT_EQ(timers.next_due(Instant{2s}, budget), nullptr);
  budget = 100;
  EXPECT_NE(timers.next_due(Instant{2s}, budget), nullptr);
  EXPECT_NE(timers.next_due(Instant{2s}, budget), nullptr);
  EXPECT_EQ(timers.next_due(Instant{2s}, budget), nullptr);
  EXPECT_EQ(budget, 98U) << "an empty slot costs nothing";
}

/// One thing that happens to the timers.
struct Move {
  int what = 0;  ///< 0 to 3: set. 4: cancel. 5 to 7: time goes on, and what is due is looked at.
  std::size_t timer = 0;
  Duration by{};  ///< From now: the deadline, or how far time goes on.
  std::size_t budget = 0;
};
void showValue(const Move& move, std::ostream& out) {
  if (move.what <= 3) out << "\n  set " << move.timer << " to now + " << move.by.count() / 1000 << " us";
  if (move.what == 4) out << "\n  cancel " << move.timer;
  if (move.what >= 5) out << "\n  go on by " << move.by.count() / 1000 << " us, budget " << move.budget;
}

rc::Gen<Duration> up_to(Duration most) {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(0, most.count()), [](std::int64_t ns) { return Duration{ns}; });
}
rc::Gen<Duration> any_duration() {
  return rc::gen::oneOf(rc::gen::element<Duration>(0ns, 1ns, 10ms, 10ms - 1ns, turn, turn - 1ns, turn + 1ns),
                        up_to(30ms), up_to(5s), up_to(5s), up_to(2 * turn));
}

RC_GTEST_PROP(Timers, do_what_an_ordered_map_of_deadlines_does, ()) {
  const auto moves = *rc::gen::scale(
      4, rc::gen::container<std::vector<Move>>(rc::gen::build<Move>(
             rc::gen::set(&Move::what, rc::gen::inRange(0, 8)),
             rc::gen::set(&Move::timer, rc::gen::inRange<std::size_t>(0, 6)), rc::gen::set(&Move::by, any_duration()),
             rc::gen::set(&Move::budget, rc::gen::element<std::size_t>(1, 2, 1'000)))));
  Timers timers;
  std::vector<std::optional<Timer>> pool(6);
  std::map<Timer*, Duration> deadlines;  // The other opinion.
  Duration now{};
  for (const Move& move : moves) {
    if (move.what <= 3) {
      if (!pool[move.timer]) pool[move.timer].emplace(Timer::Kind::lease);
      Timer* timer = &*pool[move.timer];
      timers.set(*timer, Instant{now + move.by});
      deadlines[timer] = now + move.by;
    } else if (move.what == 4) {
      if (pool[move.timer]) deadlines.erase(&*pool[move.timer]);
      pool[move.timer].reset();
    } else {
      now += move.by;
      std::size_t budget = move.budget;
      while (Timer* timer = timers.next_due(Instant{now}, budget)) {
        RC_ASSERT(deadlines.contains(timer));
        if (deadlines[timer] > now) {
          timers.set(*timer, Instant{deadlines[timer]});  // Too early a look: not yet.
        } else {
          deadlines.erase(timer);
        }
      }
      if (budget == 0) continue;  // What is left comes next time.
      for (const auto& [timer, deadline] : deadlines) RC_ASSERT(deadline + Timers::slot_width > now);
    }
  }
}

RC_GTEST_PROP(Timers, within_a_turn_are_looked_at_once_and_in_order, ()) {
  const auto deadlines = *rc::gen::container<std::vector<std::int64_t>>(
      rc::gen::inRange<std::int64_t>(0, (turn - Timers::slot_width).count()));
  Timers timers;
  std::vector<Timer> all(deadlines.size(), Timer{Timer::Kind::waiter});
  for (std::size_t i = 0; i < all.size(); ++i) timers.set(all[i], Instant{Duration{deadlines[i]}});
  std::vector<std::int64_t> slots;
  for (Duration now{}; now <= turn + 7s; now += 7s) {
    while (Timer* timer = next(timers, now)) {
      const std::int64_t deadline = deadlines[static_cast<std::size_t>(timer - all.data())];
      RC_ASSERT(Duration{deadline} <= now);  // Never early, and so never twice.
      slots.push_back((deadline + Timers::slot_width.count() - 1) / Timers::slot_width.count());
    }
  }
  RC_ASSERT(slots.size() == deadlines.size());
  RC_ASSERT(std::ranges::is_sorted(slots));
}

}  // namespace
}  // namespace holdfast::core
