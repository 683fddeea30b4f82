#include "server/http/wire.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace holdfast::server::http {
namespace {

using Step = RequestReader::Step;

class Reader : public ::testing::Test {
 protected:
  void give(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::span<char> space = reader_.space();
      const std::size_t some = std::min(space.size(), bytes.size());
      std::ranges::copy(bytes.substr(0, some), space.begin());
      reader_.received(some);
      bytes.remove_prefix(some);
    }
  }
  Step step() {
    Result<Step> step = reader_.next();
    EXPECT_TRUE(step);
    return step.value_or(Step::starved);
  }
  ErrorCode refusal() {
    const Result<Step> step = reader_.next();
    return step ? ErrorCode::none : step.error().code;
  }

  RequestReader reader_{200, 10};
};

TEST_F(Reader, finds_a_request_that_comes_byte_by_byte) {
  const std::string_view text = "POST /v1/x?y=1 HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\nabc";
  int headers = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    give(text.substr(i, 1));
    Step found = step();
    headers += found == Step::header ? 1 : 0;
    if (found == Step::header) found = step();
    ASSERT_EQ(found, Step::starved) << i;
  }
  give(text.substr(text.size() - 1));
  EXPECT_EQ(step(), Step::complete);
  EXPECT_EQ(headers, 1);
  const Request request = reader_.request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/v1/x?y=1");
  EXPECT_EQ(request.host, "here");
  EXPECT_EQ(request.body, "abc");
  EXPECT_TRUE(request.keep_alive);
}

TEST_F(Reader, keeps_what_follows_a_request_for_the_next_one) {
  give("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(step(), Step::complete);
  EXPECT_EQ(reader_.request().target, "/a");
  EXPECT_TRUE(reader_.has_bytes());
  reader_.begin();
  EXPECT_EQ(step(), Step::complete);
  EXPECT_EQ(reader_.request().target, "/b");
  EXPECT_FALSE(reader_.request().keep_alive);
  EXPECT_FALSE(reader_.has_bytes());
}

TEST_F(Reader, tells_that_the_peer_waits_before_it_sends_its_body) {
  give("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(step(), Step::header);
  EXPECT_TRUE(reader_.expects_continue());
  EXPECT_EQ(step(), Step::starved);
}

TEST_F(Reader, refuses_a_length_that_can_be_read_in_two_ways) {
  give("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na");
  EXPECT_EQ(refusal(), ErrorCode::bad_request);
}

TEST_F(Reader, keeps_header_and_body_within_their_limits) {
  give("GET / HTTP/1.1\r\nHost: " + std::string(300, 'h') + "\r\n\r\n");
  EXPECT_EQ(refusal(), ErrorCode::headers_too_large);
  RequestReader other(200, 10);
  std::swap(reader_, other);
  give("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(refusal(), ErrorCode::body_too_large);
}

TEST_F(Reader, sees_a_second_host) {
  give("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  EXPECT_EQ(step(), Step::complete);
  EXPECT_FALSE(reader_.request().one_host_at_most);
}

TEST(BodyBound, is_that_of_what_is_asked_and_known_before_the_body_comes) {
  const auto refusal = [](std::string_view bytes) {
    RequestReader reader(200, [](std::string_view method, std::string_view target) {
      return std::size_t{method == "PUT" && target == "/large" ? 20U : 10U};
    });
    std::ranges::copy(bytes, reader.space().begin());
    reader.received(bytes.size());
    for (;;) {
      const Result<Step> step = reader.next();
      if (!step) return step.error().code;
      if (*step != Step::header) return ErrorCode::none;
    }
  };
  EXPECT_EQ(refusal("PUT /large HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n"), ErrorCode::none);
  EXPECT_EQ(refusal("PUT /large HTTP/1.1\r\nHost: h\r\nContent-Length: 21\r\n\r\n"), ErrorCode::body_too_large);
  EXPECT_EQ(refusal("PUT /small HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"), ErrorCode::body_too_large);
  EXPECT_EQ(refusal("POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"), ErrorCode::body_too_large);
  const std::string chunks = "Host: h\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n";
  EXPECT_EQ(refusal("PUT /large HTTP/1.1\r\n" + chunks + "0\r\n\r\n"), ErrorCode::none);
  EXPECT_EQ(refusal("PUT /large HTTP/1.1\r\n" + chunks + "5\r\n12345\r\n0\r\n\r\n"), ErrorCode::body_too_large);
  EXPECT_EQ(refusal("PUT /small HTTP/1.1\r\n" + chunks + "0\r\n\r\n"), ErrorCode::body_too_large);
}

}  // namespace
}  // namespace holdfast::server::http
