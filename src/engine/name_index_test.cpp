#include "engine/name_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/seeded_for_tests.h"

namespace holdfast::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NameIndexTest : public testing::Test {
 protected:
  void add(const std::vector<std::string>& names) {
    for (const std::string& name : names) index.apply({{name, true}});
  }
  std::vector<std::string> names(std::string_view prefix = "", std::string_view after = "", std::size_t limit = 100) {
    return index.page(prefix, after, limit).names;
  }
  NameIndex index;
};

TEST_F(NameIndexTest, lists_in_order) {
  add({"b", "a", "c"});
  EXPECT_THAT(names(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(index.page("", "", 100).next, "");
}

TEST_F(NameIndexTest, forgets_what_went_and_minds_neither_twice) {
  add({"a", "b", "a"});
  index.apply({{"a", false}, {"a", false}, {"never", false}});
  EXPECT_THAT(names(), ElementsAre("b"));
  index.apply({{"c", true}, {"c", false}, {"c", true}});
  EXPECT_THAT(names(), ElementsAre("b", "c"));
}

TEST_F(NameIndexTest, has_nothing_of_a_prefix_after_a_name_that_comes_behind_it) {
  add({"a/1", "a/2", "b", "zz"});
  EXPECT_THAT(names("a", "b"), IsEmpty());
  EXPECT_THAT(names("a", "a0"), IsEmpty());
  EXPECT_THAT(names("a", "zzz"), IsEmpty());
  EXPECT_THAT(names("zz", "zzz"), IsEmpty());
}

TEST_F(NameIndexTest, takes_a_prefix_as_whole_segments) {
  add({"a", "a-b", "a/x", "a/y/z", "a0", "ab", "ab/x"});
  EXPECT_THAT(names("a"), ElementsAre("a", "a/x", "a/y/z"));
  EXPECT_THAT(names("a/y"), ElementsAre("a/y/z"));
  EXPECT_THAT(names("none"), IsEmpty());
}

TEST_F(NameIndexTest, says_where_the_next_page_begins) {
  add({"a", "a/x", "a/y", "b"});
  const NamePage first = index.page("a", "", 2);
  EXPECT_THAT(first.names, ElementsAre("a", "a/x"));
  EXPECT_EQ(first.next, "a/x");
  const NamePage second = index.page("a", first.next, 2);
  EXPECT_THAT(second.names, ElementsAre("a/y"));
  EXPECT_EQ(second.next, "");
}

TEST_F(NameIndexTest, goes_on_behind_a_name_that_is_gone) {
  add({"a", "c"});
  EXPECT_THAT(names("", "b"), ElementsAre("c"));
}

TEST_F(NameIndexTest, has_a_branch_for_each_segment_right_below_a_prefix) {
  add({"a", "a-b", "a/x", "a/y/z", "a/y/zz", "ab/c"});
  const BranchPage all = index.branches("", "", {});
  ASSERT_EQ(all.branches.size(), 3U);
  EXPECT_EQ(all.branches[0].name, "a-b") << "which stands between a and what lies below it";
  EXPECT_EQ(all.branches[1].name, "a");
  EXPECT_THAT(all.branches[1].names, ElementsAre("a", "a/x", "a/y/z", "a/y/zz"));
  EXPECT_EQ(all.branches[2].name, "ab");
  const BranchPage below = index.branches("a", "", {});
  ASSERT_EQ(below.branches.size(), 2U) << "and not a itself";
  EXPECT_EQ(below.branches[0].name, "a/x");
  EXPECT_EQ(below.branches[1].name, "a/y");
  EXPECT_THAT(below.branches[1].names, ElementsAre("a/y/z", "a/y/zz"));
  EXPECT_THAT(index.branches("none", "", {}).branches, IsEmpty());
  EXPECT_THAT(index.branches("a", "b", {}).branches, IsEmpty()) << "behind all of it";
}

TEST_F(NameIndexTest, shows_a_branch_whose_own_name_appears_between_two_pages) {
  add({"a-b", "a/c"});
  const BranchPage first = index.branches("", "", {.branches = 1});
  EXPECT_EQ(first.branches[0].name, "a-b");
  add({"a"});
  const BranchPage second = index.branches("", first.next, {.branches = 1});
  ASSERT_EQ(second.branches.size(), 1U);
  EXPECT_EQ(second.branches[0].name, "a");
  EXPECT_EQ(second.branches[0].place, "a/c");
}

TEST_F(NameIndexTest, says_where_it_has_not_looked_at_all_of_a_branch) {
  add({"a", "a/1", "a/2", "a/3", "b/1"});
  const BranchPage page = index.branches("", "", {.names_each = 3});
  EXPECT_THAT(page.branches[0].names, ElementsAre("a", "a/1", "a/2"));
  EXPECT_TRUE(page.branches[0].more);
  EXPECT_FALSE(page.branches[1].more);
  const BranchPage all = index.branches("", "", {.names_each = 4});
  EXPECT_FALSE(all.branches[0].more);
}

TEST_F(NameIndexTest, ends_a_page_of_branches_behind_so_many_names) {
  add({"a/1", "a/2", "b/1", "c/1"});
  const BranchPage page = index.branches("", "", {.looks = 3});
  ASSERT_EQ(page.branches.size(), 2U);
  EXPECT_EQ(page.next, "b/1");
  EXPECT_EQ(index.branches("", page.next, {.looks = 3}).branches[0].name, "c");
}

/// Names of few segments, some of which sort between a name and what lies below it.
rc::Gen<std::string> some_name() {
  const auto segment = rc::gen::element<std::string>("a", "b", "a-b", "a0", "ab");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(segment), [](const auto& segments) {
    std::string joined = segments.empty() ? "a" : segments[0];
    for (std::size_t i = 1; i < segments.size() && i < 4; ++i) joined += "/" + segments[i];
    return joined;
  });
}

RC_GTEST_PROP(NameIndex, shows_every_branch_once_whatever_the_size_of_the_pages, ()) {
  const auto names = *rc::gen::container<std::vector<std::string>>(some_name());
  const std::string prefix = *rc::gen::oneOf(rc::gen::just(std::string{}), some_name());
  const BranchBounds bounds{.branches = *rc::gen::inRange<std::size_t>(1, 4),
                            .names_each = 1'000,
                            .looks = *rc::gen::inRange<std::size_t>(1, 10)};
  std::map<std::string, std::set<std::string>> expected;
  const std::string below = prefix.empty() ? "" : prefix + "/";
  const auto index = std::make_unique<NameIndex>();
  for (const std::string& each : names) {
    index->apply({{each, true}});
    if (each.starts_with(below)) expected[each.substr(0, each.find('/', below.size()))].insert(each);
  }
  std::map<std::string, std::set<std::string>> shown;
  std::string after;
  do {
    const BranchPage page = index->branches(prefix, after, bounds);
    RC_ASSERT(page.branches.size() <= bounds.branches);
    for (const Branch& branch : page.branches) {
      RC_ASSERT(shown.emplace(branch.name, std::set(branch.names.begin(), branch.names.end())).second);
    }
    after = page.next;
  } while (!after.empty());
  RC_ASSERT(shown == expected);
}

RC_GTEST_PROP(NameIndex, shows_every_branch_that_is_there_all_the_time_whatever_appears_meanwhile, ()) {
  const auto names = *rc::gen::container<std::vector<std::string>>(some_name());
  const BranchBounds bounds{.branches = *rc::gen::inRange<std::size_t>(1, 3)};
  std::set<std::string> expected;
  const auto index = std::make_unique<NameIndex>();
  for (const std::string& each : names) {
    index->apply({{each, true}});
    expected.insert(each.substr(0, each.find('/')));
  }
  std::set<std::string> shown;
  std::string after;
  do {
    const BranchPage page = index->branches("", after, bounds);
    for (const Branch& branch : page.branches) shown.insert(branch.name);
    after = page.next;
    index->apply({{*some_name(), true}});
  } while (!after.empty());
  RC_ASSERT(std::ranges::includes(shown, expected));
}

RC_GTEST_PROP(NameIndex, shows_every_name_once_whatever_the_size_of_the_pages, ()) {
  const auto segment = rc::gen::element<std::string>("a", "b", "a-b", "a0", "ab");
  const auto name = rc::gen::map(rc::gen::container<std::vector<std::string>>(segment), [](const auto& segments) {
    std::string joined = "a";
    for (std::size_t i = 0; i < segments.size() && i < 3; ++i) joined += "/" + segments[i];
    return joined;
  });
  const auto names = *rc::gen::container<std::vector<std::string>>(name);
  const std::string prefix = *rc::gen::oneOf(rc::gen::just(std::string{}), name);
  const auto limit = *rc::gen::inRange<std::size_t>(1, 5);

  std::set<std::string> expected;
  for (const std::string& each : names) {
    if (prefix.empty() || each == prefix || each.starts_with(prefix + "/")) expected.insert(each);
  }
  const auto index = std::make_unique<NameIndex>();
  for (const std::string& each : names) index->apply({{each, true}});
  std::vector<std::string> shown;
  std::string after;
  do {
    const NamePage page = index->page(prefix, after, limit);
    RC_ASSERT(page.names.size() <= limit);
    shown.insert(shown.end(), page.names.begin(), page.names.end());
    after = page.next;
  } while (!after.empty());
  RC_ASSERT(shown == std::vector<std::string>(expected.begin(), expected.end()));
}

}  // namespace
}  // namespace holdfast::engine
