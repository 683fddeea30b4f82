#include "simulate/disk.h"

#include <gtest/gtest.h>

namespace holdfast::simulate {
namespace {

TEST(Disk, keeps_what_was_synced_and_loses_some_of_what_was_not) {
  std::size_t whole = 0, partly = 0, nothing = 0;
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    Disk disk;
    disk.write("synced");
    disk.sync();
    disk.write("not");
    EXPECT_EQ(disk.file(), "syncednot");
    Random random(seed);
    disk.cut_power(random);
    ASSERT_TRUE(disk.file().starts_with("synced"));
    const std::size_t left = disk.file().size() - 6;
    ++(left == 3 ? whole : left == 0 ? nothing : partly);
  }
  EXPECT_GT(whole, 100U);
  EXPECT_GT(partly, 100U);
  EXPECT_GT(nothing, 100U);
}

TEST(Disk, may_lose_a_sector_before_the_last_one_that_it_keeps) {
  bool hole = false;
  for (std::uint64_t seed = 0; seed < 500 && !hole; ++seed) {
    Disk disk;
    disk.write(std::string(4'000, 'x'));
    Random random(seed);
    disk.cut_power(random);
    hole = disk.file().find('\0') != std::string::npos && disk.file().ends_with('x');
  }
  EXPECT_TRUE(hole);
}

TEST(Disk, brings_back_what_was_replaced_unless_that_is_confirmed) {
  const auto after_a_cut = [](bool confirmed) {
    std::size_t back = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      Disk disk;
      disk.write("old");
      disk.sync();
      disk.replace("new");
      if (confirmed) disk.confirm();
      Random random(seed);
      disk.cut_power(random);
      back += disk.file() == "old" ? 1 : 0;
    }
    return back;
  };
  EXPECT_EQ(after_a_cut(true), 0U);
  EXPECT_GT(after_a_cut(false), 50U);
}

}  // namespace
}  // namespace holdfast::simulate
