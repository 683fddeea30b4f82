#include "history/store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/seeded_for_tests.h"
#include "history/assemble.h"
#include "history/store_for_tests.h"

namespace holdfast::history {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Store, tells_at_once_what_has_become_durable) {
  Bench bench;
  bench.start();
  bench.append({granted("job", "alice", 7, 10)});
  const Page page = bench.page("job");
  ASSERT_THAT(page.holdings, SizeIs(1));
  EXPECT_EQ(page.holdings[0].who.owner, "alice");
  EXPECT_EQ(page.position, core::Position{2});
  EXPECT_THAT(page.gaps, IsEmpty());
  EXPECT_FALSE(page.memory_only);
}

TEST(Store, tells_the_newest_first_and_puts_files_and_memory_together) {
  Bench bench;
  bench.start();
  bench.append(one("job", 7, 10));
  bench.append({granted("job", "bob", 8, 20)});
  bench.store->flush();
  bench.append({released("job", "bob", 8, 30), granted("job", "carol", 9, 40)});
  const auto found = bench.of("job");
  ASSERT_EQ(tokens(found), (std::vector<std::uint64_t>{9, 8, 7}));
  EXPECT_EQ(found[1].since, at(20));
  EXPECT_EQ(found[1].until, at(30));
  EXPECT_EQ(bench.store->figures().files, 1);
}

TEST(Store, has_after_a_kill_what_it_had_be_it_in_files_or_in_the_journal) {
  Bench bench;
  bench.start();
  bench.append(one("job", 7, 10));
  bench.store->flush();
  bench.append(one("job", 8, 20));
  const auto before = bench.of("job");
  bench.start();
  EXPECT_EQ(bench.of("job"), before);
  EXPECT_THAT(bench.page("job").gaps, IsEmpty());
}

TEST(Store, has_everything_in_files_before_the_journal_may_fold_it) {
  Bench bench;
  bench.start();
  bench.append(one("job", 7, 10));
  bench.store->reach_disk({bench.journal.size()}, {});
  bench.fold();
  bench.start();
  EXPECT_EQ(tokens(bench.of("job")), (std::vector<std::uint64_t>{7}));
  EXPECT_THAT(bench.page("job").gaps, IsEmpty());
}

TEST(Store, takes_in_a_long_journal_at_a_start_however_slow_its_own_disk_is) {
  Bench bench;
  bench.options.bytes_max = 16 << 20;
  bench.options.recent_bytes_max = 4 << 10;
  for (std::uint64_t i = 1; i <= 3'000; ++i)
    bench.journal.emplace_back(granted(fmt::format("name/{}", i), "alice", i, 1));
  bench.start();
  EXPECT_THAT(bench.page("name/1").gaps, IsEmpty());
  for (const int i : {1, 1'000, 2'000, 3'000}) EXPECT_THAT(bench.of(fmt::format("name/{}", i)), SizeIs(1));
  EXPECT_EQ(bench.store->figures().missed, 0);
}

TEST(Store, says_what_it_missed_when_the_journal_was_folded_without_it_and_still_knows_who_holds) {
  Bench bench;
  bench.start();
  bench.append({granted("held", "alice", 7, 10), granted("gone", "bob", 8, 11)});
  bench.store->flush();
  bench.append({released("gone", "bob", 8, 20), granted("new", "carol", 9, 30)});
  core::Kept held{.name = "held", .owner = "alice", .token = {7}, .since = at(10), .parts = {{"alice-1", {}, false}}};
  core::Kept fresh{.name = "new", .owner = "carol", .token = {9}, .since = at(30), .parts = {{"carol-1", {}, false}}};
  core::Kept gone{.name = "gone", .owner = "bob", .token = {8}, .ended = core::Loss::released};
  bench.fold({core::KeptTotals{}, held, fresh, gone});
  bench.start();

  const Page page = bench.page("held");
  ASSERT_THAT(page.gaps, SizeIs(1));
  EXPECT_EQ(page.gaps[0].after, core::Position{3});
  EXPECT_EQ(page.gaps[0].up_to, core::Position{5});
  ASSERT_THAT(page.holdings, SizeIs(1));
  EXPECT_FALSE(page.holdings[0].uncertain);  // The snapshot says that it is held.
  EXPECT_EQ(page.holdings[0].from, "192.0.2.7");

  ASSERT_THAT(bench.of("new"), SizeIs(1));
  EXPECT_EQ(bench.of("new")[0].since, at(30));
  ASSERT_THAT(bench.of("gone"), SizeIs(1));
  EXPECT_TRUE(bench.of("gone")[0].uncertain);

  // It says so from then on, from a file too.
  bench.store->flush();
  bench.start();
  EXPECT_THAT(bench.page("held").gaps, SizeIs(1));
  EXPECT_THAT(bench.all_notes(), HasSubstr("misses positions 4 to 5"));
}

TEST(Store, takes_positions_that_it_was_never_given_for_missed) {
  Bench bench;
  bench.start();
  bench.journal.emplace_back(granted("job", "alice", 7, 10));  // Nobody hands this one over.
  bench.append({granted("other", "bob", 8, 20)});
  const Page page = bench.page("other");
  EXPECT_THAT(page.holdings, SizeIs(1));
  ASSERT_THAT(page.gaps, SizeIs(1));
  EXPECT_EQ(page.gaps[0].after, core::Position{1});
  EXPECT_EQ(page.gaps[0].up_to, core::Position{2});
}

TEST(Store, says_what_it_missed_when_it_could_not_keep_up) {
  Bench bench;
  bench.options.queue_max = 4;
  bench.start();
  bench.append({granted("job", "alice", 7, 10)});
  std::vector<core::Effect> many;
  for (int i = 0; i < 5; ++i) many.emplace_back(core::Requested{"job", {7}, {"bob", ""}, "?", at(11), ""});
  many.emplace_back(released("job", "alice", 7, 12));
  bench.append(std::move(many));
  const Page page = bench.page("job");
  ASSERT_THAT(page.gaps, SizeIs(1));
  EXPECT_EQ(page.gaps[0].after, core::Position{2});
  EXPECT_EQ(page.gaps[0].up_to, core::Position{8});
  ASSERT_THAT(page.holdings, SizeIs(1));
  EXPECT_TRUE(page.holdings[0].uncertain);
  EXPECT_EQ(bench.store->figures().missed, 6);
  EXPECT_EQ(page.position, core::Position{8});
}

TEST(Store, keeps_a_hundred_holdings_of_a_name_across_files_and_restarts) {
  Bench bench;
  bench.start();
  for (std::uint64_t i = 1; i <= 130; ++i) {
    bench.append(one("job", i, static_cast<std::int64_t>(i) * 10));
    if (i % 50 == 0) bench.store->flush();
  }
  Query query;
  query.name = "job";
  query.limit = 1'000;
  const auto found = bench.store->page(query).holdings;
  ASSERT_THAT(found, SizeIs(100));
  EXPECT_EQ(found.front().token.value, 130);
  EXPECT_EQ(found.back().token.value, 31);
  bench.start();
  EXPECT_EQ(bench.store->page(query).holdings, found);
}

TEST(Store, forgets_after_its_days_what_has_ended_and_never_what_is_held) {
  Bench bench;
  bench.clock.set_wall(at(100));
  bench.start();
  bench.append(one("job", 7, 10));
  bench.append({granted("job", "bob", 8, 20), granted("other", "carol", 9, 30)});
  bench.store->flush();
  bench.clock.set_wall(at(11) + std::chrono::days(30));
  EXPECT_EQ(tokens(bench.of("job")), (std::vector<std::uint64_t>{8, 7}));
  bench.clock.set_wall(at(12) + std::chrono::days(30));
  EXPECT_EQ(tokens(bench.of("job")), (std::vector<std::uint64_t>{8}));
  // Not only are they not shown: they leave the disk once all of their file is that old.
  bench.clock.set_wall(at(31) + std::chrono::days(30));
  const std::uint64_t before = bench.store->figures().bytes;
  bench.start();
  bench.store->settle();
  EXPECT_LT(bench.store->figures().bytes, before);
  EXPECT_EQ(tokens(bench.of("job")), (std::vector<std::uint64_t>{8}));
  EXPECT_EQ(tokens(bench.of("other")), (std::vector<std::uint64_t>{9}));
}

TEST(Store, keeps_to_its_bytes_and_drops_the_oldest_and_nothing_that_is_held) {
  Bench bench;
  bench.options.bytes_max = 256 << 10;
  bench.start();
  bench.append({granted("held", "alice", 1, 1)});
  std::uint64_t token = 1;
  for (int round = 0; round < 40; ++round) {
    std::vector<core::Effect> effects;
    for (int i = 0; i < 200; ++i) {
      ++token;
      const auto some = one(fmt::format("name/{:06}", token), token, static_cast<std::int64_t>(token) * 2);
      effects.insert(effects.end(), some.begin(), some.end());
    }
    bench.append(std::move(effects));
    bench.store->settle();
  }
  bench.store->flush();
  bench.store->settle();
  EXPECT_LE(bench.store->figures().bytes, 256U << 10);
  EXPECT_EQ(tokens(bench.of("held")), (std::vector<std::uint64_t>{1}));
  EXPECT_FALSE(bench.of("held")[0].until);
  EXPECT_THAT(bench.of("name/000002"), IsEmpty());
  EXPECT_THAT(bench.of(fmt::format("name/{:06}", token)), SizeIs(1));
  EXPECT_THAT(bench.page("held").gaps, IsEmpty());
}

TEST(Store, never_shows_as_open_what_ended_when_its_bounds_cut) {
  Bench bench;
  bench.options.bytes_max = 64 << 10;
  bench.start();
  std::uint64_t token = 0;
  for (int round = 0; round < 60; ++round) {
    // Each ends in the next round, so most likely in another file.
    std::vector<core::Effect> effects;
    for (int i = 0; i < 50; ++i) {
      if (round > 0) effects.emplace_back(released(fmt::format("n/{}", token - 49), "alice", token - 49, round));
      ++token;
      effects.emplace_back(granted(fmt::format("n/{}", token), "alice", token, round));
    }
    bench.append(std::move(effects));
    bench.store->flush();
    bench.store->settle();
  }
  std::size_t open = 0;
  Query query;
  query.limit = 1'000;
  Page page;
  do {
    page = bench.store->page(query);
    for (const Holding& holding : page.holdings) {
      open += holding.until ? 0 : 1;
      EXPECT_TRUE(holding.until || holding.token.value > token - 50) << holding.token.value;
    }
    query.after_name = page.next_name;
    query.after_token = page.next_token;
  } while (page.more);
  EXPECT_EQ(open, 50);
  EXPECT_LE(bench.store->figures().bytes, 64U << 10);
}

TEST(Store, is_not_driven_out_by_a_name_that_is_taken_and_released_all_the_time) {
  Bench bench;
  bench.options.bytes_max = 1 << 20;
  bench.start();
  bench.append(one("quiet", 1, 1));
  std::uint64_t token = 1;
  for (int round = 0; round < 100; ++round) {
    std::vector<core::Effect> effects;
    for (int i = 0; i < 1'000; ++i) {
      const auto some = one("busy", ++token, round);
      effects.insert(effects.end(), some.begin(), some.end());
    }
    bench.append(std::move(effects));
    bench.store->settle();
  }
  EXPECT_EQ(tokens(bench.of("quiet")), (std::vector<std::uint64_t>{1}));
  Query query;
  query.name = "busy";
  query.limit = 1'000;
  EXPECT_THAT(bench.store->page(query).holdings, SizeIs(100));
  EXPECT_EQ(bench.store->figures().files, 0);  // A hundred thousand holdings, and memory is not yet full.
  EXPECT_LT(bench.store->figures().recent_bytes, 64U << 10);
}

TEST(Store, serves_on_with_what_is_left_when_a_file_is_damaged) {
  Bench bench;
  bench.start();
  bench.append(one("job", 7, 10));
  bench.store->flush();
  bench.append(one("job", 8, 20));
  bench.store->flush();
  bench.append(one("job", 9, 30));
  bench.fold();
  bench.store->flush();
  bench.store.reset();
  const auto names = bench.scratch.names();
  ASSERT_THAT(names, SizeIs(3));
  std::string bytes = bench.scratch.read(names[1]);
  bytes[bytes.size() - 40] ^= 1;  // Of the index.
  bench.scratch.write(names[1], bytes);
  bench.start();
  const Page page = bench.page("job");
  EXPECT_EQ(tokens(page.holdings), (std::vector<std::uint64_t>{9, 7}));
  ASSERT_THAT(page.gaps, SizeIs(1));
  EXPECT_EQ(page.gaps[0].after, core::Position{3});
  EXPECT_EQ(page.gaps[0].up_to, core::Position{5});
  EXPECT_EQ(page.holdings[0].previous, core::Token{});
  EXPECT_THAT(bench.scratch.names(), Contains(EndsWith(".damaged")));
  EXPECT_THAT(bench.all_notes(), HasSubstr("set aside"));
}

TEST(Store, takes_from_the_journal_again_what_a_damaged_newest_file_had) {
  Bench bench;
  bench.start();
  bench.append(one("job", 7, 10));
  bench.store->flush();
  bench.store.reset();
  bench.scratch.write(bench.scratch.names()[0], "rubbish");
  bench.start();
  EXPECT_EQ(tokens(bench.of("job")), (std::vector<std::uint64_t>{7}));
  EXPECT_THAT(bench.page("job").gaps, IsEmpty());
}

TEST(Store, says_of_a_damaged_block_that_something_is_missing_and_keeps_the_rest) {
  Bench bench;
  bench.start();
  std::vector<core::Effect> effects;
  for (std::uint64_t i = 1; i <= 2'000; ++i) {
    const auto some = one(fmt::format("name/{:06}", i), i, static_cast<std::int64_t>(i));
    effects.insert(effects.end(), some.begin(), some.end());
  }
  bench.append(std::move(effects));
  bench.store->flush();
  const std::string name = bench.scratch.names()[0];
  std::string bytes = bench.scratch.read(name);
  bytes[100] ^= 1;  // In the first block.
  bench.scratch.write(name, bytes);

  const Page found_out = bench.page("name/000001");
  EXPECT_THAT(found_out.holdings, IsEmpty());
  EXPECT_THAT(found_out.gaps, SizeIs(1)) << "the very answer that finds it says so";
  EXPECT_THAT(bench.of("name/002000"), SizeIs(1));
  // At the next chance the file is written anew, without the block, and says so.
  bench.start();
  EXPECT_THAT(bench.of("name/000001"), IsEmpty());
  bench.append(one("other", 5'000, 5'000));
  bench.store->flush();
  bench.store->settle();
  EXPECT_THAT(bench.scratch.names(), Contains(EndsWith(".damaged")));
  bench.start();
  EXPECT_THAT(bench.page("name/000001").gaps, SizeIs(1));
  EXPECT_THAT(bench.of("name/002000"), SizeIs(1));
}

TEST(Store, does_not_tell_of_a_time_that_a_restored_backup_has_undone) {
  Bench bench;
  bench.start();
  bench.append(one("job", 7, 10));
  bench.store->flush();
  bench.append(one("job", 8, 20));
  bench.store->flush();
  bench.journal.resize(3);  // An older copy of the journal, without the second holding.
  bench.start();
  bench.append(one("job", 9, 30));
  const Page page = bench.page("job");
  EXPECT_EQ(tokens(page.holdings), (std::vector<std::uint64_t>{9, 7}));
  EXPECT_THAT(page.gaps, IsEmpty());
  EXPECT_THAT(bench.scratch.names(), Contains(EndsWith(".foreign")));
}

TEST(Store, gives_way_where_the_disk_gets_full) {
  Bench bench;
  std::atomic<std::uint64_t> free{std::uint64_t{1} << 40};
  bench.options.space = [&]() -> Result<Folder::Space> { return Folder::Space{free.load(), std::uint64_t{1} << 40}; };
  bench.start();
  bench.append(one("old", 7, 10));
  bench.store->flush();
  bench.append(one("new", 8, 20));
  free = 1 << 20;
  bench.store->flush();  // Returns: folding must go on, it makes room.
  EXPECT_THAT(bench.of("old"), IsEmpty());
  EXPECT_THAT(bench.of("new"), SizeIs(1));
  EXPECT_EQ(bench.store->figures().files, 0);
  EXPECT_GT(bench.store->figures().failures, 0);
  EXPECT_THAT(bench.all_notes(), HasSubstr("nearly full"));
}

TEST(Store, merges_files_so_that_they_stay_few) {
  Bench bench;
  bench.start();
  for (std::uint64_t i = 1; i <= 60; ++i) {
    bench.append(one(fmt::format("name/{}", i % 7), i, static_cast<std::int64_t>(i)));
    bench.store->flush();
  }
  bench.store->settle();
  EXPECT_LT(bench.store->figures().files, 12);
  EXPECT_GT(bench.store->figures().merges, 0);
  EXPECT_THAT(bench.scratch.names(), SizeIs(bench.store->figures().files));
  EXPECT_THAT(bench.of("name/3"), SizeIs(9));
}

TEST(Page, of_a_name_goes_on_behind_a_token_and_ends) {
  Bench bench;
  bench.start();
  for (std::uint64_t i = 1; i <= 5; ++i) bench.append(one("job", i, static_cast<std::int64_t>(i) * 10));
  Query query;
  query.name = "job";
  query.limit = 2;
  Page page = bench.store->page(query);
  EXPECT_EQ(tokens(page.holdings), (std::vector<std::uint64_t>{5, 4}));
  ASSERT_TRUE(page.more);
  bench.append(one("job", 6, 60));  // What comes meanwhile moves nothing.
  query.after_token = page.next_token;
  page = bench.store->page(query);
  EXPECT_EQ(tokens(page.holdings), (std::vector<std::uint64_t>{3, 2}));
  query.after_token = page.next_token;
  page = bench.store->page(query);
  EXPECT_EQ(tokens(page.holdings), (std::vector<std::uint64_t>{1}));
  EXPECT_FALSE(page.more);
  query.after_token = 1;
  EXPECT_THAT(bench.store->page(query).holdings, IsEmpty());
}

TEST(Page, of_a_prefix_matches_whole_segments_and_skips_what_lies_between) {
  Bench bench;
  bench.start();
  std::uint64_t token = 0;
  std::vector<core::Effect> effects;
  for (int i = 0; i < 2'500; ++i) {
    const auto some = one(fmt::format("deploy-{}", i), ++token, 1);
    effects.insert(effects.end(), some.begin(), some.end());
  }
  bench.append(std::move(effects));
  bench.append(one("deploy", 10'001, 1));
  bench.append(one("deploy/web", 10'002, 1));
  bench.store->flush();
  bench.append(one("deploy/api", 10'003, 1));
  std::vector<std::string> names;
  Query query;
  query.prefix = "deploy";
  int pages = 0;
  while (true) {
    const Page page = bench.store->page(query);
    for (const Holding& holding : page.holdings) names.push_back(holding.name);
    if (!page.more) break;
    ASSERT_LT(++pages, 3);
    query.after_name = page.next_name;
    query.after_token = page.next_token;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"deploy", "deploy/api", "deploy/web"}));
  query.after_name = "zebra";
  query.after_token = 0;
  EXPECT_THAT(bench.store->page(query).holdings, IsEmpty());
}

TEST(Page, looks_at_a_thousand_names_at_most_and_says_where_to_go_on) {
  Bench bench;
  bench.start();
  std::vector<core::Effect> effects;
  for (std::uint64_t i = 1; i <= 1'500; ++i) {
    const auto some = one(fmt::format("name/{:06}", i), i, 1);
    effects.insert(effects.end(), some.begin(), some.end());
  }
  bench.append(std::move(effects));
  Query query;
  query.owner = "nobody";
  const Page page = bench.store->page(query);
  EXPECT_THAT(page.holdings, IsEmpty());
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.next_name, "name/001000");
  query.after_name = page.next_name;
  query.after_token = page.next_token;
  EXPECT_FALSE(bench.store->page(query).more);
}

TEST(Page, shows_of_a_time_what_was_held_in_it) {
  Bench bench;
  bench.start();
  bench.append({granted("job", "alice", 1, 10), released("job", "alice", 1, 20), granted("job", "bob", 2, 30)});
  const auto between = [&](std::int64_t from, std::int64_t to) {
    Query query;
    query.from = at(from);
    query.to = at(to);
    return tokens(bench.store->page(query).holdings);
  };
  EXPECT_EQ(between(0, 9), (std::vector<std::uint64_t>{}));
  EXPECT_EQ(between(0, 10), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(between(15, 16), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(between(21, 29), (std::vector<std::uint64_t>{}));
  EXPECT_EQ(between(20, 30), (std::vector<std::uint64_t>{2, 1}));
  EXPECT_EQ(between(1'000, 2'000), (std::vector<std::uint64_t>{2}));
}

TEST(Page, shows_only_what_an_owner_held) {
  Bench bench;
  bench.start();
  bench.append({granted("job", "alice", 1, 10), released("job", "alice", 1, 20), granted("job", "bob", 2, 30)});
  Query query;
  query.owner = "bob";
  EXPECT_EQ(tokens(bench.store->page(query).holdings), (std::vector<std::uint64_t>{2}));
  query.name = "job";
  query.owner = "alice";
  EXPECT_EQ(tokens(bench.store->page(query).holdings), (std::vector<std::uint64_t>{1}));
}

// Against a list in memory: whatever is written, merged and restarted in between, nothing is lost, and nothing comes
// twice.
RC_GTEST_PROP(Store, tells_the_same_whatever_is_flushed_merged_folded_and_restarted, ()) {
  Bench bench;
  bench.options.bounds.holdings_max = 5;
  bench.options.recent_bytes_max = *rc::gen::element<std::size_t>(200, 2'000, 1 << 20);  // Of some it is full at once.
  const bool forgets = *rc::gen::inRange(0, 3) == 0;
  if (forgets) bench.options.folder.reset();
  bench.start();
  std::map<std::string, std::vector<Entry>> all;
  std::map<std::string, std::uint64_t> holder;
  std::uint64_t token = 0;
  const int length = *rc::gen::inRange(0, 60);
  for (int i = 0; i < length; ++i) {
    const int act = *rc::gen::inRange(0, 14);
    if (act == 0) bench.store->flush();
    if (act == 1) bench.start();
    if (act == 2 && !forgets) {
      bench.store->reach_disk({bench.journal.size()}, {});
      bench.fold();
    }
    if (act == 3) bench.store->settle();
    if (act == 4) bench.of("a");
    if (act < 5) continue;
    const std::string name(1, static_cast<char>('a' + *rc::gen::inRange(0, 4)));
    core::Effect effect;
    if (holder[name] != 0) {
      effect = released(name, "alice", holder[name], i);
      holder[name] = 0;
    } else {
      effect = granted(name, "alice", ++token, i);
      holder[name] = token;
    }
    bench.append({effect});
    all[name].push_back({{bench.journal.size()}, 0, effect});
  }
  for (auto& [name, entries] : all) {
    trim(entries, bench.options.bounds);
    std::vector<Holding> expected = assemble(entries);
    std::ranges::reverse(expected);
    RC_ASSERT(tokens(bench.of(name)) == tokens(expected));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      RC_ASSERT(bench.of(name)[i].since == expected[i].since);
      RC_ASSERT(bench.of(name)[i].until == expected[i].until);
    }
  }
  RC_ASSERT(bench.page("a").gaps.empty());
}

}  // namespace
}  // namespace holdfast::history
