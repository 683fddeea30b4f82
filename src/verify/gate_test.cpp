#include "verify/gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "verify/chance.h"
#include "verify/guard.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

TEST(Gate, does_the_last_steps_of_all_in_one_thread_once_all_are_there) {
  constexpr std::size_t clients = 8;
  Gate gate(clients);
  std::atomic<std::size_t> here = 0;
  std::set<std::thread::id> threads;
  std::size_t steps = 0;
  bool all_were_here = true;
  {
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < clients; ++i) {
      running.emplace_back([&] {
        Ticket ticket(&gate);
        ++here;
        ticket.pass([&] {
          all_were_here = all_were_here && here == clients;
          threads.insert(std::this_thread::get_id());
          ++steps;
        });
      });
    }
  }
  EXPECT_TRUE(all_were_here);
  EXPECT_EQ(threads.size(), 1U);
  EXPECT_EQ(steps, clients);
}

TEST(Gate, is_not_kept_shut_by_who_ran_into_trouble_before_it) {
  Gate gate(2);
  bool done = false;
  std::jthread other([&] { Ticket ticket(&gate); });
  Ticket ticket(&gate);
  ticket.pass([&] { done = true; });
  EXPECT_TRUE(done);
}

TEST(Rounds, ask_once_and_tell_everybody_the_same) {
  constexpr std::size_t clients = 5;
  Rounds rounds(clients);
  int asked = 0;
  std::atomic<int> played = 0;
  {
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < clients; ++i) {
      running.emplace_back([&] {
        while (rounds.next([&] { return ++asked <= 20; })) ++played;
      });
    }
  }
  EXPECT_EQ(asked, 21);
  EXPECT_EQ(played, 20 * static_cast<int>(clients));
}

TEST(Chance, makes_the_same_choices_for_the_same_seed_and_others_for_another) {
  const auto choices = [](Chance chance) {
    std::vector<std::uint64_t> out;
    for (int i = 0; i < 20; ++i) out.push_back(chance.next());
    return out;
  };
  EXPECT_EQ(choices(Chance(7, "contend", 1)), choices(Chance(7, "contend", 1)));
  EXPECT_NE(choices(Chance(7, "contend", 1)), choices(Chance(7, "contend", 2)));
  EXPECT_NE(choices(Chance(7, "contend", 1)), choices(Chance(7, "crash", 1)));
  EXPECT_NE(choices(Chance(7, "contend", 1)), choices(Chance(8, "contend", 1)));
}

TEST(Chance, climbs_the_ladder_seldom_and_never_above_the_bound) {
  Chance chance(1, "", 0);
  std::set<Duration> rungs;
  for (int i = 0; i < 100'000; ++i) rungs.insert(chance.rung(1h));
  EXPECT_TRUE(rungs.contains(0ms));
  EXPECT_TRUE(rungs.contains(1ms));
  EXPECT_TRUE(rungs.contains(1024ms));
  EXPECT_LE(*rungs.rbegin(), 2048ms);
  for (int i = 0; i < 1000; ++i) EXPECT_LE(chance.rung(3ms), 3ms);
}

TEST(Guard, turns_a_lesser_token_away_and_loses_an_update_under_an_equal_one) {
  Guard guard;
  EXPECT_EQ(guard.write(0, 5, guard.read(0)), Guard::Wrote::done);
  EXPECT_EQ(guard.write(0, 4, guard.read(0)), Guard::Wrote::stale);
  EXPECT_EQ(guard.read(0), 1U);
  const std::uint64_t both_read = guard.read(0);
  EXPECT_EQ(guard.write(0, 5, both_read), Guard::Wrote::done);
  EXPECT_EQ(guard.write(0, 5, both_read), Guard::Wrote::done);
  EXPECT_EQ(guard.read(0), 2U) << "two owners wrote, and one of the updates is lost";
  EXPECT_EQ(guard.read(1), 0U) << "each name has a counter of its own";
}

TEST(Guard, keeps_a_late_writer_from_what_was_read_under_a_greater_token) {
  Guard guard;
  const std::uint64_t early = guard.read(0, 4);
  EXPECT_EQ(guard.read(0, 5), early);
  EXPECT_EQ(guard.write(0, 4, early), Guard::Wrote::stale);
  EXPECT_EQ(guard.write(0, 5, early), Guard::Wrote::done);
  EXPECT_EQ(guard.read(0, 4), 1U) << "reading is open to all";
  EXPECT_EQ(guard.write(0, 5, 1), Guard::Wrote::done) << "and takes nothing from whoever is newer";
}

TEST(Guard, asks_whoever_has_no_token_whether_it_still_believes) {
  Guard guard;
  EXPECT_EQ(guard.write(0, 0, 0, [] { return false; }), Guard::Wrote::not_tried);
  EXPECT_EQ(guard.write(0, 0, 0, [] { return true; }), Guard::Wrote::done);
  EXPECT_EQ(guard.read(0), 1U);
}

}  // namespace
}  // namespace holdfast::verify
