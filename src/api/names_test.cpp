#include "api/names.h"

#include <gtest/gtest.h>

namespace holdfast::api {
namespace {

std::string decoded(std::string_view text) {
  return decode_percent(text).value_or("refused");
}
std::string name(std::string_view text) {
  return canonical_name(text).value_or("refused");
}
std::string why(std::string_view text) {
  const Result<std::string> got = canonical_name(text);
  if (got) return "accepted";
  EXPECT_EQ(got.error().code, ErrorCode::bad_name);
  EXPECT_EQ(got.error().field, "name");
  return got.error().where;
}

TEST(DecodePercent, undoes_the_encoding_once) {
  EXPECT_EQ(decoded("a%20b"), "a b");
  EXPECT_EQ(decoded("a%2Fb%2fc"), "a/b/c");
  EXPECT_EQ(decoded("100%25"), "100%");
  EXPECT_EQ(decoded("%252F"), "%2F") << "once, and no more";
  EXPECT_EQ(decoded("%41"), "A") << "at the very end";
  EXPECT_EQ(decoded("plain"), "plain");
  EXPECT_EQ(decoded("a+b"), "a+b") << "a plus is a plus";
  EXPECT_EQ(decoded(""), "");
}

TEST(DecodePercent, refuses_a_broken_escape) {
  for (const char* broken : {"%", "%2", "a%", "a%4", "%zz", "%4g", "%g4", "% 4", "%-1", "%%41"}) {
    const Result<std::string> got = decode_percent(broken);
    ASSERT_FALSE(got) << broken;
    EXPECT_EQ(got.error().code, ErrorCode::bad_name);
  }
}

TEST(CanonicalName, leaves_ordinary_names_as_they_are) {
  for (const char* same :
       {"a", "docs/plan", "projects/atlas/src/main.c", "...", ".hidden", "a b", "a..b/..c", "Grüße/日本"}) {
    EXPECT_EQ(name(same), same);
  }
}

TEST(CanonicalName, makes_one_name_of_two_spellings) {
  EXPECT_EQ(name("cafe\u0301"), "caf\u00e9");
  EXPECT_EQ(name("caf\u00e9"), "caf\u00e9");
  EXPECT_EQ(name("\u1112\u1161\u11ab"), "\ud55c");
  EXPECT_EQ(name("\u212b"), "\u00c5") << "the angstrom sign is an A with a ring";
  EXPECT_EQ(name(name("a\u0308\u0323")), name("a\u0308\u0323")) << "and is done then";
}

TEST(CanonicalName, does_not_make_one_name_of_what_only_looks_alike) {
  EXPECT_NE(name("ﬁle"), name("file"));
  EXPECT_NE(name("A"), name("a"));
}

TEST(CanonicalName, refuses_empty_and_dotted_segments) {
  EXPECT_EQ(why(""), "it is empty");
  for (const char* empty : {"/", "/a", "a/", "a//b"}) EXPECT_EQ(why(empty), "it has an empty segment") << empty;
  for (const char* dots : {".", "..", "./a", "a/.", "a/../b", "../a"})
    EXPECT_EQ(why(dots), "a segment is . or ..") << dots;
}

TEST(CanonicalName, refuses_control_characters_and_what_breaks_lines) {
  using namespace std::string_view_literals;
  for (const std::string_view bad :
       {"a\nb"sv, "a\0b"sv, "\x1f"sv, "\x7f"sv, "a\u0085b"sv, "\u009f"sv, "\u2028"sv, "\u2029"sv}) {
    EXPECT_EQ(why(bad), "it holds a control character");
  }
}

TEST(CanonicalName, refuses_what_is_not_utf8) {
  for (const char* bad : {"\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\x80", "\xe2\x82"}) {
    EXPECT_EQ(why(bad), "it is not valid UTF-8");
  }
}

TEST(CanonicalName, is_bounded_in_bytes_before_and_after_composing) {
  EXPECT_EQ(name(std::string(512, 'x')), std::string(512, 'x'));
  EXPECT_EQ(why(std::string(513, 'x')), "it is longer than 512 bytes");
  std::string grows;  // U+0958 is excluded from composition: 3 bytes become 6.
  while (grows.size() + 3 <= 512) grows += "\u0958";
  EXPECT_EQ(why(grows), "it is longer than 512 bytes in Unicode's NFC");
}

TEST(IsPlainText, asks_for_something_that_fits_and_holds_no_control_character) {
  EXPECT_TRUE(is_plain_text("Zoë (tab 1)", 256));
  EXPECT_FALSE(is_plain_text("", 256));
  EXPECT_TRUE(is_plain_text("1234", 4));
  EXPECT_FALSE(is_plain_text("12345", 4));
  EXPECT_FALSE(is_plain_text("a\tb", 256));
  EXPECT_FALSE(is_plain_text("\xff", 256));
}

TEST(IsPlainText, looks_at_each_byte_wherever_it_stands) {
  for (std::size_t size = 1; size <= 18; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, '~');
        text[place] = static_cast<char>(byte);
        const bool printable = byte >= 0x20 && byte < 0x7f;  // A byte beyond ASCII is no character by itself.
        ASSERT_EQ(is_plain_text(text, 256), printable) << size << ' ' << place << ' ' << byte;
      }
    }
  }
}

}  // namespace
}  // namespace holdfast::api
