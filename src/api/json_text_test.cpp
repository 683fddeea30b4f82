#include "api/json_text.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace holdfast::api {
namespace {

ErrorCode code(std::string_view text) {
  const auto got = read_object(text);
  return got ? ErrorCode::none : got.error().code;
}
std::string nested(std::size_t levels) {
  std::string text = R"({"a":)";
  for (std::size_t i = 1; i < levels; ++i) text += '[';
  text += '1';
  for (std::size_t i = 1; i < levels; ++i) text += ']';
  return text + '}';
}

TEST(ReadObject, gives_the_members_in_their_order) {
  const auto read = read_object(R"( {"b": "x", "a": [1, 2.5, null, true, {"c": -1}]} )");
  ASSERT_TRUE(read);
  EXPECT_EQ(boost::json::serialize(*read), R"({"b":"x","a":[1,2.5E0,null,true,{"c":-1}]})");
  EXPECT_TRUE(read_object("{}")->empty());
}

TEST(ReadObject, puts_strings_and_keys_of_any_length_together) {
  const std::string text(300'000, 'x');
  const auto read = read_object("{\"" + text + "\":\"" + text + "\"}");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->at(text).as_string(), text);
  EXPECT_EQ(read_object(R"({"a\u00e9b": "\ud83d\ude00\n"})")->at("aéb").as_string(), "😀\n");
}

TEST(ReadObject, refuses_a_key_that_comes_twice_and_names_it) {
  for (const char* twice : {R"({"a":1,"a":1})", R"({"x":{"a":1,"b":2,"a":3}})", R"({"x":[{"a":1},{"a":1,"a":1}]})",
                            R"({"a":1,"\u0061":1})"}) {
    const auto got = read_object(twice);
    ASSERT_FALSE(got) << twice;
    EXPECT_EQ(got.error().code, ErrorCode::duplicate_field) << twice;
    EXPECT_EQ(got.error().field, "a");
  }
  EXPECT_EQ(code(R"({"":1,"":2})"), ErrorCode::duplicate_field) << "the empty key is one too";
  EXPECT_EQ(code(R"({"a":{"a":1},"b":{"a":1}})"), ErrorCode::none) << "in two objects it is no duplicate";
}

TEST(ReadObject, finds_a_duplicate_among_very_many_keys_without_comparing_each_with_each) {
  std::string body = "{";
  for (int i = 0; i < 100'000; ++i) body += '"' + std::to_string(i) + "\":0,";
  EXPECT_EQ(code(body + R"("last":0})"), ErrorCode::none);
  EXPECT_EQ(code(body + R"("99999":0})"), ErrorCode::duplicate_field);
}

TEST(ReadObject, goes_so_deep_and_no_deeper) {
  EXPECT_EQ(code(nested(32)), ErrorCode::none);
  EXPECT_EQ(code(nested(33)), ErrorCode::bad_json);
  EXPECT_EQ(code(std::string(1'000'000, '[')), ErrorCode::bad_json);
}

TEST(ReadObject, refuses_what_is_cut_off_anywhere) {
  const std::string whole = R"({"owner":"al\u00e9","ttl_ms":30000,"metadata":{"a":[true,null,-1.5e3]}})";
  ASSERT_EQ(code(whole), ErrorCode::none);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(code(whole.substr(0, size)), ErrorCode::bad_json) << size;
}

TEST(ReadObject, refuses_what_stands_behind) {
  for (const char* more : {"{} x", "{}{}", "{},", "{}]"}) EXPECT_EQ(code(more), ErrorCode::bad_json) << more;
  EXPECT_EQ(code(std::string_view{"{}\0", 3}), ErrorCode::bad_json);
  EXPECT_EQ(code("{} \r\n\t"), ErrorCode::none);
}

TEST(ReadObject, refuses_everything_but_an_object) {
  for (const char* other : {"", " ", "1", "\"a\"", "[]", "null", "true"})
    EXPECT_EQ(code(other), ErrorCode::bad_json) << other;
}

TEST(ReadObject, refuses_what_lenient_readers_accept) {
  for (const char* loose :
       {R"({"a":1,})", R"({a:1})", R"({'a':1})", R"({"a":01})", R"({"a":+1})", R"({"a":.5})", R"({"a":1.})",
        R"({"a":NaN})", R"({"a":Infinity})", "{/**/}", "{\"a\":\"\n\"}", R"({"a":"\x"})", R"({"a" 1})",
        R"({"a":"\ud800"})", "{\"a\":\"\xff\"}", "{\"\xc0\xaf\":1}", "\xef\xbb\xbf{}"}) {
    EXPECT_EQ(code(loose), ErrorCode::bad_json) << loose;
  }
}

TEST(ReadObject, refuses_a_number_that_it_could_not_write_again) {
  EXPECT_EQ(code(R"({"a":1e308})"), ErrorCode::none);
  EXPECT_EQ(code(R"({"a":1e400})"), ErrorCode::bad_json);
  EXPECT_EQ(code(R"({"a":[-1E999]})"), ErrorCode::bad_json);
}

TEST(ReadObject, keeps_whole_numbers_whole) {
  const auto read = read_object(R"({"token":9007199254740991,"big":18446744073709551615,"float":1.0})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->at("token").as_int64(), 9007199254740991);
  EXPECT_TRUE(read->at("big").is_uint64());
  EXPECT_TRUE(read->at("float").is_double());
}

TEST(JsonWriter, writes_members_in_the_order_of_the_calls) {
  std::string out;
  JsonWriter json(out);
  json.text("a", "x").number("b", std::uint64_t{18446744073709551615U}).number("c", std::int64_t{-1});
  json.flag("d", true).null("e").raw("f", "[1]").key("g");
  out += "{}";
  json.end();
  EXPECT_EQ(out, R"({"a":"x","b":18446744073709551615,"c":-1,"d":true,"e":null,"f":[1],"g":{}})");
}

TEST(AppendJsonString, writes_every_byte_so_that_any_reader_gives_it_back) {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
  all += "é\u2028😀";
  std::string out;
  append_json_string(out, all);
  EXPECT_EQ(boost::json::parse(out).as_string(), all);
  EXPECT_EQ(out.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace holdfast::api
