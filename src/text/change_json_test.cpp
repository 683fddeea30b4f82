#include "text/change_json.h"

#include <gtest/gtest.h>

#include "text/text.h"

namespace holdfast::text {
namespace {

struct Wrong {
  std::string_view json;
  ErrorCode code;
  std::string_view field;
  std::string_view where;
};

TEST(ChangeJson, reads_what_codemirror_writes) {
  const std::string all[] = {"[]",
                             "[24]",
                             "[5,[0,\"X\"],19]",
                             "[5,[0,\"\",\"\"],19]",
                             "[[6],18]",
                             "[[5,\"HEY\"],19]",
                             "[[0,\"> \"],12,[0,\"> \"],12]",
                             "[[1],[0,\"a\"]]",
                             "[[0,\"\\u0000\\u001f\\\"\\\\\\t\\b\\f\u007f\u2028é😀\"]]"};
  for (const std::string& json : all) {
    const auto changes = read_changes(json);
    ASSERT_TRUE(changes) << json << changes.error().text();
    EXPECT_EQ(changes_json(*changes), json);
  }
}

TEST(ChangeJson, takes_neighbours_that_say_one_thing_as_one) {
  EXPECT_EQ(changes_json(*read_changes(" [ 2 , 3 , [ 1 ] , [2],[0,\"a\"], [0,\"b\",\"c\"] ]\n")),
            R"([5,[3],[0,"ab","c"]])");
}

TEST(ChangeJson, counts_utf16_units) {
  const auto changes = read_changes(R"([[0,"\ud83d\ude00é\u20ac","😀\/"]])");
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->inserted(), "😀é€\n😀/");
  EXPECT_EQ(changes->length_after(), 8U);
}

TEST(ChangeJson, says_what_is_wrong_and_where) {
  const Wrong all[] = {
      {"", ErrorCode::bad_changes, "changes[0]", "byte 0: a list of parts must begin here"},
      {"{}", ErrorCode::bad_changes, "changes[0]", "byte 0"},
      {"[", ErrorCode::bad_json, "changes[0]", "byte 1: it breaks off"},
      {"[5", ErrorCode::bad_json, "changes[0]", "byte 2"},
      {"[5,]", ErrorCode::bad_changes, "changes[1]", "byte 3: a number"},
      {"[5] x", ErrorCode::bad_json, "changes", "byte 3: more than one value"},
      {"[5][]", ErrorCode::bad_json, "changes", "byte 3"},
      {"[-3,[0,\"x\"]]", ErrorCode::bad_changes, "changes[0]", "byte 1: a negative number"},
      {"[1,[-1]]", ErrorCode::bad_changes, "changes[1]", "byte 4: a negative number"},
      {"[05]", ErrorCode::bad_json, "changes[0]", "a zero in front"},
      {"[1.5]", ErrorCode::bad_changes, "changes[0]", "not whole"},
      {"[1e3]", ErrorCode::bad_changes, "changes[0]", "not whole"},
      {"[\"a\"]", ErrorCode::bad_changes, "changes[0]", "a number must stand here"},
      {"[null]", ErrorCode::bad_changes, "changes[0]", "a number must stand here"},
      {"[2147483648]", ErrorCode::changes_too_large, "changes[0]", "beyond what a text can have"},
      {"[99999999999999999999999]", ErrorCode::changes_too_large, "changes[0]", "beyond"},
      {"[1073741824,[1]]", ErrorCode::changes_too_large, "changes[1]", "more units in all"},
      {"[0]", ErrorCode::bad_changes, "changes[0]", "keeps nothing"},
      {"[3,[0]]", ErrorCode::bad_changes, "changes[1]", "changes nothing"},
      {"[3,[0,\"\"]]", ErrorCode::bad_changes, "changes[1]", "inserts nothing"},
      {"[3,[1,\"\"]]", ErrorCode::bad_changes, "changes[1]", "inserts nothing"},
      {"[[]]", ErrorCode::bad_changes, "changes[0]", "byte 2: a number must stand here"},
      {"[[0,1]]", ErrorCode::bad_changes, "changes[0][1]", "a line of text must stand here"},
      {"[[0,[\"a\"]]]", ErrorCode::bad_changes, "changes[0][1]", "a line of text"},
      {"[4,[0,\"a\",\"b\\nc\"]]", ErrorCode::bad_changes, "changes[1][2]", "byte 12: a line break within a line"},
      {"[[0,\"b\\rc\"]]", ErrorCode::bad_changes, "changes[0][1]", "a line break within a line"},
      {"[[0,\"b\\u000a\"]]", ErrorCode::bad_changes, "changes[0][1]", "a line break within a line"},
      {"[[0,\"b\\u000D\"]]", ErrorCode::bad_changes, "changes[0][1]", "a line break within a line"},
      {"[[0,\"b\nc\"]]", ErrorCode::bad_json, "changes[0][1]", "control character"},
      {"[[0,\"\\ud83d\"]]", ErrorCode::bad_boundary, "changes[0][1]", "byte 5: half of a surrogate pair"},
      {"[[0,\"\\ude00\"]]", ErrorCode::bad_boundary, "changes[0][1]", "byte 5: half of a surrogate pair"},
      {"[[0,\"\\ud83dx\"]]", ErrorCode::bad_boundary, "changes[0][1]", "half of a surrogate pair"},
      {"[[0,\"\\ud83d\\ud83d\"]]", ErrorCode::bad_boundary, "changes[0][1]", "half of a surrogate pair"},
      {"[[0,\"\\ud83d\",\"\\ude00\"]]", ErrorCode::bad_boundary, "changes[0][1]", "half of a surrogate pair"},
      {"[[0,\"\xed\xa0\xbd\"]]", ErrorCode::bad_json, "changes[0][1]", "not UTF-8"},
      {"[[0,\"\xff\"]]", ErrorCode::bad_json, "changes[0][1]", "byte 5: not UTF-8"},
      {"[[0,\"\xc3\"]]", ErrorCode::bad_json, "changes[0][1]", "not UTF-8"},
      {"[[0,\"a]]", ErrorCode::bad_json, "changes[0][1]", "does not end"},
      {"[[0,\"\\x41\"]]", ErrorCode::bad_json, "changes[0][1]", "an escape that JSON does not have"},
      {"[[0,\"\\u12g4\"]]", ErrorCode::bad_json, "changes[0][1]", "four digits"},
      {"[[0,\"\\u12", ErrorCode::bad_json, "changes[0][1]", "breaks off"},
      {"[[0,\"a\"}]", ErrorCode::bad_json, "changes[0]", "',' or ']'"},
  };
  for (const Wrong& wrong : all) {
    const auto changes = read_changes(wrong.json);
    ASSERT_FALSE(changes) << wrong.json;
    EXPECT_EQ(changes.error().code, wrong.code) << wrong.json << ": " << changes.error().text();
    EXPECT_EQ(changes.error().field, wrong.field) << wrong.json;
    EXPECT_NE(changes.error().where.find(wrong.where), std::string::npos)
        << wrong.json << ": " << changes.error().where;
  }
}

TEST(ChangeJson, holds_to_its_limits) {
  const std::string large = "[[0,\"" + std::string(1 << 20, 'x') + "\"]]";
  EXPECT_EQ(read_changes(large).error().code, ErrorCode::changes_too_large);
  std::string many = "[";
  for (int i = 0; i < 3; ++i) many += "1,[1],";
  many += "1]";
  EXPECT_TRUE(read_changes(many, {.parts = 7}));
  EXPECT_EQ(read_changes(many, {.parts = 6}).error().field, "changes[6]");
  std::string_view several = "[[0,\"abcdef\"]]";
  ChangeSet changes;
  EXPECT_EQ(read_changes_of(several, changes, {.bytes = 5}).error().code, ErrorCode::changes_too_large);
}

TEST(ChangeJson, reads_one_off_the_front) {
  std::string_view several = "[5],[[0,\"a\"],5]]";
  ChangeSet changes;
  ASSERT_TRUE(read_changes_of(several, changes));
  EXPECT_EQ(several, ",[[0,\"a\"],5]]");
  several.remove_prefix(1);
  ASSERT_TRUE(read_changes_of(several, changes));
  EXPECT_EQ(changes, ChangeSet::replace(5, 0, 0, "a"));
}

}  // namespace
}  // namespace holdfast::text
