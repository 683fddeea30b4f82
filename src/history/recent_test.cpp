#include "history/recent.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "base/seeded_for_tests.h"
#include "history/effects_for_tests.h"

namespace holdfast::history {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using Names = std::map<std::string, std::vector<Entry>>;

Names all_of(const Recent& recent) {
  Names all;
  std::string before;
  recent.in_order([&](std::string_view name, std::string_view entries) {
    EXPECT_LT(before, name) << "in order, each once";
    before = name;
    all.emplace(name, decode(entries).value());
    return true;
  });
  return all;
}

/// Takes and releases `name`, `times` in a row, from position `first` on.
void use(Recent& recent, const std::string& name, std::uint64_t times, std::uint64_t first) {
  for (std::uint64_t i = 0; i < times; ++i) {
    recent.add({first + 2 * i}, granted(name, "alice", first + i, static_cast<std::int64_t>(2 * i)));
    recent.add({first + 2 * i + 1}, released(name, "alice", first + i, static_cast<std::int64_t>(2 * i + 1)));
  }
}

TEST(Recent, lists_names_in_the_order_of_their_bytes) {
  // Alike for eight bytes and more, of different lengths, one the beginning of another, and beyond ASCII.
  const std::vector<std::string> names{
      "jobs/b",        "jobs/bb", "jobs/a",       "jobs/aaaaaaaaaaaaaaaaaaaaab", "jobs/aaaaaaaaaaaaaaaaaaaaaa",
      "jobs/\xc3\xbc", "jobs/",   "jobs/aaaaaaaa"};
  Recent recent(Bounds{});
  std::uint64_t position = 0;
  for (const std::string& name : names) {
    ++position;
    recent.add({position}, core::Granted{.name = name, .who = {"bob", "s"}, .token = {position}});
  }
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  std::vector<std::string> listed;
  recent.in_order([&](std::string_view name, std::string_view entries) {
    listed.emplace_back(name);
    EXPECT_EQ(entries, recent.entries(name));
    EXPECT_FALSE(entries.empty());
    return true;
  });
  EXPECT_EQ(listed, sorted);
}

TEST(Recent, lists_names_that_nobody_can_give_too) {
  Recent recent(Bounds{});
  const std::string zeros(20, '\0');
  for (std::size_t size = 0; size <= 20; ++size) use(recent, "n" + zeros.substr(size), 1, 1 + 2 * size);
  EXPECT_THAT(all_of(recent), SizeIs(21));
}

TEST(Recent, lists_nothing_where_nothing_was_added) {
  EXPECT_THAT(all_of(Recent(Bounds{})), IsEmpty());
}

TEST(Recent, keeps_what_comes_in_order_among_thousands_of_names) {
  Recent recent(Bounds{});
  Names expected;
  for (std::uint64_t i = 1; i <= 5'000; ++i) {  // So many are sorted in another way than few are.
    const std::string name = fmt::format("{}/{:012}", i % 3 == 0 ? "jobs" : "k", i * 7'919 % 1'500);
    const core::Effect effect = granted(name, "alice", i, static_cast<std::int64_t>(i));
    recent.add({i}, effect);
    expected[name].push_back({{i}, 0, effect});
  }
  EXPECT_EQ(all_of(recent), expected);
}

TEST(Recent, stops_where_it_is_told_to) {
  Recent recent(Bounds{});
  use(recent, "a", 1, 1);
  use(recent, "b", 1, 3);
  int visits = 0;
  recent.in_order([&](std::string_view, std::string_view) { return ++visits < 1; });
  EXPECT_EQ(visits, 1);
}

TEST(Recent, tells_of_a_busy_name_no_more_than_its_bounds_allow_and_one_more) {
  const Bounds bounds{.holdings_max = 5};
  Recent recent(bounds);
  use(recent, "busy", 1'000, 1);
  use(recent, "quiet", 1, 2'001);
  const auto entries = decode(recent.entries("busy")).value();
  EXPECT_THAT(entries, SizeIs(12)) << "holdings before that are not even read";
  EXPECT_EQ(entries.back().position, core::Position{2'000});
  EXPECT_EQ(decode(recent.list("", 10)[0].second).value(), entries);
  const Names kept = all_of(recent);
  EXPECT_THAT(kept.at("busy"), SizeIs(10));
  EXPECT_EQ(kept.at("busy").front().position, core::Position{1'991});
  EXPECT_THAT(kept.at("quiet"), SizeIs(2));
}

TEST(Recent, cuts_what_is_long_and_what_has_too_many_steps) {
  Recent recent(Bounds{.name_bytes_max = 4'000});
  for (std::uint64_t i = 1; i <= 20; ++i) {
    auto grant = granted("long", "alice", i, 1);
    grant.note = std::string(500, 'x');
    recent.add({i}, grant);
  }
  recent.add({21}, granted("wanted", "alice", 21, 1));
  for (std::uint64_t i = 22; i <= 121; ++i)
    recent.add({i}, core::Requested{"wanted", {21}, {"bob", ""}, "?", at(1), ""});
  const Names kept = all_of(recent);
  EXPECT_LT(kept.at("long").size(), 8);
  EXPECT_EQ(kept.at("long").back().position, core::Position{20});
  EXPECT_THAT(kept.at("wanted"), SizeIs(33));
}

TEST(Recent, lists_the_first_names_from_one_on) {
  Recent recent(Bounds{});
  for (std::uint64_t i = 100; i > 0; --i) use(recent, fmt::format("n/{:03}", i), 1, 1'000 - 2 * i);
  const auto list = recent.list("n/041", 3);
  ASSERT_THAT(list, SizeIs(3));
  EXPECT_EQ(list[0].first, "n/041");
  EXPECT_EQ(list[2].first, "n/043");
  EXPECT_THAT(decode(list[0].second).value(), SizeIs(2));
  EXPECT_THAT(recent.list("o", 3), IsEmpty());
}

TEST(Recent, is_crowded_by_few_names_that_are_taken_again_and_again_and_not_by_many) {
  Recent few(Bounds{});
  for (std::uint64_t i = 0; i < 10; ++i) use(few, fmt::format("busy/{}", i), 300, 1 + 600 * i);
  EXPECT_TRUE(few.crowded());
  Recent many(Bounds{});
  for (std::uint64_t i = 0; i < 20'000; ++i) use(many, fmt::format("name/{}", i), 1, 1 + 2 * i);
  EXPECT_FALSE(many.crowded());
  EXPECT_FALSE(Recent(Bounds{}).crowded());
}

// However it is thinned out in between: nothing is kept that a name may not have, and nothing else is lost.
RC_GTEST_PROP(Recent, keeps_of_each_name_what_its_bounds_leave_however_often_it_is_thinned_out, ()) {
  const Bounds bounds{.holdings_max = *rc::gen::inRange<std::size_t>(1, 5)};
  Recent recent(bounds);
  Names all;
  const std::uint64_t length = *rc::gen::inRange<std::uint64_t>(0, 80);
  for (std::uint64_t i = 1; i <= length; ++i) {
    const std::string name(1, static_cast<char>('a' + *rc::gen::inRange(0, 3)));
    const bool held = !all[name].empty() && begins_holding(all[name].back().effect);
    const std::uint64_t token = held ? std::get<core::Granted>(all[name].back().effect).token.value : i;
    const core::Effect effect = held ? core::Effect{released(name, "alice", token, static_cast<std::int64_t>(i))}
                                     : core::Effect{granted(name, "alice", token, static_cast<std::int64_t>(i))};
    recent.add({i}, effect);
    all[name].push_back({{i}, 0, effect});
    if (*rc::gen::inRange(0, 10) == 0) recent = recent.thinned_out();
  }
  std::erase_if(all, [](const auto& each) { return each.second.empty(); });
  for (auto& [name, entries] : all) {
    trim(entries, bounds);
    auto told = decode(recent.entries(name)).value();
    trim(told, bounds);
    RC_ASSERT(told == entries);
  }
  RC_ASSERT(all_of(recent) == all);
}

}  // namespace
}  // namespace holdfast::history
