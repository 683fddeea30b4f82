#include "api/json_members.h"

#include <gtest/gtest.h>

#include "api/json_text.h"

namespace holdfast::api {
namespace {

std::string refusal(std::string_view text) {
  const Result<JsonMembers> got = JsonMembers::read(text);
  return got ? "accepted" : std::string{got.error().name()};
}
std::string said(std::string_view text) {
  const Result<std::string> got = json_text(text);
  return got ? *got : std::string{got.error().name()};
}

TEST(JsonMembers, finds_each_value_as_it_stands_there) {
  const std::string_view text =
      " { \"a\" : \"x\\\"y\" , \"b\":-1.5e+3,\"c\":[1,\"]\",{\"d\":\"}\\\\\"}] ,\"e\":{},\"\\u0066\":null} \n";
  const JsonMembers members = JsonMembers::read(text).value();
  ASSERT_EQ(members.all().size(), 5U);
  EXPECT_EQ(members.find("a"), R"("x\"y")");
  EXPECT_EQ(members.find("b"), "-1.5e+3");
  EXPECT_EQ(members.find("c"), R"([1,"]",{"d":"}\\"}])");
  EXPECT_EQ(members.find("e"), "{}");
  EXPECT_EQ(members.find("f"), "null") << "keys are what they say";
  EXPECT_EQ(members.find("d"), "");
  EXPECT_GE(members.find("a").data(), text.data()) << "nothing is copied";
}

TEST(JsonMembers, refuses_what_is_no_object) {
  for (const char* other : {"", " ", "1", "\"a\"", "[]", "null", "{} x", "{}{}", "{},", "x{}"})
    EXPECT_EQ(refusal(other), "bad_json") << other;
  EXPECT_EQ(refusal({"{}\0", 3}), "bad_json");
  EXPECT_EQ(refusal("{}"), "accepted");
}

TEST(JsonMembers, refuses_what_breaks_off_anywhere) {
  const std::string whole = R"({"owner":"al\u00e9","n":-1.5e3,"f":true,"m":{"a":[true,null,"]"]}})";
  ASSERT_EQ(refusal(whole), "accepted");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(refusal(whole.substr(0, size)), "bad_json") << size;
}

TEST(JsonMembers, refuses_every_slip) {
  for (const char* slip :
       {R"({"a":1,})",      R"({,"a":1})",   R"({"a" 1})",   R"({"a":})",      R"({a:1})",    R"({'a':1})",
        R"({"a":01})",      R"({"a":+1})",   R"({"a":1.})",  R"({"a":.5})",    R"({"a":1e})", R"({"a":-})",
        R"({"a":tru})",     R"({"a":True})", R"({"a":NaN})", R"({"a":1 2})",   R"({"a":"x)",  R"({"a":[1})",
        R"({"a":"x" "y"})", R"({"a\q":1})",  "{\"a\n\":1}",  R"({"\ud800":1})"}) {
    EXPECT_EQ(refusal(slip), "bad_json") << slip;
  }
}

TEST(JsonMembers, names_a_key_that_comes_twice_however_it_is_written) {
  const Result<JsonMembers> got = JsonMembers::read(R"({"a":1,"b":2,"\u0061":3})");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::duplicate_field);
  EXPECT_EQ(got.error().field, "a");
}

TEST(JsonMembers, looks_at_no_more_of_them_than_anything_has) {
  std::string text = "{";
  for (int i = 0; i < 32; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
  EXPECT_EQ(refusal(text + "}"), "accepted");
  const Result<JsonMembers> got = JsonMembers::read(text + R"(,"more":0,"more":0)");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::unknown_field);
  EXPECT_EQ(got.error().field, "more");
}

TEST(JsonMembers, goes_through_any_depth_without_going_deep) {
  const std::string deep(1'000'000, '[');
  EXPECT_EQ(refusal("{\"a\":" + deep + std::string(1'000'000, ']') + "}"), "accepted");
  EXPECT_EQ(refusal("{\"a\":" + deep + "}"), "bad_json");
}

TEST(JsonText, says_what_its_escapes_mean) {
  EXPECT_EQ(said(R"("")"), "");
  EXPECT_EQ(said(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(said(R"("a\u00e9\uD83D\uDE00b😀")"), "aé😀b😀");
  EXPECT_EQ(said(R"("\u0000")"), std::string(1, '\0'));
}

TEST(JsonText, refuses_what_json_and_utf_8_do_not_have) {
  for (const char* wrong : {R"("\x")", R"("\")", R"("\u12")", R"("\u12g4")", R"("\u+123")", R"("\ud83d")",
                            R"("\ud83dx")", R"("\ud83d\n")", R"("\ude00")", R"("\ude00\ud83d")", "\"a\nb\"", "\"\x01\"",
                            "\"\xff\"", "\"\xc3\"", "\"\xed\xa0\xbd\"", "1", "\""}) {
    EXPECT_EQ(said(wrong), "bad_json") << wrong;
  }
}

TEST(JsonText, is_what_the_other_reader_says) {
  for (const char* text : {R"("a\u00e9\uD83D\uDE00b😀\\\"\/")", R"("\u007f\u2028é")", R"("\t")"}) {
    const std::string object = std::string{"{\"a\":"} + text + "}";
    const auto theirs = read_object(object).value().at("a").as_string();
    EXPECT_EQ(said(text), std::string(theirs.data(), theirs.size())) << text;
  }
}

TEST(JsonInteger, is_whole_and_within_64_bits) {
  EXPECT_EQ(json_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(json_integer("7"), 7);
  for (const char* other : {"7.0", "7e0", "9223372036854775808", "\"7\"", "true", "null", "[]"})
    EXPECT_EQ(json_integer(other), std::nullopt) << other;
}

TEST(JsonFlag, is_true_or_false) {
  EXPECT_EQ(json_flag("true"), true);
  EXPECT_EQ(json_flag("false"), false);
  for (const char* other : {"1", "0", "null", "\"true\"", "{}"}) EXPECT_EQ(json_flag(other), std::nullopt) << other;
}

}  // namespace
}  // namespace holdfast::api
