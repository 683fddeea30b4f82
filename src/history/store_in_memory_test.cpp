// The store without a directory: a bounded part of the history, in memory.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "history/store_for_tests.h"

namespace holdfast::history {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class StoreInMemory : public testing::Test {
 protected:
  StoreInMemory() { bench.options.folder.reset(); }
  Bench bench;
};

TEST_F(StoreInMemory, keeps_a_bounded_part_in_memory_and_says_so) {
  bench.options.memory_bytes_max = 256 << 10;
  bench.start();
  std::uint64_t token = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<core::Effect> effects;
    for (int i = 0; i < 200; ++i) {
      ++token;
      const auto some = one(fmt::format("name/{:06}", token), token, static_cast<std::int64_t>(token));
      effects.insert(effects.end(), some.begin(), some.end());
    }
    bench.append(std::move(effects));
    bench.store->settle();
  }
  EXPECT_LT(bench.store->figures().recent_bytes, 320U << 10);
  EXPECT_TRUE(bench.page("name/000001").memory_only);
  EXPECT_THAT(bench.of("name/000001"), IsEmpty());
  EXPECT_THAT(bench.of(fmt::format("name/{:06}", token)), SizeIs(1));
}

TEST_F(StoreInMemory, answers_between_any_two_effects_and_says_what_it_missed) {
  bench.options.queue_max = 4;
  bench.start();
  bench.append({granted("job", "alice", 7, 10)});
  EXPECT_THAT(bench.of("job"), SizeIs(1));
  bench.append({released("job", "alice", 7, 11)});
  bench.append({granted("job", "bob", 8, 12)});
  Page page = bench.page("job");
  EXPECT_EQ(tokens(page.holdings), (std::vector<std::uint64_t>{8, 7}));
  EXPECT_EQ(page.holdings[1].until, at(11));
  EXPECT_EQ(page.position, core::Position{4});
  EXPECT_THAT(page.gaps, IsEmpty());

  bench.journal.emplace_back(released("job", "bob", 8, 13));  // Nobody hands this one over.
  bench.append({granted("other", "carol", 9, 14)});
  bench.store->settle();
  bench.append(std::vector<core::Effect>(5, core::Requested{"job", {8}, {"carol", ""}, "?", at(15), ""}));  // Too many.
  bench.store->settle();
  bench.append({granted("other", "dave", 10, 16)});
  page = bench.page("job");
  ASSERT_THAT(page.gaps, SizeIs(2));
  EXPECT_EQ(page.gaps[0], (Gap{{4}, {5}, page.gaps[0].noticed}));
  EXPECT_EQ(page.gaps[1], (Gap{{6}, {11}, page.gaps[1].noticed}));
  EXPECT_TRUE(page.holdings[0].uncertain);
  EXPECT_EQ(page.position, core::Position{12});
  EXPECT_EQ(bench.store->figures().missed, 6);
}

/// `count` holdings of as many names, each with a long note.
std::vector<core::Effect> long_ones(std::uint64_t& token, int count) {
  std::vector<core::Effect> effects;
  for (int i = 0; i < count; ++i) {
    ++token;
    auto grant = granted(fmt::format("name/{:06}", token), "alice", token, static_cast<std::int64_t>(token));
    grant.note = std::string(1'000, 'n');
    grant.metadata = std::string(4'000, 'm');
    effects.emplace_back(std::move(grant));
  }
  return effects;
}

TEST_F(StoreInMemory, counts_what_effects_really_take_and_drops_the_oldest_without_a_gap) {
  bench.options.memory_bytes_max = 1 << 20;
  bench.start();
  std::uint64_t token = 0;
  for (int round = 0; round < 50; ++round) {
    bench.append(long_ones(token, 20));
    bench.store->settle();
    ASSERT_LE(bench.store->figures().recent_bytes, (1U << 20) + (64U << 10)) << round;
    if (round % 25 == 24) {
      const Page page = bench.page(fmt::format("name/{:06}", token));
      EXPECT_THAT(page.holdings, SizeIs(1));
      EXPECT_THAT(page.gaps, IsEmpty());
      EXPECT_EQ(page.position, core::Position{bench.journal.size()});
    }
  }
  EXPECT_THAT(bench.page("name/000001").gaps, IsEmpty());
  EXPECT_THAT(bench.of("name/000001"), IsEmpty());
  EXPECT_EQ(bench.store->figures().missed, 0);
}

TEST_F(StoreInMemory, has_room_for_all_names_when_one_is_taken_all_the_time_but_not_too_fast) {
  bench.options.memory_bytes_max = 4 << 20;
  bench.start();
  bench.append(one("quiet", 1, 1));
  std::uint64_t token = 1;
  for (int round = 0; round < 400; ++round) {
    std::vector<core::Effect> effects;
    for (int i = 0; i < 100; ++i) {
      const auto some = one("busy", ++token, round);
      effects.insert(effects.end(), some.begin(), some.end());
    }
    bench.append(std::move(effects));
    bench.clock.advance(std::chrono::seconds(10));
    bench.store->settle();
  }
  EXPECT_EQ(tokens(bench.of("quiet")), (std::vector<std::uint64_t>{1}));
  Query query;
  query.name = "busy";
  query.limit = 1'000;
  EXPECT_THAT(bench.store->page(query).holdings, SizeIs(100));
}

}  // namespace
}  // namespace holdfast::history
