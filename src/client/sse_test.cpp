#include "client/sse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace holdfast::client {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<SseEvent> taken(SseReader& reader) {
  std::vector<SseEvent> out;
  while (auto event = reader.next()) out.push_back(*std::move(event));
  return out;
}

std::vector<SseEvent> read(std::string_view bytes) {
  SseReader reader;
  EXPECT_TRUE(reader.read(bytes));
  return taken(reader);
}

TEST(Sse, reads_type_id_and_data) {
  EXPECT_THAT(read("event: granted\nid: 1.7\ndata: {\"a\":1}\n\n"),
              ElementsAre(SseEvent{"granted", "1.7", "{\"a\":1}"}));
}

TEST(Sse, joins_the_lines_of_data_and_takes_off_one_space) {
  EXPECT_THAT(read("data:a\ndata:  b\ndata\n\n"), ElementsAre(SseEvent{"message", "", "a\n b\n"}));
}

TEST(Sse, keeps_the_id_until_the_next_one_and_the_type_for_one_event) {
  EXPECT_THAT(read("id: 5\nevent: x\ndata: 1\n\ndata: 2\n\nid\ndata: 3\n\n"),
              ElementsAre(SseEvent{"x", "5", "1"}, SseEvent{"message", "5", "2"}, SseEvent{"message", "", "3"}));
}

TEST(Sse, hands_out_nothing_for_comments_and_what_was_cut_off) {
  EXPECT_THAT(read(": still here\n\nretry: 5\n\ndata: half"), IsEmpty());
  EXPECT_THAT(read("id: 9\ndata: half\n"), IsEmpty());
}

TEST(Sse, hands_out_an_id_that_comes_without_an_event_as_no_event) {
  EXPECT_THAT(read(":\nid: 9\n\nevent: x\n\ndata: 1\n\n"),
              ElementsAre(SseEvent{"", "9", ""}, SseEvent{"message", "9", "1"}));
  EXPECT_THAT(read(":\nid: 9\n"), IsEmpty()) << "it was cut off";
}

TEST(Sse, takes_an_id_with_a_nul_for_none) {
  EXPECT_THAT(read("id: 4\nid: 5\0006\ndata: 1\n\n"s), ElementsAre(SseEvent{"message", "4", "1"}));
}

TEST(Sse, skips_a_byte_order_mark_at_the_beginning_only) {
  EXPECT_THAT(read("\xEF\xBB\xBF"
                   "data: 1\n\n\xEF\xBB\xBF"
                   "data: 2\n\n"),
              ElementsAre(SseEvent{"message", "", "1"}));
}

TEST(Sse, reads_no_more_than_an_event_may_have) {
  SseReader reader;
  EXPECT_TRUE(reader.read("data: 1\n\ndata: "));
  std::string much(SseReader::event_bytes_max, 'x');
  EXPECT_FALSE(reader.read(much));
  EXPECT_FALSE(reader.read("\n\n"));
  EXPECT_THAT(taken(reader), ElementsAre(SseEvent{"message", "", "1"}));
}

RC_GTEST_PROP(Sse, reads_the_same_wherever_it_is_cut_and_whatever_ends_its_lines, ()) {
  const std::string end = *rc::gen::element("\n"s, "\r"s, "\r\n"s);
  std::string whole;
  std::vector<SseEvent> expected;
  const int events = *rc::gen::inRange(0, 5);
  for (int i = 0; i < events; ++i) {
    const std::string data = *rc::gen::container<std::string>(rc::gen::inRange('!', '~'));
    whole += "id: " + std::to_string(i) + end + "event: e" + end + ": c" + end + "data: " + data + end + end;
    expected.push_back({"e", std::to_string(i), data});
  }
  SseReader reader;
  for (std::size_t at = 0; at < whole.size();) {
    const auto size = static_cast<std::size_t>(*rc::gen::inRange(1, 20));
    RC_ASSERT(reader.read(std::string_view(whole).substr(at, size)));
    at += size;
  }
  RC_ASSERT(taken(reader) == expected);
}

}  // namespace
}  // namespace holdfast::client
