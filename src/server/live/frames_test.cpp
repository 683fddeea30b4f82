// Frames as RFC 6455 has them: its own examples first, then what it forbids.
#include "server/live/frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "server/live/handshake.h"

namespace holdfast::server::live {
namespace {

using Event = FrameReader::Event;
using testing::ElementsAre;
using testing::HasSubstr;

std::string bytes(std::initializer_list<int> values) {
  std::string made;
  for (const int value : values) made += static_cast<char>(value);
  return made;
}

/// A frame as clients send them. `first` is its first byte.
std::string masked(int first, std::string_view payload, std::array<char, 4> mask = {0x37, char(0xfa), 0x21, 0x3d}) {
  std::string made(1, static_cast<char>(first));
  std::string head;
  append_frame_head(head, Opcode::text, payload.size());
  head[1] = static_cast<char>(head[1] | 0x80);
  made += head.substr(1);
  made.append(mask.data(), mask.size());
  std::string hidden(payload);
  apply_mask(payload.data(), payload.size(), mask, hidden.data());
  return made + hidden;
}

/// Everything that is found in `input`, as text: given at once, and byte by byte, which must be the same.
std::vector<std::string> read_in_pieces(std::string_view input, std::size_t piece, std::size_t longest) {
  FrameReader reader(longest);
  std::vector<std::string> found;
  while (!input.empty()) {
    const std::string_view given = input.substr(0, piece);
    const FrameReader::Step step = reader.next(given);
    EXPECT_LE(step.bytes, given.size());
    input.remove_prefix(step.bytes);
    const std::string payload(reader.payload());
    switch (step.event) {
      case Event::starved:
        EXPECT_EQ(step.bytes, given.size());
        break;
      case Event::message:
        found.push_back("message " + payload);
        break;
      case Event::ping:
        found.push_back("ping " + payload);
        break;
      case Event::pong:
        found.push_back("pong " + payload);
        break;
      case Event::close:
        found.push_back("close " + std::to_string(reader.code()) + " " + payload);
        return found;
      case Event::failure:
        found.push_back("failure " + std::to_string(reader.code()));
        return found;
    }
  }
  return found;
}
std::vector<std::string> read(std::string_view input, std::size_t longest = 1'000) {
  std::vector<std::string> at_once = read_in_pieces(input, input.size(), longest);
  for (const std::size_t piece : {1, 2, 3, 7}) EXPECT_EQ(read_in_pieces(input, piece, longest), at_once);
  return at_once;
}

TEST(FramesOfTheRfc, a_masked_hello) {
  EXPECT_THAT(read(bytes({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58})),
              ElementsAre("message Hello"));
}
TEST(FramesOfTheRfc, a_masked_pong) {
  EXPECT_THAT(read(bytes({0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58})),
              ElementsAre("pong Hello"));
}
TEST(FramesOfTheRfc, what_a_server_sends) {
  std::string out;
  append_frame(out, Opcode::text, "Hello");
  EXPECT_EQ(out, bytes({0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}));
  out.clear();
  append_frame(out, Opcode::ping, "Hello");
  EXPECT_EQ(out, bytes({0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}));
  out.clear();
  append_frame_head(out, Opcode::binary, 256);
  EXPECT_EQ(out, bytes({0x82, 0x7E, 0x01, 0x00}));
  out.clear();
  append_frame_head(out, Opcode::binary, 65'536);
  EXPECT_EQ(out, bytes({0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0}));
}
TEST(FramesOfTheRfc, the_key_that_is_accepted) {
  EXPECT_EQ(accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Frames, a_message_comes_in_pieces_and_a_ping_between_them) {
  EXPECT_THAT(read(masked(0x01, "Hel") + masked(0x89, "there?") + masked(0x00, "lo, ") + masked(0x80, "you") +
                   masked(0x81, "next")),
              ElementsAre("ping there?", "message Hello, you", "message next"));
}
TEST(Frames, an_empty_message_is_one) {
  EXPECT_THAT(read(masked(0x81, "") + masked(0x01, "") + masked(0x80, "")), ElementsAre("message ", "message "));
}
TEST(Frames, a_character_may_be_parted_between_two_fragments_but_must_be_whole_in_the_end) {
  EXPECT_THAT(read(masked(0x01, "\xE2\x82") + masked(0x80, "\xAC")), ElementsAre("message \xE2\x82\xAC"));
  EXPECT_THAT(read(masked(0x01, "\xE2\x82") + masked(0x80, "x")), ElementsAre("failure 1007"));
  EXPECT_THAT(read(masked(0x81, "\xED\xA0\x80")), ElementsAre("failure 1007"));
}
TEST(Frames, lengths_of_every_size) {
  for (const std::size_t length : {125, 126, 127, 65'535, 65'536, 70'000}) {
    const std::string long_text(length, 'x');
    EXPECT_THAT(read_in_pieces(masked(0x81, long_text), 4'096, 100'000), ElementsAre("message " + long_text));
  }
}
TEST(Frames, what_is_forbidden_ends_it) {
  EXPECT_THAT(read(bytes({0x81, 0x05, 'H', 'e', 'l', 'l', 'o'})), ElementsAre("failure 1002")) << "not masked";
  for (const int reserved : {0xC1, 0xA1, 0x91}) EXPECT_THAT(read(masked(reserved, "x")), ElementsAre("failure 1002"));
  for (const int unknown : {0x83, 0x87, 0x8B, 0x8F})
    EXPECT_THAT(read(masked(unknown, "")), ElementsAre("failure 1002"));
  EXPECT_THAT(read(masked(0x80, "x")), ElementsAre("failure 1002")) << "goes on with nothing";
  EXPECT_THAT(read(masked(0x01, "x") + masked(0x81, "y")), ElementsAre("failure 1002")) << "a second beginning";
  EXPECT_THAT(read(masked(0x09, "x")), ElementsAre("failure 1002")) << "a ping in pieces";
  EXPECT_THAT(read(masked(0x89, std::string(126, 'x'))), ElementsAre("failure 1002")) << "a long ping";
  EXPECT_THAT(read(masked(0x82, "x")), ElementsAre("failure 1003")) << "binary";
  EXPECT_THAT(read(bytes({0x81, 0xFE, 0, 5, 0, 0, 0, 0, 'H', 'e', 'l', 'l', 'o'})), ElementsAre("failure 1002"))
      << "a length in more bytes than it needs";
  EXPECT_THAT(read(bytes({0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0})), ElementsAre("failure 1002"))
      << "a negative length";
}
TEST(Frames, a_message_that_is_too_long_is_refused_by_its_header) {
  EXPECT_THAT(read(masked(0x81, std::string(1'001, 'x')).substr(0, 8)), ElementsAre("failure 1009"));
  EXPECT_THAT(read(masked(0x01, std::string(600, 'x')) + masked(0x80, std::string(401, 'x')).substr(0, 8)),
              ElementsAre("failure 1009"));
  EXPECT_THAT(read(masked(0x81, std::string(1'000, 'x'))), ElementsAre("message " + std::string(1'000, 'x')));
  const std::string greatest = bytes({0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0});
  EXPECT_THAT(read(masked(0x01, "x") + std::string(greatest).replace(0, 1, 1, '\0')), ElementsAre("failure 1009"));
}
TEST(Frames, goodbyes) {
  EXPECT_THAT(read(masked(0x88, "")), ElementsAre("close 1005 "));
  EXPECT_THAT(read(masked(0x88, bytes({0x03, 0xE8}) + "bye")), ElementsAre("close 1000 bye"));
  EXPECT_THAT(read(masked(0x88, bytes({0x0F, 0xA1}))), ElementsAre("close 4001 "));
  EXPECT_THAT(read(masked(0x88, "x")), ElementsAre("failure 1002"));
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65'535}) {
    EXPECT_THAT(read(masked(0x88, bytes({code >> 8, code & 255}))), ElementsAre("failure 1002")) << code;
  }
  EXPECT_THAT(read(masked(0x88, bytes({0x03, 0xE8, 0xFF}))), ElementsAre("failure 1007"));
}
TEST(Frames, a_goodbye_says_as_much_as_fits) {
  std::string out;
  append_close(out, 4000, std::string(122, 'x') + "\xE2\x82\xAC and more");
  EXPECT_EQ(out.size(), 2 + 2 + 122);
  EXPECT_EQ(out.substr(0, 4), bytes({0x88, 124, 0x0F, 0xA0}));
  EXPECT_TRUE(out.ends_with("xx"));
}

RC_GTEST_PROP(FramesProperty, whatever_is_said_is_read, ()) {
  const auto texts =
      *rc::gen::container<std::vector<std::string>>(rc::gen::container<std::string>(rc::gen::inRange('a', 'z')));
  std::string input;
  std::vector<std::string> wanted;
  for (const std::string& text : texts) {
    const auto cut = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    const auto mask = *rc::gen::arbitrary<std::array<char, 4>>();
    input += masked(0x01, text.substr(0, cut), mask) + masked(0x80, text.substr(cut), mask);
    wanted.push_back("message " + text);
  }
  if (input.empty()) return;
  const auto piece = *rc::gen::inRange<std::size_t>(1, input.size() + 1);
  RC_ASSERT(read_in_pieces(input, piece, 100'000) == wanted);
}

TEST(Handshake, what_browsers_say_is_taken) {
  const Knock knock{.connection = "keep-alive, Upgrade",
                    .upgrade = "websocket",
                    .key = "dGhlIHNhbXBsZSBub25jZQ==",
                    .version = "13",
                    .protocols = "chat, holdfast.v1"};
  EXPECT_FALSE(refuse(knock));
  EXPECT_THAT(welcome(knock), HasSubstr("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(welcome(knock), HasSubstr("sec-websocket-protocol: holdfast.v1\r\n"));
}
TEST(Handshake, what_is_missing_is_named) {
  const Knock good{"Upgrade", "WebSocket", "dGhlIHNhbXBsZSBub25jZQ==", "13", "holdfast.v1"};
  ASSERT_FALSE(refuse(good));
  const auto refused = [&](std::string Knock::*header, std::string value) {
    Knock knock = good;
    knock.*header = std::move(value);
    const std::optional<Refusal> refusal = refuse(knock);
    return refusal ? refusal->error.field + (refusal->says_version ? " 426" : "") : "";
  };
  EXPECT_EQ(refused(&Knock::upgrade, ""), "upgrade 426");
  EXPECT_EQ(refused(&Knock::upgrade, "h2c"), "upgrade 426");
  EXPECT_EQ(refused(&Knock::connection, "keep-alive"), "connection");
  EXPECT_EQ(refused(&Knock::version, "8"), "sec-websocket-version 426");
  EXPECT_EQ(refused(&Knock::version, "13, 13"), "sec-websocket-version 426");
  for (const char* key : {"", "dGhlIHNhbXBsZQ==", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25j!Q==",
                          "dGhlIHNhbXBsZSBub25jZQ==,dGhlIHNhbXBsZSBub25jZQ=="}) {
    EXPECT_EQ(refused(&Knock::key, key), "sec-websocket-key") << key;
  }
  for (const char* protocols : {"", "holdfast.v2", "Holdfast.V1"}) {
    EXPECT_EQ(refused(&Knock::protocols, protocols), "sec-websocket-protocol") << protocols;
  }
}

}  // namespace
}  // namespace holdfast::server::live
