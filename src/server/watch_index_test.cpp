#include "server/watch_index.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace holdfast::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<WatchIndex::Watcher> of(const WatchIndex& index, std::string_view name) {
  std::vector<WatchIndex::Watcher> found;
  index.concerned(name, [&](WatchIndex::Watcher watcher) { found.push_back(watcher); });
  return found;
}

TEST(WatchIndex, finds_nobody_where_nobody_watches) {
  EXPECT_THAT(of(WatchIndex{}, "a/b"), IsEmpty());
}

TEST(WatchIndex, matches_whole_segments) {
  WatchIndex index;
  index.add("deploy", 1);
  index.add("deploy/web", 2);
  index.add("", 3);
  EXPECT_THAT(of(index, "deploy"), UnorderedElementsAre(1, 3));
  EXPECT_THAT(of(index, "deploy/web"), UnorderedElementsAre(1, 2, 3));
  EXPECT_THAT(of(index, "deploy/web/a/b/c/d"), UnorderedElementsAre(1, 2, 3));
  EXPECT_THAT(of(index, "deploy/webs"), UnorderedElementsAre(1, 3));
  EXPECT_THAT(of(index, "deployment"), UnorderedElementsAre(3));
  EXPECT_THAT(of(index, "deplo"), UnorderedElementsAre(3));
}

TEST(WatchIndex, tells_each_watcher_of_one_prefix) {
  WatchIndex index;
  index.add("a", 1);
  index.add("a", 2);
  index.add("a", 3);
  index.remove("a", 2);
  EXPECT_THAT(of(index, "a/x"), UnorderedElementsAre(1, 3));
}

TEST(WatchIndex, forgets_who_goes) {
  WatchIndex index;
  index.add("a/b/c", 1);
  index.add("a", 2);
  index.add("", 3);
  index.remove("a/b/c", 1);
  EXPECT_THAT(of(index, "a/b/c"), UnorderedElementsAre(2, 3));
  index.remove("a", 2);
  index.remove("", 3);
  EXPECT_THAT(of(index, "a/b/c"), IsEmpty());
}

/// Against the plain way: every watcher asked about every name.
TEST(WatchIndex, agrees_with_asking_each_of_them) {
  std::mt19937_64 chance(7);
  const auto name = [&] {
    std::string made;
    for (std::uint64_t segments = 1 + chance() % 4; segments > 0; --segments) {
      made += fmt::format("{}{}", made.empty() ? "" : "/", std::string(1 + chance() % 2, "ab"[chance() % 2]));
    }
    return made;
  };
  WatchIndex index;
  std::map<WatchIndex::Watcher, std::string> watchers;
  for (WatchIndex::Watcher number = 1; number < 3000; ++number) {
    if (watchers.empty() || chance() % 3 != 0) {
      const std::string prefix = chance() % 10 == 0 ? "" : name();
      watchers[number] = prefix;
      index.add(prefix, number);
    } else {
      const auto gone = std::next(watchers.begin(), static_cast<std::ptrdiff_t>(chance() % watchers.size()));
      index.remove(gone->second, gone->first);
      watchers.erase(gone);
    }
    const std::string about = name();
    std::vector<WatchIndex::Watcher> expected;
    for (const auto& [watcher, prefix] : watchers) {
      const bool inside = prefix.empty() || about == prefix || about.starts_with(prefix + "/");
      if (inside) expected.push_back(watcher);
    }
    ASSERT_THAT(of(index, about), testing::UnorderedElementsAreArray(expected)) << about;
  }
}

}  // namespace
}  // namespace holdfast::server
