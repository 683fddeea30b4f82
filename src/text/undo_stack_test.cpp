// Two owners by turns: what one takes back is its own.
#include "text/undo_stack.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/seeded_for_tests.h"
#include "text/model_for_tests.h"

namespace holdfast::text {
namespace {

/// An owner at a text, and others who come in between.
class Desk {
 public:
  explicit Desk(std::string_view start) : text(text_of(start)) {}

  void type(Units at, std::string_view what, std::uint64_t at_ms = 0) {
    own(ChangeSet::replace(text.length(), at, 0, what), at_ms);
  }
  void erase(Units at, Units length, std::uint64_t at_ms = 0) {
    own(ChangeSet::replace(text.length(), at, length, {}), at_ms);
  }
  void own(const ChangeSet& change, std::uint64_t at_ms) {
    stack.own(change, text, at_ms);
    ASSERT_TRUE(text.apply(change));
  }
  void other(Units at, Units deleted, std::string_view what) {
    const auto change = ChangeSet::replace(text.length(), at, deleted, what);
    stack.foreign(change);
    ASSERT_TRUE(text.apply(change));
  }
  bool undo() {
    const auto change = stack.to_undo();
    if (!change) return false;
    stack.undone(text);
    EXPECT_TRUE(text.apply(*change));
    return true;
  }
  bool redo() {
    const auto change = stack.to_redo();
    if (!change) return false;
    stack.redone(text);
    EXPECT_TRUE(text.apply(*change));
    return true;
  }
  /// Forgets all but what is written down.
  void reload() {
    std::string bytes;
    stack.write(bytes);
    stack = UndoStack::read(bytes, text.length()).value();
  }

  Text text;
  UndoStack stack;
};

TEST(UndoStack, takes_back_typing_in_groups) {
  Desk desk("");
  for (Units i = 0; i < 5; ++i) desk.type(i, "a", 100 * i);
  desk.type(5, "b", 5000);
  desk.type(0, "c", 5001);  // Elsewhere.
  EXPECT_EQ(desk.stack.undo_depth(), 3U);
  ASSERT_TRUE(desk.undo());
  EXPECT_EQ(desk.text.utf8(), "aaaaab");
  ASSERT_TRUE(desk.undo());
  EXPECT_EQ(desk.text.utf8(), "aaaaa");
  ASSERT_TRUE(desk.undo());
  EXPECT_EQ(desk.text.utf8(), "");
  EXPECT_FALSE(desk.undo());
  while (desk.redo()) continue;
  EXPECT_EQ(desk.text.utf8(), "caaaaab");
}

TEST(UndoStack, typing_and_deleting_are_groups_of_their_own) {
  Desk desk("");
  desk.type(0, "a");
  desk.type(1, "b");
  desk.erase(1, 1);
  desk.erase(0, 1);
  EXPECT_EQ(desk.stack.undo_depth(), 2U);
  ASSERT_TRUE(desk.undo());
  EXPECT_EQ(desk.text.utf8(), "ab");
}

TEST(UndoStack, a_closed_group_takes_nothing_in) {
  Desk desk("");
  desk.type(0, "a");
  desk.stack.close_group();
  desk.type(1, "b");
  EXPECT_EQ(desk.stack.undo_depth(), 2U);
}

TEST(UndoStack, a_new_change_ends_what_could_be_done_again) {
  Desk desk("");
  desk.type(0, "a");
  desk.undo();
  desk.type(0, "b");
  EXPECT_FALSE(desk.redo());
}

TEST(UndoStack, leaves_what_others_wrote) {
  Desk desk("");
  desk.type(0, "hello there");
  desk.other(6, 0, "WORLD ");
  ASSERT_TRUE(desk.undo());
  EXPECT_EQ(desk.text.utf8(), "WORLD ");
  ASSERT_TRUE(desk.redo());
  EXPECT_EQ(desk.text.utf8(), "hello WORLD there");
}

TEST(UndoStack, has_nothing_left_where_others_replaced_all_of_it) {
  Desk desk("x");
  desk.type(1, "mine");
  desk.other(0, 5, "THEIRS");
  EXPECT_FALSE(desk.undo());
  EXPECT_EQ(desk.text.utf8(), "THEIRS");
}

TEST(UndoStack, passes_over_groups_that_are_gone) {
  Desk desk("");
  desk.type(0, "first ", 0);
  desk.type(6, "second", 10'000);
  desk.other(6, 6, "");
  EXPECT_TRUE(desk.undo());
  EXPECT_EQ(desk.text.utf8(), "");
  EXPECT_FALSE(desk.undo());
}

TEST(UndoStack, agrees_with_itself_about_who_comes_first_at_one_place) {
  Desk desk("");
  desk.type(0, "xy");
  desk.erase(0, 2);
  desk.other(0, 0, "F");  // Where the next group will put back what the one before it takes away.
  ASSERT_TRUE(desk.undo());
  EXPECT_EQ(desk.text.utf8(), "Fxy");
  ASSERT_TRUE(desk.undo());
  EXPECT_EQ(desk.text.utf8(), "F");
  desk.redo();
  desk.redo();
  EXPECT_EQ(desk.text.utf8(), "F");
}

TEST(UndoStack, outlives_a_reload_in_the_middle_of_a_group) {
  Desk desk("");
  desk.type(0, "a", 1);
  desk.reload();
  desk.type(1, "b", 2);
  EXPECT_EQ(desk.stack.undo_depth(), 1U);
  desk.undo();
  desk.reload();
  ASSERT_TRUE(desk.redo());
  EXPECT_EQ(desk.text.utf8(), "ab");
}

TEST(UndoStack, forgets_the_oldest_beyond_its_limits) {
  UndoStack stack({.groups = 3});
  Text text;
  for (int i = 0; i < 5; ++i) {
    const auto change = ChangeSet::replace(text.length(), 0, 0, "x");
    stack.own(change, text, static_cast<std::uint64_t>(i) * 10'000);
    ASSERT_TRUE(text.apply(change));
  }
  EXPECT_EQ(stack.undo_depth(), 3U);
  UndoStack small({.bytes = 1});
  small.own(ChangeSet::replace(5, 0, 5, ""), text_of("abcde"), 0);
  EXPECT_EQ(small.undo_depth(), 1U);  // The newest always stays.
}

TEST(UndoStack, refuses_damaged_bytes) {
  Desk desk("some text");
  desk.type(4, "thing");
  desk.erase(0, 4);
  std::string bytes;
  desk.stack.write(bytes);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(UndoStack::read(std::string_view{bytes}.substr(0, cut), desk.text.length())) << cut;
  }
  EXPECT_FALSE(UndoStack::read(bytes + '\0', desk.text.length()));
  EXPECT_FALSE(UndoStack::read(bytes, 2));
}

/// Units, each with who wrote it.
struct Marked {
  std::u16string units;
  std::string owners;

  void apply(const ChangeSet& change, char who) {
    std::string marks;
    std::size_t at = 0;
    for (const Part& part : change.parts()) {
      marks +=
          part.keeps() ? owners.substr(at, part.length) : std::string(static_cast<std::size_t>(part.inserted), who);
      at += part.length;
    }
    units = applied(units, change);
    owners = marks;
  }
  std::u16string of(char who) const {
    std::u16string out;
    for (std::size_t i = 0; i < units.size(); ++i) {
      if (owners[i] == who) out += units[i];
    }
    return out;
  }
};

RC_GTEST_PROP(UndoStack, never_touches_foreign_text, ()) {
  const std::string start = *any_text(20);
  Text text = text_of(start);
  Marked model{utf16_of(start), std::string(text.length(), 'f')};
  UndoStack stack;
  const auto make = [&](const ChangeSet& change, char who) {
    RC_ASSERT(text.apply(change).has_value());
    model.apply(change, who);
    RC_ASSERT(utf16_of(text) == model.units);
  };
  std::uint64_t now = 0;
  for (int left = *rc::gen::inRange(1, 40); left > 0; --left) {
    now += *rc::gen::element<std::uint64_t>(10, 10'000);
    const int what = *rc::gen::inRange(0, 10);
    if (what < 3) {
      const ChangeSet change = any_change_of(model.units);
      stack.own(change, text, now);
      make(change, 'o');
    } else if (what < 6) {
      const ChangeSet change = any_change_of(model.units);
      stack.foreign(change);
      make(change, 'f');
    } else if (what == 6) {
      std::string bytes, again;
      stack.write(bytes);
      const std::size_t depth = stack.to_undo() ? 1 : 0;
      stack = UndoStack::read(bytes, text.length()).value();
      stack.write(again);
      RC_ASSERT(again == bytes);
      RC_ASSERT((stack.undo_depth() > 0) == (depth > 0));
    } else {
      const bool back = what < 9;
      const auto change = back ? stack.to_undo() : stack.to_redo();
      if (!change) continue;
      const auto theirs = model.of('f');
      back ? stack.undone(text) : stack.redone(text);
      make(*change, 'o');
      RC_ASSERT(model.of('f') == theirs);
    }
  }
}

RC_GTEST_PROP(UndoStack, alone_it_leads_back_to_the_beginning_and_again_to_the_end, ()) {
  const std::string start = *any_text(20);
  Desk desk(start);
  std::uint64_t now = 0;
  for (int left = *rc::gen::inRange(1, 15); left > 0; --left) {
    now += *rc::gen::element<std::uint64_t>(10, 10'000);
    desk.own(any_change_of(utf16_of(desk.text)), now);
  }
  const std::string end = desk.text.utf8();
  while (desk.undo()) desk.reload();
  RC_ASSERT(desk.text.utf8() == start);
  while (desk.redo()) continue;
  RC_ASSERT(desk.text.utf8() == end);
}

}  // namespace
}  // namespace holdfast::text
