#include "core/lease_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

namespace holdfast::core {
namespace {

/// Few hashes, most of which want the same places, and some of which two names share.
std::uint64_t hash_of_number(std::uint64_t number) {
  return ((number / 2 % 16) * 16 + number / 2 % 3) << 32U | (number / 2);
}

TEST(LeaseTable, has_what_was_added_and_not_erased) {
  std::mt19937_64 random{7};
  LeaseTable table;
  std::map<std::string, Lease*> expected;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t number = random() % 100;
    const std::uint64_t hash = hash_of_number(number);
    const std::string name = std::to_string(number);
    table.prefetch(hash);
    table.prefetch_lease(hash);
    Lease* const found = table.find(hash, name);
    const auto known = expected.find(name);
    ASSERT_EQ(found, known == expected.end() ? nullptr : known->second);
    if (!found) {
      expected[name] = &table.add(hash, std::make_unique<Lease>(name));
    } else if (random() % 2 == 0) {
      table.erase(hash, *found);
      expected.erase(known);
    }
    ASSERT_EQ(table.size(), expected.size());
  }
}

TEST(LeaseTable, shows_each_once_and_leaves_it_where_it_is_while_it_grows) {
  LeaseTable table;
  std::set<const Lease*> expected;
  for (std::uint64_t number = 0; number < 10'000; ++number) {
    expected.insert(&table.add(hash_of_number(number), std::make_unique<Lease>(std::to_string(number))));
  }
  std::set<const Lease*> seen;
  table.for_each([&](const Lease& lease) { EXPECT_TRUE(seen.insert(&lease).second); });
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace holdfast::core
