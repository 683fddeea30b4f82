// Files as they come: characters of every width, marks that combine, lines that end in every way, scripts that run
// right to left, lines without an end. Edited through a real server, taken back again, killed: each byte is where it
// should be.
#include <gtest/gtest.h>

#include <random>

#include "tests/support/live_talk.h"
#include "tests/texts/follower.h"
#include "tests/texts/house.h"
#include "text/model_for_tests.h"

namespace holdfast::texts {
namespace {

using namespace std::string_literals;
using support::LiveAnswer;
using support::LiveTalk;

struct File {
  std::string name;
  std::string bytes;
  std::string end = "\n";  ///< How a new line ends there.
};
void PrintTo(const File& file, std::ostream* out) {
  *out << file.name;
}

std::string repeated(std::string_view what, std::size_t times) {
  std::string all;
  for (; times > 0; --times) all += what;
  return all;
}
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

class TextFixtures : public testing::TestWithParam<File> {
 protected:
  TextFixtures() : follower_(house_.port(), "f") {}

  /// A random change of `text`, which becomes what it is afterwards.
  text::ChangeSet change(std::u16string& text) {
    static const std::u16string typed[] = {
        u"x",  u"\n",     u"\u00e9",     u"e\u0301", u"\u05e9\u05dc", u"\U0001F469\u200d\U0001F467",
        u"\t", u"\u2028", u"two\nlines", u""};
    const auto boundary = [&](std::size_t from, std::size_t most) {
      std::size_t at = from + random_() % (most + 1);
      while (text::within_pair(text, at)) ++at;
      return at;
    };
    const std::size_t at = boundary(0, text.size());
    const std::size_t to = random_() % 3 == 0 ? boundary(at, std::min<std::size_t>(5, text.size() - at)) : at;
    const std::u16string& come = typed[random_() % (to == at ? std::size(typed) - 1 : std::size(typed))];
    const auto made = text::ChangeSet::replace(static_cast<text::Units>(text.size()), static_cast<text::Units>(at),
                                               static_cast<text::Units>(to - at), utf8(come));
    text.replace(at, to - at, come);
    return made;
  }
  static std::string utf8(const std::u16string& units) {
    std::string bytes;
    for (std::size_t i = 0; i < units.size(); ++i) {
      std::uint32_t scalar = units[i];
      if (scalar >= 0xD800 && scalar < 0xDC00) scalar = 0x10000 + ((scalar - 0xD800) << 10U) + (units[++i] - 0xDC00U);
      if (scalar < 0x80) {
        bytes += static_cast<char>(scalar);
        continue;
      }
      const int more = scalar < 0x800 ? 1 : scalar < 0x10000 ? 2 : 3;
      constexpr unsigned first[] = {0, 0xC0, 0xE0, 0xF0};
      bytes += static_cast<char>(first[more] | scalar >> (6U * static_cast<unsigned>(more)));
      for (int left = more - 1; left >= 0; --left) {
        bytes += static_cast<char>(0x80U | (scalar >> (6U * static_cast<unsigned>(left)) & 0x3FU));
      }
    }
    return bytes;
  }
  /// What the file should be.
  std::string as_file(const std::u16string& text) const {
    const std::string mark = GetParam().bytes.starts_with("\xEF\xBB\xBF") ? "\xEF\xBB\xBF" : "";
    return mark + replaced(utf8(text), "\n", GetParam().end);
  }

  std::mt19937_64 random_{8812};
  House house_;
  Follower follower_;
};

TEST_P(TextFixtures, are_edited_followed_and_taken_back_byte_for_byte) {
  const std::string& bytes = GetParam().bytes;
  house_.create(bytes);
  EXPECT_TRUE(house_.file() == bytes) << "as it came";
  const std::uint64_t token = house_.acquire("alice", "s");
  LiveTalk alice(house_.port(), "alice", "s");
  const std::string mark = bytes.starts_with("\xEF\xBB\xBF") ? bytes.substr(0, 3) : "";
  std::u16string text = text::utf16_of(replaced(bytes.substr(mark.size()), GetParam().end, "\n"));
  std::vector<text::ChangeSet> changes;
  std::vector<std::u16string> before;
  for (int i = 0; i < 200; ++i) {
    before.push_back(text);
    changes.push_back(change(text));
  }
  for (const Batch& batch : batches(changes, 7)) {
    const LiveAnswer made =
        alice.ask("buffer.edit", fmt::format(R"("name":"{}",{})", text_name, edit_fields(token, batch)));
    ASSERT_EQ(made.status, 200) << boost::json::serialize(made.body);
  }
  EXPECT_TRUE(house_.file() == as_file(text)) << "as it was edited";
  EXPECT_TRUE(follower_.await(changes.size()) == utf8(text)) << "as it was followed";
  for (const std::size_t revision : {0U, 1U, 77U, 199U}) {
    EXPECT_EQ(house_.file(fmt::format("revision={}", revision)), as_file(before[revision])) << revision;
  }

  house_.kill();
  house_.start();
  EXPECT_TRUE(house_.file() == as_file(text)) << "as it was before the kill";
  LiveTalk again(house_.port(), "alice", "s");
  ASSERT_EQ(again.ask("lease.renew", fmt::format(R"("name":"{}","token":{})", text_name, token)).status, 200);
  text::Revision newest = changes.size();
  LiveAnswer undone;
  while ((undone = again.ask("buffer.undo", fmt::format(R"("name":"{}","token":{})", text_name, token))).status ==
         200) {
    ++newest;
  }
  EXPECT_EQ(undone.code(), "nothing_to_undo");
  EXPECT_TRUE(house_.file() == bytes) << "all of it taken back, after a restart";
  EXPECT_TRUE(follower_.await(newest) == utf8(before[0]));
}

INSTANTIATE_TEST_SUITE_P(
    Of, TextFixtures,
    testing::Values(
        File{"emoji",
             repeated(
                 "a \xF0\x9F\x98\x80 family \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7\xE2\x80\x8D\xF0\x9F\x91\xA6 "
                 "and a flag \xF0\x9F\x87\xA9\xF0\x9F\x87\xAA \xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD\n",
                 20)},
        File{"combining_marks",
             repeated("e\xCC\x81 o\xCC\x88 a\xCC\xA7\xCC\x82 \xE0\xA4\x95\xE0\xA5\x8D\xE0\xA4\xB7\xE0\xA4\xBF "
                      "\xC3\xA9\n",
                      20)},
        File{"crlf", repeated("one\r\n\r\ntwo \xF0\x9F\x98\x80\r\n", 40), "\r\n"},
        File{"crlf_with_a_byte_order_mark", "\xEF\xBB\xBF" + repeated("one\r\ntwo\r\n", 40), "\r\n"},
        File{"cr", repeated("old\rfile\r", 40), "\r"},
        File{"right_to_left",
             repeated("\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D (abc) \xE2\x80\xAB\xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7"
                      "\xE2\x80\xAC 123\n",
                      30)},
        File{"one_long_line", repeated("no end in sight \xE4\xB8\xAD ", 50'000)}, File{"no_last_line_end", "a\nb\nc"},
        File{"empty", ""}, File{"zero_bytes", "a\0b\0\n"s}),
    [](const auto& of) { return of.param.name; });

/// Of a file whose lines end in several ways each keeps its own, and a new one ends as most do.
TEST(TextFixturesMixed, lines_keep_their_own_ends) {
  House house;
  house.create("one\r\ntwo\nthree\r\nfour\r");
  const std::uint64_t token = house.acquire("alice", "s");
  LiveTalk alice(house.port(), "alice", "s");
  const auto edit = [&](std::size_t from, const std::string& change) {
    const LiveAnswer made = alice.ask(
        "buffer.edit", fmt::format(R"("name":"{}",{})", text_name, edit_fields(token, {from, 1, "[" + change + "]"})));
    ASSERT_EQ(made.status, 200) << boost::json::serialize(made.body);
  };
  edit(0, R"([3,[0,"!"],16])");
  EXPECT_EQ(house.file(), "one!\r\ntwo\nthree\r\nfour\r");
  edit(1, R"([8,[0,"","new"],12])");
  EXPECT_EQ(house.file(), "one!\r\ntwo\r\nnew\nthree\r\nfour\r");
  edit(2, R"([[5],19])");
  house.kill();
  house.start();
  EXPECT_EQ(house.file(), "two\r\nnew\nthree\r\nfour\r");
}

}  // namespace
}  // namespace holdfast::texts
