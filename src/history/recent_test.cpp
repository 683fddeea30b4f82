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
  recent.in_order([&](std::string_view name, std::string_view entries) {
    listed.emplace_back(name);
    EXPECT_EQ(entries, recent.entries(name));
    EXPECT_FALSE(entries.empty());
    return true;
  });
  EXPECT_EQ(listed, sorted);
}

TEST(Recent, lists_nothing_where_nothing_was_added) {
  Recent(Bounds{}).in_order([](std::string_view name, std::string_view) {
    ADD_FAILURE() << name;
    return true;
  });
}

}  // namespace
}  // namespace holdfast::history
