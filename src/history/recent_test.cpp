#include "history/recent.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "history/effects_for_tests.h"

namespace holdfast::history {
namespace {

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
  for (const Recent::Listed& each : recent.in_order()) {
    listed.emplace_back(each.name);
    EXPECT_EQ(each.entries, recent.entries(each.name));
    EXPECT_FALSE(each.entries.empty());
  }
  EXPECT_EQ(listed, sorted);
}

TEST(Recent, lists_nothing_where_nothing_was_added) {
  EXPECT_TRUE(Recent(Bounds{}).in_order().empty());
}

}  // namespace
}  // namespace holdfast::history
