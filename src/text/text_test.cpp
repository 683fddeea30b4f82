#include "text/text.h"

#include <gtest/gtest.h>

#include <random>

#include "text/change_set.h"
#include "text/model_for_tests.h"

namespace holdfast::text {
namespace {

ErrorCode apply(Text& text, Units at, Units deleted, std::string_view inserted) {
  const auto done = text.apply(ChangeSet::replace(text.length(), at, deleted, inserted));
  return done ? ErrorCode::none : done.error().code;
}

TEST(Text, refuses_to_part_a_character) {
  Text text = text_of("a😀b");
  EXPECT_EQ(apply(text, 2, 0, "x"), ErrorCode::bad_boundary);
  EXPECT_EQ(apply(text, 1, 1, ""), ErrorCode::bad_boundary);
  EXPECT_EQ(apply(text, 2, 1, ""), ErrorCode::bad_boundary);
  EXPECT_EQ(apply(text, 0, 2, "x"), ErrorCode::bad_boundary);
  EXPECT_EQ(text.utf8(), "a😀b");
  EXPECT_EQ(apply(text, 1, 2, "é"), ErrorCode::none);
  EXPECT_EQ(text.utf8(), "aéb");
}

TEST(Text, changes_nothing_where_one_place_of_several_is_wrong) {
  Text text = text_of("abc😀");
  ChangeSet changes;
  changes.replace_next(1, "X");
  changes.keep(3);
  changes.replace_next(1, "Y");
  EXPECT_EQ(text.apply(changes).error().code, ErrorCode::bad_boundary);
  EXPECT_EQ(text.apply(changes).error().where, "position 4 is within a surrogate pair");
  EXPECT_EQ(text.utf8(), "abc😀");
}

TEST(Text, says_that_a_change_is_for_another_length) {
  Text text = text_of("abc");
  const auto error = text.apply(ChangeSet::replace(4, 0, 0, "x")).error();
  EXPECT_EQ(error.code, ErrorCode::wrong_length);
  EXPECT_EQ(error.where, "the text has 3 units, the change is for 4");
}

TEST(Text, may_part_what_only_looks_like_one_character) {
  Text text = text_of("e\u0301👩‍👧");  // A combining mark; two persons and a joiner.
  EXPECT_EQ(apply(text, 1, 0, "x"), ErrorCode::none);
  EXPECT_EQ(text.utf8(), "ex\u0301👩‍👧");
  EXPECT_EQ(apply(text, 5, 1, ""), ErrorCode::none);
  EXPECT_EQ(text.utf8(), "ex\u0301👩👧");
}

TEST(Text, counts_in_every_way) {
  const Text text = text_of("aé😀\nשלום\n");
  EXPECT_EQ(text.extent(), (Extent{.bytes = 17, .units = 10, .breaks = 2}));
  EXPECT_EQ(text.before(4), (Extent{.bytes = 7, .units = 4, .breaks = 0}));
  EXPECT_EQ(text.before(5), (Extent{.bytes = 8, .units = 5, .breaks = 1}));
  EXPECT_EQ(text.at_byte(7), 4U);
  EXPECT_EQ(text.at_byte(5), 2U);  // Within the emoji.
  EXPECT_EQ(text.line_start(1), 5U);
  EXPECT_EQ(text.line_start(2), 10U);
  EXPECT_FALSE(text.is_boundary(3));
}

TEST(Text, of_long_lines_agrees_with_a_plain_one) {
  // Lines of 30,000 units and characters of every length, so that chunks end everywhere.
  std::string utf8;
  std::mt19937 random(8812);
  const std::string_view characters[] = {"a", "é", "中", "😀", "\u0301", "ש"};
  for (int i = 0; i < 120'000; ++i) utf8 += i % 30'000 == 29'999 ? "\n" : characters[random() % 6];
  Text text = text_of(utf8);
  std::u16string model = utf16_of(utf8);
  for (int i = 0; i < 300; ++i) {
    Units at = static_cast<Units>(random() % model.size());
    if (within_pair(model, at)) --at;
    Units end = static_cast<Units>(std::min<std::size_t>(model.size(), at + random() % (i % 10 == 0 ? 5000 : 10)));
    if (within_pair(model, end)) --end;
    const std::string with(random() % (i % 7 == 0 ? 4000 : 3), 'x');
    ASSERT_EQ(apply(text, at, std::max(at, end) - at, with), ErrorCode::none);
    model.replace(at, std::max(at, end) - at, utf16_of(with));
    const auto probe = static_cast<Units>(random() % (model.size() + 1));
    ASSERT_EQ(text.is_boundary(probe), !within_pair(model, probe));
    if (!text.is_boundary(probe)) continue;
    const Extent before = text.before(probe);
    ASSERT_EQ(before, extent_of(text.slice(0, probe)));
    ASSERT_EQ(text.at_byte(before.bytes), probe);
  }
  EXPECT_EQ(utf16_of(text), model);
  EXPECT_EQ(text.extent(), extent_of(text.utf8()));
  for (std::uint32_t line = 1; line <= text.extent().breaks; ++line)
    EXPECT_EQ(text.slice(text.line_start(line) - 1, text.line_start(line)), "\n");
}

TEST(Text, of_ten_mebibytes_is_changed_and_emptied) {
  std::string utf8(10U << 20U, 'x');
  for (std::size_t i = 80; i < utf8.size(); i += 81) utf8[i] = '\n';
  Text text = text_of(utf8);
  EXPECT_LE(text.memory(), 2 * utf8.size());
  const Text kept = text;
  std::mt19937 random(8812);
  for (int i = 0; i < 20'000; ++i) {
    const auto at = static_cast<Units>(random() % (text.length() - 8));
    const Units deleted = i % 3 == 0 ? 7 : 0;
    ASSERT_EQ(apply(text, at, deleted, "öy"), ErrorCode::none);
  }
  EXPECT_EQ(kept.utf8(), utf8);
  EXPECT_EQ(text.extent(), extent_of(text.utf8()));
  // Emptied from the middle, a page at a time.
  while (text.length() > 0) {
    const Units deleted = std::min<Units>(text.length(), 5000);
    ASSERT_EQ(apply(text, (text.length() - deleted) / 2, deleted, ""), ErrorCode::none);
  }
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.utf8(), "");
  EXPECT_LE(text.memory(), 16U * 1024);
  EXPECT_EQ(apply(text, 0, 0, "again"), ErrorCode::none);
  EXPECT_EQ(text.utf8(), "again");
}

TEST(ChangeSet, says_what_does_not_fit_together) {
  const auto two = ChangeSet::replace(2, 0, 0, "😀");
  EXPECT_EQ(two.compose(ChangeSet::unchanged(3)).error().code, ErrorCode::wrong_length);
  EXPECT_EQ(two.map(ChangeShape::unchanged(3), Order::ours_first).error().code, ErrorCode::wrong_length);
  EXPECT_EQ(two.compose(ChangeSet::replace(4, 1, 3, "")).error().code, ErrorCode::bad_boundary);
  EXPECT_EQ(ChangeSet::replace(4, 1, 1, "").invert(text_of("😀ab")).error().code, ErrorCode::bad_boundary);
  EXPECT_EQ(two.invert(text_of("abc")).error().code, ErrorCode::wrong_length);
}

}  // namespace
}  // namespace holdfast::text
