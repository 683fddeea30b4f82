// What CodeMirror answered (codemirror/README.md), and what we do: the same, part by part.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "text/change_json.h"
#include "text/selection.h"
#include "text/text.h"

namespace holdfast::text {
namespace {

namespace json = boost::json;

class CodeMirror : public testing::Test {
 protected:
  struct Case {
    const json::object& all;
    std::string string(std::string_view name) const { return std::string{std::string_view{all.at(name).as_string()}}; }
    ChangeSet change(std::string_view name) const { return read_changes(string(name)).value(); }
    Text text() const { return Text::from_utf8(string("text")).value(); }
    Units number(std::string_view name, std::size_t index) const {
      return all.at(name).as_array().at(index).to_number<Units>();
    }
  };

  static const json::value& cases() {
    static const json::value all = [] {
      std::ifstream file(HOLDFAST_CODEMIRROR_CASES);
      std::ostringstream bytes;
      bytes << file.rdbuf();
      return json::parse(bytes.str());
    }();
    return all;
  }
  /// Calls `look(Case)` for all of them, and sees that there are some.
  template <class Look>
  static void each(Look&& look) {
    ASSERT_GE(cases().as_array().size(), 400U);
    for (const json::value& one : cases().as_array()) {
      SCOPED_TRACE(json::serialize(one));
      look(Case{one.as_object()});
      if (HasFatalFailure()) return;
    }
  }
};

TEST_F(CodeMirror, writes_changes_as_we_do) {
  each([](const Case& is) {
    for (const char* name : {"a", "b", "next", "composed", "mapped", "inverted"})
      EXPECT_EQ(changes_json(is.change(name)), is.string(name));
  });
}

TEST_F(CodeMirror, applies_and_inverts_as_we_do) {
  each([](const Case& is) {
    Text text = is.text();
    EXPECT_EQ(changes_json(is.change("a").invert(text).value()), is.string("inverted"));
    ASSERT_TRUE(text.apply(is.change("a")));
    EXPECT_EQ(text.utf8(), is.string("after"));
  });
}

TEST_F(CodeMirror, composes_as_we_do) {
  each([](const Case& is) {
    EXPECT_EQ(changes_json(is.change("a").compose(is.change("next")).value()), is.string("composed"));
  });
}

TEST_F(CodeMirror, maps_as_we_do) {
  each([](const Case& is) {
    const ChangeSet a = is.change("a"), b = is.change("b");
    EXPECT_EQ(changes_json(a.map(b.shape(), Order::theirs_first).value()), is.string("mapped"));
    EXPECT_EQ(changes_json(a.map(b.shape(), Order::ours_first).value()), is.string("mapped_before"));
    EXPECT_EQ(changes_json(b.map(a.shape(), Order::ours_first).value()), is.string("mapped_back"));
    json::array parts;
    const ChangeShape shape = a.shape().map(b.shape(), Order::theirs_first).value();
    for (const Part& part : shape.parts()) {
      parts.push_back(part.length);
      parts.push_back(part.inserted);
    }
    EXPECT_EQ(json::serialize(parts), json::serialize(is.all.at("shape_mapped")));
  });
}

TEST_F(CodeMirror, moves_positions_as_we_do) {
  each([](const Case& is) {
    const ChangeSet a = is.change("a");
    for (Units at = 0; at <= a.length_before(); ++at) {
      EXPECT_EQ(a.shape().map(at, Side::before), is.number("before", at)) << at;
      EXPECT_EQ(a.shape().map(at, Side::after), is.number("after_side", at)) << at;
    }
  });
}

TEST_F(CodeMirror, moves_selections_as_we_do) {
  std::size_t compared = 0;
  each([&](const Case& is) {
    const auto number = [&](std::size_t index) { return is.number("selection", index); };
    const Selection before{number(0), number(1)};
    const Selection theirs{number(2), number(3)};
    const Selection ours = mapped(before, is.change("a").shape());
    // Of a selection within what was replaced, CodeMirror turns the ends around; ours is a cursor.
    if ((before.anchor < before.head) == (theirs.anchor < theirs.head) || theirs.empty()) {
      EXPECT_EQ(ours.anchor, theirs.anchor);
      EXPECT_EQ(ours.head, theirs.head);
      ++compared;
    } else {
      EXPECT_TRUE(ours.empty());
    }
  });
  EXPECT_GE(compared, 300U);
}

}  // namespace
}  // namespace holdfast::text
