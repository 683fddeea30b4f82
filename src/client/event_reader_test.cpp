#include "client/event_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace holdfast::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<EventBlock> all_of(EventReader& reader) {
  std::vector<EventBlock> blocks;
  while (auto block = reader.next()) blocks.push_back(*std::move(block));
  return blocks;
}
std::vector<EventBlock> read(std::string_view text) {
  EventReader reader;
  reader.received(text);
  return all_of(reader);
}

TEST(EventReader, takes_id_type_and_data_of_a_block) {
  EXPECT_THAT(read("id: 7.1\nevent: granted\ndata: {}\n\n"), ElementsAre(EventBlock{"7.1", "granted", "{}"}));
}

TEST(EventReader, keeps_the_id_and_forgets_type_and_data_from_block_to_block) {
  EXPECT_THAT(read("id: 1\nevent: a\ndata: x\n\ndata: y\n\n"),
              ElementsAre(EventBlock{"1", "a", "x"}, EventBlock{"1", "message", "y"}));
}

TEST(EventReader, joins_lines_of_data_and_drops_one_space) {
  EXPECT_THAT(read("data:a\ndata:  b\ndata\n\n"), ElementsAre(EventBlock{"", "message", "a\n b\n"}));
}

TEST(EventReader, gives_a_block_without_data_only_where_it_moves_the_position) {
  EXPECT_THAT(read(":\nid: 9\n\n:\n\nretry: 5\n\nevent: x\n\n"), ElementsAre(EventBlock{"9", "message", ""}));
}

TEST(EventReader, knows_every_end_of_a_line) {
  const EventBlock block{"1", "message", "x"};
  EXPECT_THAT(read("id: 1\r\ndata: x\r\n\r\nid: 1\rdata: x\r\rid: 1\ndata: x\n\n"), ElementsAre(block, block, block));
}

TEST(EventReader, reads_the_same_byte_by_byte) {
  const std::string text = ":c\r\nid: 1\r\nevent: e\r\ndata: x\r\ndata: y\r\n\r\nid: 2\ndata: z\n\n";
  EventReader reader;
  std::vector<EventBlock> blocks;
  for (const char c : text) {
    reader.received({&c, 1});
    for (EventBlock& block : all_of(reader)) blocks.push_back(std::move(block));
  }
  EXPECT_EQ(blocks, read(text));
  EXPECT_EQ(blocks.size(), 2U);
}

TEST(EventReader, gives_nothing_before_the_blank_line) {
  EXPECT_THAT(read("id: 1\ndata: x\n"), IsEmpty());
}

TEST(EventReader, notices_what_never_ends) {
  EventReader reader;
  reader.received("data: " + std::string(EventReader::block_bytes_max, 'x'));
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.too_long());
}

}  // namespace
}  // namespace holdfast::client
