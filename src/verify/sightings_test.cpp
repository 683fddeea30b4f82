#include "verify/sightings.h"

#include "verify/history_for_tests.h"

namespace holdfast::verify {
namespace {

using recording::Lock;

const Lock watched_lock{.tokens = true};

const std::string three = R"(
  a acquire 0..1 ok shown=1
  a release 2..3 ok token=1
  b acquire 4..5 ok shown=2
  b release 6..7 ok token=2
  c acquire 8..9 ok shown=3
)";

std::string watch(const std::string& text) {
  return answer(history(watched_lock, three + text), Question::watch);
}

TEST(Sightings, are_complete_between_the_first_and_the_last) {
  EXPECT_EQ(watch(R"(
    saw w 1 granted token=1 position=1
    saw w 3 ended token=1 position=2
    saw w 5 granted token=2 position=3
    saw w 9 granted token=3 position=5)"),
            "holds");
  EXPECT_EQ(watch("saw w 5 granted token=2 position=3"), "holds");
  EXPECT_EQ(watch(""), "not asked");
}

TEST(Sightings, may_not_leave_out_a_grant_without_telling_of_a_gap) {
  EXPECT_EQ(watch("saw w 1 granted token=1 position=1\n saw w 9 granted token=3 position=5"), "violated");
  EXPECT_EQ(watch("saw w 1 granted token=1 position=1\n saw w 6 gap position=4\n saw w 9 granted token=3 position=5"),
            "holds");
  EXPECT_EQ(watch("saw w 1 granted token=1 position=1\n saw w 6 gap all\n saw w 9 granted token=3 position=5"),
            "holds");
  EXPECT_EQ(watch("saw w 1 granted token=1 position=1\n saw v 6 gap all\n saw w 9 granted token=3 position=5"),
            "violated");  // Somebody else was told.
}

TEST(Sightings, rise) {
  EXPECT_EQ(watch("saw w 1 granted token=1 position=3\n saw w 5 granted token=2 position=3"), "violated");
  EXPECT_EQ(watch("saw w 1 granted token=1 position=3\n saw w 5 granted token=2 position=2"), "violated");
  EXPECT_EQ(watch("saw w 5 granted token=2 position=3\n saw w 6 granted token=1 position=4"), "violated");
}

TEST(Sightings, come_once) {
  EXPECT_EQ(watch("saw w 5 granted token=2 position=3\n saw w 6 granted token=2 position=4"), "violated");
  EXPECT_EQ(watch("saw w 5 granted token=2 position=3\n saw v 6 granted token=2 position=3"), "holds");
}

}  // namespace
}  // namespace holdfast::verify
