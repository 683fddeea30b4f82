#include "cli/load_wire.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace holdfast::cli {
namespace {

using State = HttpAnswer::State;

constexpr std::string_view good = "HTTP/1.1 409 Conflict\r\nContent-Length: 15\r\n\r\n{\"code\":\"held\"}";

TEST(ReadAnswer, finds_status_and_body) {
  const HttpAnswer answer = read_answer(good);
  EXPECT_EQ(answer.state, State::whole);
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body, R"({"code":"held"})");
  EXPECT_FALSE(answer.closes);
}

TEST(ReadAnswer, asks_for_more_at_every_place_where_it_may_be_cut) {
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(read_answer(good.substr(0, size)).state, State::cut_short) << size;
  }
}

TEST(ReadAnswer, sees_that_the_connection_ends) {
  EXPECT_TRUE(read_answer("HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 0\r\n\r\n").closes);
}

TEST(ReadAnswer, takes_nothing_else_for_an_answer) {
  for (const std::string_view bytes :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\ncontent-length: 0\r\n\r\n",
        "\r\n\r\n", "HTTP/1.1 \r\n\r\n", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"}) {
    EXPECT_EQ(read_answer(bytes).state, State::nonsense) << bytes;
  }
}

TEST(JsonField, gives_numbers_and_the_inside_of_strings) {
  constexpr std::string_view body = R"({"name":"a","token": 27,"last":null,"code":"held"})";
  EXPECT_EQ(json_field(body, "token"), "27");
  EXPECT_EQ(json_field(body, "code"), "held");
  EXPECT_EQ(json_field(body, "last"), "null");
  EXPECT_EQ(json_field(body, "owner"), "");
}

/// A wire, and the server's end of it.
struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    wire = Wire(client::Handle(ends[0]));
    server = client::Handle(ends[1]);
  }
  void say(std::string_view bytes) {
    EXPECT_EQ(::write(server.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  Wire wire{client::Handle()};
  client::Handle server;
};

TEST(Wire, puts_an_answer_together_that_comes_in_pieces) {
  Pair pair;
  EXPECT_EQ(pair.wire.receive(), Wire::Got::nothing_yet);
  pair.say(good.substr(0, 30));
  EXPECT_EQ(pair.wire.receive(), Wire::Got::nothing_yet);
  pair.say(good.substr(30));
  ASSERT_EQ(pair.wire.receive(), Wire::Got::answer);
  EXPECT_EQ(pair.wire.answer().body, R"({"code":"held"})");
}

TEST(Wire, keeps_nothing_of_one_answer_for_the_next) {
  Pair pair;
  pair.say(good);
  ASSERT_EQ(pair.wire.receive(), Wire::Got::answer);
  pair.say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  ASSERT_EQ(pair.wire.receive(), Wire::Got::answer);
  EXPECT_EQ(pair.wire.answer().status, 200);
  EXPECT_EQ(pair.wire.answer().body, "ok");
}

TEST(Wire, says_that_the_peer_has_closed) {
  Pair pair;
  pair.server.close();
  EXPECT_EQ(pair.wire.receive(), Wire::Got::closed);
  EXPECT_FALSE(pair.wire.send("GET / HTTP/1.1\r\n\r\n"));
}

}  // namespace
}  // namespace holdfast::cli
