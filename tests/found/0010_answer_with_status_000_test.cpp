// An answer with the status 000 was taken for one: by a stream as a refusal, whose status then said that no answer had
// come at all, and so that nothing had happened; by a connection as a sign that more would follow.
//
// Found by fuzzing tests/fuzz/targets/answers.cpp.
#include <gtest/gtest.h>

#include <thread>

#include "client/peer_for_tests.h"
#include "client/stream.h"

namespace holdfast::client {
namespace {

constexpr std::string_view no_answer = "HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\n{}";

TEST(FoundAnswerWithStatus000, is_none_to_a_connection) {
  Peer peer;
  Connection connection(peer.url);
  const std::jthread server([&] {
    PeerEnd end = peer.accept();
    end.read_request();
    end.send(no_answer);
  });
  const auto response = connection.request({.method = "POST"}, soon());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::bad_answer);
  EXPECT_EQ(response.error().fate(), Fate::maybe_done);
}

TEST(FoundAnswerWithStatus000, is_none_to_a_stream) {
  Peer peer;
  Stream stream(peer.url);
  const std::jthread server([&] {
    PeerEnd end = peer.accept();
    end.read_request();
    end.send(no_answer);
  });
  const auto opened = stream.open({}, soon());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::bad_answer);
}

}  // namespace
}  // namespace holdfast::client
