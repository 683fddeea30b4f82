// L14: every effect once, in order, from any position that is kept; and plain words where it is not.
#include "engine/event_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace holdfast::engine {
namespace {

using core::Effect;
using core::Position;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t plenty = 1 << 20;

Effect lapse(std::uint64_t number) {
  return core::Lapsed{.name = "n" + std::to_string(number), .session = "s", .owner = "alice"};
}

std::shared_ptr<const Batch> batch(std::uint64_t first, std::size_t count) {
  auto made = std::make_shared<Batch>();
  made->first = Position{first};
  for (std::uint64_t number = first; number < first + count; ++number) made->effects.push_back(lapse(number));
  return made;
}

/// The names of all events behind `position`, as a reader sees them that reads `together` batches at a time.
std::vector<std::string> names_behind(EventRing& ring, std::uint64_t position, std::size_t together = 2) {
  std::vector<std::string> names;
  while (true) {
    const EventRing::Read read = ring.behind({position}, together);
    if (read.gone) return {"gone"};
    if (read.batches.empty()) return names;
    for (const auto& found : read.batches) {
      for (std::size_t i = 0; i < found->effects.size(); ++i) {
        if (found->first.value + i <= position) continue;
        EXPECT_EQ(found->first.value + i, position + 1);
        ++position;
        if (core::is_event(found->effects[i])) names.emplace_back(core::name_of(found->effects[i]));
      }
    }
  }
}

TEST(EventRing, has_nothing_at_first_and_nothing_is_gone) {
  EventRing ring(plenty);
  EXPECT_EQ(ring.last(), Position{0});
  EXPECT_THAT(names_behind(ring, 0), IsEmpty());
  EXPECT_TRUE(ring.reaches_back_to({0}));
}

TEST(EventRing, gives_what_is_behind_a_position_from_the_middle_of_a_batch_too) {
  EventRing ring(plenty);
  ring.durable(batch(1, 2));
  ring.durable(batch(3, 3));
  EXPECT_EQ(ring.last(), Position{5});
  EXPECT_THAT(names_behind(ring, 0), ElementsAre("n1", "n2", "n3", "n4", "n5"));
  EXPECT_THAT(names_behind(ring, 2), ElementsAre("n3", "n4", "n5"));
  EXPECT_THAT(names_behind(ring, 4), ElementsAre("n5"));
  EXPECT_THAT(names_behind(ring, 5), IsEmpty());
}

TEST(EventRing, waits_for_a_position_that_is_decided_and_not_yet_durable) {
  EventRing ring(plenty);
  ring.durable(batch(1, 2));
  EXPECT_THAT(names_behind(ring, 4), IsEmpty());
  ring.durable(batch(3, 4));
  EXPECT_THAT(names_behind(ring, 4), ElementsAre("n5", "n6"));
}

TEST(EventRing, keeps_to_its_bytes_and_says_what_is_gone) {
  const std::size_t one = memory_of(lapse(10));
  EventRing ring(5 * one);
  for (std::uint64_t first = 1; first < 100; first += 2) ring.durable(batch(first, 2));
  EXPECT_LE(ring.bytes(), 5 * one);
  EXPECT_THAT(names_behind(ring, 96), ElementsAre("n97", "n98", "n99", "n100"));
  EXPECT_THAT(names_behind(ring, 95), ElementsAre("gone"));
  EXPECT_TRUE(ring.reaches_back_to({96}));
  EXPECT_FALSE(ring.reaches_back_to({95}));
  EXPECT_TRUE(ring.reaches_back_to({100}));
}

TEST(EventRing, keeps_a_batch_that_is_larger_than_itself) {
  EventRing ring(1);
  ring.durable(batch(1, 50));
  EXPECT_EQ(names_behind(ring, 0).size(), 50U);
}

TEST(EventRing, begins_with_what_the_journal_kept) {
  EventRing ring(plenty);
  for (std::uint64_t number = 1; number <= 600; ++number) ring.replayed(lapse(number), {number});
  EXPECT_EQ(ring.last(), Position{600});
  EXPECT_THAT(names_behind(ring, 598), ElementsAre("n599", "n600")) << "before anything new came, too";
  ring.durable(batch(601, 1));
  EXPECT_THAT(names_behind(ring, 598), ElementsAre("n599", "n600", "n601"));
  EXPECT_EQ(names_behind(ring, 0).size(), 601U);
}

TEST(EventRing, begins_behind_a_snapshot) {
  EventRing ring(plenty);
  ring.replayed(core::KeptTotals{}, {40});
  ring.replayed(core::Kept{.name = "old"}, {40});
  EXPECT_EQ(ring.last(), Position{40});
  EXPECT_TRUE(ring.reaches_back_to({40}));
  EXPECT_FALSE(ring.reaches_back_to({39})) << "what led to the snapshot is not known";
  ring.replayed(lapse(41), {41});
  EXPECT_THAT(names_behind(ring, 40), ElementsAre("n41"));
  EXPECT_THAT(names_behind(ring, 39), ElementsAre("gone"));
}

TEST(EventRing, counts_what_is_no_event_and_tells_it_to_nobody) {
  EventRing ring(plenty);
  ring.replayed(core::Renewed{.name = "a"}, {1});
  ring.replayed(lapse(2), {2});
  ring.replayed(core::Started{.incarnation = 3}, {3});
  EXPECT_THAT(names_behind(ring, 0), ElementsAre("n2"));
  EXPECT_EQ(ring.last(), Position{3});
}

/// Notes where the ring stood each time it was woken.
struct Sleeper final : EventRing::Reader {
  explicit Sleeper(EventRing& its_ring) : ring(its_ring) {}
  void wake() override { woken.push_back(ring.last().value); }
  EventRing& ring;
  std::vector<std::uint64_t> woken;
};

TEST(EventRing, wakes_its_readers_for_each_batch_once_it_can_be_read) {
  EventRing ring(plenty);
  Sleeper sleeper(ring);
  ring.join(sleeper);
  ring.durable(batch(1, 3));
  ring.durable(batch(4, 1));
  EXPECT_THAT(sleeper.woken, ElementsAre(3, 4));
  ring.leave(sleeper);
  ring.durable(batch(5, 1));
  EXPECT_THAT(sleeper.woken, ElementsAre(3, 4));
}

TEST(EventRing, lets_go_of_no_batch_that_somebody_reads) {
  EventRing ring(1);
  ring.durable(batch(1, 2));
  const EventRing::Read read = ring.behind({0}, 1);
  for (std::uint64_t number = 3; number < 50; ++number) ring.durable(batch(number, 1));
  EXPECT_EQ(core::name_of(read.batches.at(0)->effects.at(1)), "n2");
}

TEST(EventRingDeathTest, stops_rather_than_leave_a_hole) {
  EventRing ring(plenty);
  ring.durable(batch(1, 2));
  EXPECT_DEATH(ring.durable(batch(4, 1)), "last_");
}

}  // namespace
}  // namespace holdfast::engine
