#include "history/trim.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "base/seeded_for_tests.h"
#include "history/assemble.h"
#include "history/effects_for_tests.h"

namespace holdfast::history {
namespace {

using testing::SizeIs;

/// `count` holdings of one second each.
std::vector<Entry> many(std::uint64_t count) {
  std::vector<core::Effect> effects;
  for (std::uint64_t i = 1; i <= count; ++i) {
    effects.emplace_back(granted("job", "alice", i, static_cast<std::int64_t>(2 * i)));
    effects.emplace_back(released("job", "alice", i, static_cast<std::int64_t>(2 * i + 1)));
  }
  return entries(std::move(effects));
}

TEST(Trim, keeps_the_newest_hundred_holdings_of_a_name) {
  std::vector<Entry> all = many(250);
  trim(all, {});
  const auto found = assemble(all);
  ASSERT_THAT(found, SizeIs(100));
  EXPECT_EQ(found.front().token, core::Token{151});
  EXPECT_EQ(found.front().since, at(302));
  EXPECT_EQ(found.back().token, core::Token{250});
}

TEST(Trim, keeps_exactly_a_hundred_and_of_fewer_all) {
  for (const std::uint64_t count : {1U, 99U, 100U, 101U}) {
    std::vector<Entry> all = many(count);
    trim(all, {});
    EXPECT_THAT(assemble(all), SizeIs(std::min<std::uint64_t>(count, 100)));
  }
}

TEST(Trim, keeps_the_newest_holding_however_long_it_is) {
  std::vector<Entry> all = many(3);
  trim(all, {.name_bytes_max = 1});
  EXPECT_THAT(assemble(all), SizeIs(1));
}

TEST(Trim, drops_what_ended_before_and_keeps_what_ended_later_or_never) {
  std::vector<Entry> all = many(10);
  all.push_back({{21}, 0, granted("job", "bob", 30, 21)});
  trim(all, {}, {at(13)});  // Holding 6 ended at 13.
  EXPECT_EQ(assemble(all).front().token, core::Token{6});
  trim(all, {}, {WallTime::max()});
  ASSERT_THAT(assemble(all), SizeIs(1));
  EXPECT_EQ(assemble(all).front().token, core::Token{30});
}

TEST(Trim, drops_what_was_held_once_only_if_that_holding_ended_and_early_enough) {
  const auto left = [](core::Effect end, std::int64_t before) {
    auto all = entries({granted("job", "alice", 7, 10), std::move(end)});
    trim(all, {}, {at(before)});
    return all.size();
  };
  EXPECT_EQ(left(lapsed("job", "alice", 7, 20), 21), 0);
  EXPECT_EQ(left(lapsed("job", "alice", 7, 20), 20), 2);
  EXPECT_EQ(left(released("job", "alice", 7, 20), 21), 0);
  EXPECT_EQ(left(released("job", "alice", 7, 20, false), 21), 2) << "another session holds on";
  EXPECT_EQ(left(released("job", "alice", 6, 20), 21), 2) << "a late one, of an older holding";
}

TEST(Trim, keeps_the_beginning_of_a_takers_holding_when_the_one_before_expires) {
  auto all = entries({granted("job", "alice", 7, 10), taken("job", "bob", 8, 20, core::Loss::taken_over, "why")});
  trim(all, {}, {WallTime::max()});
  const auto found = assemble(all);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].who.owner, "bob");
  EXPECT_EQ(found[0].since, at(20));
  EXPECT_EQ(found[0].began_reason, "why");
}

TEST(Trim, thins_out_a_holding_in_which_too_much_happens_and_counts_what_it_left_out) {
  std::vector<core::Effect> effects{granted("job", "alice", 7, 0)};
  for (int i = 1; i <= 500; ++i)
    effects.emplace_back(core::Requested{"job", {7}, {"bob", ""}, std::to_string(i), at(i), ""});
  std::vector<Entry> all = entries(std::move(effects));
  trim(all, {});
  trim(all, {});  // Once more changes nothing.
  const auto found = assemble(all);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].since, at(0));
  ASSERT_THAT(found[0].steps, SizeIs(32));
  EXPECT_EQ(found[0].steps[7].text, "8");
  EXPECT_EQ(found[0].steps[8].text, "477");
  EXPECT_EQ(found[0].left_out, 468);
}

TEST(EarliestEnd, is_none_where_nothing_ended) {
  EXPECT_EQ(earliest_end(entries({granted("job", "alice", 7, 10)})), WallTime::max());
  EXPECT_EQ(earliest_end(many(3)), at(3));
}

// A second opinion, that knows only beginnings and ends: a list of what was held.
struct Simple {
  std::uint64_t token = 0;
  std::string owner;
  std::int64_t since = 0, until = -1;
  bool operator==(const Simple&) const = default;
};

void showValue(const Simple& s, std::ostream& out) {
  out << s.token << ' ' << s.owner << ' ' << s.since << ".." << s.until;
}

RC_GTEST_PROP(Trim, says_of_any_life_of_a_name_what_a_simple_list_says_however_often_it_is_cut, ()) {
  std::vector<Entry> kept;
  std::vector<Simple> list;
  const Bounds bounds{.holdings_max = *rc::gen::inRange<std::size_t>(1, 8)};
  std::int64_t second = 0;
  std::uint64_t token = 0, position = 0;
  const int length = *rc::gen::inRange(0, 60);
  bool lapsed_last = false;
  for (int i = 0; i < length; ++i) {
    ++second;
    const bool held = !list.empty() && list.back().until < 0;
    const int act = *rc::gen::inRange(0, 6);
    const std::string owner = std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, 3)));
    std::optional<core::Effect> effect;
    if (!held && act == 0 && lapsed_last) {
      effect = core::Revived{"job", list.back().owner + "-1", {token}, {}, at(second), list.back().owner};
      list.back().until = -1;
    } else if (!held && act < 4) {
      effect = granted("job", owner, ++token, second);
      list.push_back({token, owner, second});
    } else if (held && act == 1) {
      effect = released("job", list.back().owner, token, second);
      list.back().until = second;
    } else if (held && act == 2) {
      effect = lapsed("job", list.back().owner, token, second);
      list.back().until = second;
    } else if (held && act == 3) {
      effect = taken("job", owner, ++token, second, core::Loss::taken_over, "why");
      list.back().until = second;
      list.push_back({token, owner, second});
    } else if (held && act == 4) {
      effect = core::Requested{"job", {token}, {"x", ""}, "?", at(second), ""};
    }
    if (!effect) continue;
    lapsed_last = std::holds_alternative<core::Lapsed>(*effect);
    kept.push_back({{++position}, 0, *effect});
    if (*rc::gen::inRange(0, 4) == 0) trim(kept, bounds);
    if (*rc::gen::inRange(0, 4) == 0) kept = *decode(encode(kept));
  }
  const std::int64_t expired = *rc::gen::inRange<std::int64_t>(0, second + 2);
  trim(kept, bounds, {at(expired)});
  if (list.size() > bounds.holdings_max)
    list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(bounds.holdings_max));
  std::erase_if(list, [&](const Simple& s) { return s.until >= 0 && s.until < expired; });

  std::vector<Simple> told;
  for (const Holding& one : assemble(kept)) {
    const auto seconds = [](WallTime time) {
      return std::chrono::duration_cast<std::chrono::seconds>(time - at(0)).count();
    };
    RC_ASSERT(one.since.has_value());
    told.push_back({one.token.value, one.who.owner, seconds(*one.since), one.until ? seconds(*one.until) : -1});
  }
  RC_ASSERT(told == list);
}

}  // namespace
}  // namespace holdfast::history
