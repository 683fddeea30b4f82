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
