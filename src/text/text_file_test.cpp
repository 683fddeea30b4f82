#include "text/text_file.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/seeded_for_tests.h"
#include "text/model_for_tests.h"

namespace holdfast::text {
namespace {

std::string there_and_back(std::string_view bytes) {
  const auto file = read_file(bytes).value();
  EXPECT_EQ(file.text.utf8().find('\r'), std::string::npos);
  return write_file(file.text, file.form);
}

TEST(TextFile, writes_what_it_read) {
  const std::string all[] = {"",
                             "\n",
                             "\r",
                             "\r\n",
                             "no end",
                             "a\nb\n",
                             "a\r\nb\r\n",
                             "a\rb\r",
                             "a\r\nb",
                             "\r\r\n\n\r",
                             "\n\r",
                             "a\r\n\nb\r\n\rc",
                             "\xEF\xBB\xBF",
                             "\xEF\xBB\xBFmark\r\n",
                             "\xEF\xBB\xBF\xEF\xBB\xBFtwo",
                             "in the middle \xEF\xBB\xBF\n",
                             std::string("zero \0 byte\n", 12),
                             "\u2028 and \u2029 are no line ends\x0b\x0c\n"};
  for (const std::string& bytes : all) EXPECT_EQ(there_and_back(bytes), bytes);
}

TEST(TextFile, knows_how_its_lines_end) {
  EXPECT_EQ(read_file("a\nb\n")->form.ends, LineEnds(LineEnd::lf));
  EXPECT_EQ(read_file("a\r\nb\r\n")->form.ends, LineEnds(LineEnd::crlf));
  EXPECT_EQ(read_file("a\rb")->form.ends, LineEnds(LineEnd::cr));
  EXPECT_EQ(read_file("")->form.ends, LineEnds(LineEnd::lf));
  const auto mixed = read_file("a\r\nb\r\nc\n")->form.ends;
  EXPECT_TRUE(mixed.mixed());
  EXPECT_EQ(mixed.usual(), LineEnd::crlf);
  EXPECT_EQ(read_file("a\r\nb\rc")->text.utf8(), "a\nb\nc");
}

TEST(TextFile, refuses_what_is_no_text) {
  for (const std::string_view bytes :
       {"ab\xff", "ab\xc3", "ab\xed\xa0\x80", "ab\xc0\x80", "ab\xf4\x90\x80\x80", "ab\x80", "ab\xe0\x80\x80"}) {
    const auto file = read_file(bytes);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::bad_text);
    EXPECT_EQ(file.error().where, "byte 2 is no UTF-8");
  }
  EXPECT_EQ(read_file("abc", 2).error().code, ErrorCode::text_too_large);
  EXPECT_EQ(Text::from_utf8("a\rb").error().where, "byte 1 is a carriage return");
}

TEST(LineEnds, of_a_mixed_file_stay_where_they_are) {
  auto file = read_file("one\r\ntwo\nthree\rfour\r\n").value();
  const auto change = [&](Units at, Units deleted, std::string_view inserted) {
    const auto set = ChangeSet::replace(file.text.length(), at, deleted, inserted);
    file.form.ends.apply(file.text, set);
    ASSERT_TRUE(file.text.apply(set));
  };
  change(3, 0, " and\na half");  // New breaks end as most do.
  EXPECT_EQ(write_file(file.text, file.form), "one and\r\na half\r\ntwo\nthree\rfour\r\n");
  change(15, 4, "");
  EXPECT_EQ(write_file(file.text, file.form), "one and\r\na half\r\nthree\rfour\r\n");
  change(20, 1, "");
  EXPECT_FALSE(file.form.ends.mixed());
  EXPECT_EQ(write_file(file.text, file.form), "one and\r\na half\r\nthreefour\r\n");
}

RC_GTEST_PROP(LineEnds, follow_their_lines_through_any_change, ()) {
  // Each break's end is known by the digit before it, which stays with it.
  std::string bytes;
  const std::string_view ends[] = {"\n", "\r\n", "\r"};
  for (int left = *rc::gen::inRange(1, 12); left > 0; --left) {
    const int which = *rc::gen::inRange(0, 3);
    bytes += std::string("line") + static_cast<char>('0' + which) + std::string(ends[which]);
  }
  auto file = read_file(bytes).value();
  const auto usual = static_cast<int>(file.form.ends.usual());
  for (int left = *rc::gen::inRange(1, 6); left > 0; --left) {
    // Whole lines go, and whole lines come.
    const auto breaks = file.text.extent().breaks;
    const auto from = *rc::gen::inRange<std::uint32_t>(0, breaks + 1);
    const auto to = *rc::gen::inRange<std::uint32_t>(from, breaks + 1);
    std::string inserted;
    for (int more = *rc::gen::inRange(0, 3); more > 0; --more) inserted += "new" + std::to_string(usual) + "\n";
    const Units begin = file.text.line_start(from);
    const auto change = ChangeSet::replace(file.text.length(), begin, file.text.line_start(to) - begin, inserted);
    file.form.ends.apply(file.text, change);
    RC_ASSERT(file.text.apply(change).has_value());
    std::string kept;
    file.form.ends.write(kept);
    RC_ASSERT(LineEnds::read(kept, file.text.extent().breaks).value() == file.form.ends);
  }
  const std::string out = write_file(file.text, file.form);
  for (std::size_t at = 0; (at = out.find_first_of("\r\n", at)) != std::string::npos;) {
    const std::string_view end = ends[out[at - 1] - '0'];
    RC_ASSERT(out.substr(at, end.size()) == end);
    RC_ASSERT(end != "\r" || out[at + 1] != '\n');
    at += end.size();
  }
}

TEST(LineEnds, refuse_damaged_bytes) {
  std::string bytes;
  read_file("a\r\nb\nc").value().form.ends.write(bytes);
  EXPECT_TRUE(LineEnds::read(bytes, 2));
  EXPECT_FALSE(LineEnds::read(bytes, 1));
  EXPECT_FALSE(LineEnds::read(bytes, 3));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(LineEnds::read(bytes.substr(0, cut), 2)) << cut;
}

}  // namespace
}  // namespace holdfast::text
