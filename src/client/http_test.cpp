#include "client/http.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <future>
#include <optional>
#include <thread>

#include "client/peer_for_tests.h"

namespace holdfast::client {
namespace {

using namespace std::chrono_literals;

const Request get{.target = "/v1/leases/job"};
const Request post{.method = "POST", .target = "/v1/acquire/job", .body = boost::json::value{{"owner", "bob"}}};

Request repeatable(Request request) {
  request.repeatable = true;
  return request;
}

/// A request made while `peer_does` plays the server.
template <class PeerDoes>
Result<Response> ask(Connection& connection, const Request& request, PeerDoes peer_does, Deadline deadline = soon()) {
  auto playing = std::async(std::launch::async, std::move(peer_does));
  Result<Response> response = connection.request(request, deadline);
  playing.get();
  return response;
}

void expect_failure(const Result<Response>& response, ErrorCode code, Fate fate) {
  ASSERT_FALSE(response.has_value()) << response->status;
  EXPECT_EQ(response.error().name(), info_of(code).name) << response.error().text();
  EXPECT_EQ(response.error().fate(), fate);
}

TEST(Http, sends_json_with_its_length_and_host) {
  Peer peer;
  Connection connection(peer.url);
  std::string seen;
  const auto response = ask(connection, post, [&] {
    PeerEnd end = peer.accept();
    seen = end.read_request();
    end.answer(200, R"({"token":7})");
  });
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body.at("token").as_int64(), 7);
  EXPECT_EQ(seen, "POST /v1/acquire/job HTTP/1.1\r\nHost: " + peer.url.authority() +
                      "\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
                      R"({"owner":"bob"})");
}

TEST(Http, says_that_a_post_without_a_body_has_none) {
  Peer peer;
  Connection connection(peer.url);
  std::string seen;
  ASSERT_TRUE(ask(connection, {.method = "POST", .target = "/x"}, [&] {
                PeerEnd end = peer.accept();
                seen = end.read_request();
                end.answer(200, "{}");
              }).has_value());
  EXPECT_NE(seen.find("Content-Length: 0\r\n"), std::string::npos) << seen;
}

TEST(Http, keeps_its_connection) {
  Peer peer;
  Connection connection(peer.url);
  auto server = std::async(std::launch::async, [&] {
    PeerEnd end = peer.accept();
    int requests = 0;
    for (; !end.read_request().empty(); ++requests) end.answer(200, "{}");
    return requests;
  });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(connection.request(post, soon()).has_value());
  connection = Connection(peer.url);  // Closes it.
  EXPECT_EQ(server.get(), 3);
}

TEST(Http, understands_an_answer_that_comes_byte_by_byte_in_chunks_after_an_interim_one) {
  Peer peer;
  Connection connection(peer.url);
  const auto response = ask(connection, get, [&] {
    PeerEnd end = peer.accept();
    end.read_request();
    for (const char c : std::string_view("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 409 Conflict\r\nRetry-After: 3\r\n"
                                         "Transfer-Encoding: chunked\r\n\r\n6\r\n{\"code\r\n9\r\n\":\"held\"}\r\n"
                                         "0\r\n\r\n")) {
      end.send({&c, 1});
    }
  });
  ASSERT_TRUE(response.has_value()) << response.error().text();
  EXPECT_EQ(response->status, 409);
  EXPECT_EQ(response->retry_after, 3s);
  EXPECT_EQ(response->body.at("code").as_string(), "held");
}

TEST(Http, takes_the_end_of_the_connection_for_the_end_of_a_body_without_length) {
  Peer peer;
  Connection connection(peer.url);
  const auto response = ask(connection, get, [&] {
    PeerEnd end = peer.accept();
    end.read_request();
    end.send("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}");
  });
  ASSERT_TRUE(response.has_value()) << response.error().text();
  EXPECT_EQ(response->body.at("a").as_int64(), 1);
}

TEST(Http, is_not_done_where_nobody_listens) {
  Peer peer;
  peer.close();
  Connection connection(peer.url);
  expect_failure(connection.request(post, soon()), ErrorCode::unreachable, Fate::not_done);
}

TEST(Http, is_not_done_where_the_host_has_no_address) {
  Connection connection({"no-such-host.invalid", 7420});
  const auto response = connection.request(post, soon());
  expect_failure(response, ErrorCode::unreachable, Fate::not_done);
  EXPECT_NE(response.error().where.find("looking up no-such-host.invalid"), std::string::npos);
}

TEST(Http, is_not_done_where_connecting_takes_too_long) {
  Peer peer(0);  // One may wait to be accepted, so the kernel lets a second wait for its handshake.
  Cancel cancel;
  Socket first(cancel);
  ASSERT_TRUE(first.connect(peer.url.host, peer.url.port, soon()).has_value());
  Connection connection(peer.url);
  expect_failure(connection.request(post, BootTime::now() + 100ms), ErrorCode::unreachable, Fate::not_done);
}

TEST(Http, is_maybe_done_where_no_answer_comes_in_time) {
  Peer peer;
  Connection connection(peer.url);
  const auto response = connection.request(repeatable(post), BootTime::now() + 100ms);
  expect_failure(response, ErrorCode::answer_lost, Fate::maybe_done);
  EXPECT_NE(response.error().where.find("no answer in time"), std::string::npos) << response.error().where;
}

TEST(Http, is_maybe_done_where_half_an_answer_does_not_become_a_whole_one_in_time) {
  Peer peer;
  Connection connection(peer.url);
  std::optional<PeerEnd> end;  // Open until after the deadline.
  expect_failure(ask(
                     connection, post,
                     [&] {
                       end.emplace(peer.accept());
                       end->read_request();
                       end->send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
                     },
                     BootTime::now() + 200ms),
                 ErrorCode::answer_lost, Fate::maybe_done);
}

TEST(Http, is_maybe_done_where_the_body_is_cut) {
  Peer peer;
  Connection connection(peer.url);
  expect_failure(ask(connection, repeatable(post),
                     [&] {
                       PeerEnd end = peer.accept();
                       end.read_request();
                       end.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"token\":7");
                     }),
                 ErrorCode::answer_lost, Fate::maybe_done);
  EXPECT_FALSE(peer.has_caller()) << "an answer had begun, so it is not asked again";
}

TEST(Http, is_maybe_done_where_the_connection_breaks_instead_of_an_answer) {
  for (const bool reset : {false, true}) {
    Peer peer;
    Connection connection(peer.url);
    expect_failure(ask(connection, post,
                       [&] {
                         PeerEnd end = peer.accept();
                         end.read_request();
                         if (reset) end.reset();
                       }),
                   ErrorCode::answer_lost, Fate::maybe_done);
  }
}

TEST(Http, is_maybe_done_where_the_answer_is_not_http_or_not_json_or_too_large) {
  for (const std::string_view bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"}) {
    Peer peer;
    Connection connection(peer.url);
    expect_failure(ask(connection, post,
                       [&] {
                         PeerEnd end = peer.accept();
                         end.read_request();
                         end.send(bytes);
                       }),
                   ErrorCode::bad_answer, Fate::maybe_done);
  }
}

TEST(Http, takes_the_early_answer_of_a_server_that_does_not_want_the_whole_request) {
  Peer peer;
  Connection connection(peer.url);
  const Request large{.method = "POST", .body = boost::json::string(64 << 20, 'x')};
  const auto response = ask(connection, large, [&] {
    PeerEnd end = peer.accept();
    end.answer(413, R"({"code":"body_too_large"})", "Connection: close\r\n");
    end.close();
  });
  // The kernel may throw the answer away with the connection; then the server had no whole request either.
  if (response) {
    EXPECT_EQ(response->status, 413);
  } else {
    expect_failure(response, ErrorCode::unreachable, Fate::not_done);
  }
}

/// A connection that is kept, and that the server has closed since.
struct Closed {
  Peer peer;
  Connection connection{peer.url};
  Closed() {
    EXPECT_TRUE(ask(connection, get, [this] {
                  PeerEnd end = peer.accept();
                  end.read_request();
                  end.answer(200, "{}");
                }).has_value());
  }
};

TEST(Http, opens_a_connection_again_that_was_closed_while_it_was_not_in_use) {
  Closed closed;
  const auto response = ask(closed.connection, post, [&] {
    PeerEnd end = closed.peer.accept();
    end.read_request();
    end.answer(200, "{}");
  });
  EXPECT_TRUE(response.has_value()) << "not repeatable, but nothing had been sent";
}

/// The server closes a kept connection in the moment in which it gets a second request; whether it answers a third
/// connection's is up to the test.
template <class Then>
Result<Response> closed_on_second(Peer& peer, const Request& second, Then then) {
  Connection connection(peer.url);
  auto server = std::async(std::launch::async, [&] {
    {
      PeerEnd end = peer.accept();
      end.read_request();
      end.answer(200, "{}");
      end.read_request();
    }
    then();
  });
  EXPECT_TRUE(connection.request(get, soon()).has_value());
  Result<Response> response = connection.request(second, soon());
  server.get();
  return response;
}

TEST(Http, sends_what_is_repeatable_once_more_on_a_new_connection) {
  Peer peer;
  const auto response = closed_on_second(peer, repeatable(post), [&] {
    PeerEnd end = peer.accept();
    end.read_request();
    end.answer(200, R"({"again":true})");
  });
  ASSERT_TRUE(response.has_value()) << response.error().text();
  EXPECT_TRUE(response->body.at("again").as_bool());
}

TEST(Http, never_sends_twice_what_is_not_repeatable) {
  Peer peer;
  expect_failure(closed_on_second(peer, post, [] {}), ErrorCode::answer_lost, Fate::maybe_done);
  EXPECT_FALSE(peer.has_caller());
}

TEST(Http, asks_again_once_and_no_more) {
  Peer peer;
  const auto response = closed_on_second(peer, repeatable(post), [&] {
    PeerEnd end = peer.accept();
    end.read_request();
  });
  expect_failure(response, ErrorCode::answer_lost, Fate::maybe_done);
  EXPECT_FALSE(peer.has_caller());
}

TEST(Http, is_cancelled_at_once_and_for_good) {
  Peer peer;
  Connection connection(peer.url);
  std::optional<PeerEnd> end;
  expect_failure(ask(connection, post,
                     [&] {
                       end.emplace(peer.accept());
                       end->read_request();
                       connection.cancel();
                     }),
                 ErrorCode::answer_lost, Fate::maybe_done);
  const auto later = connection.request(post, soon());
  ASSERT_FALSE(later.has_value());
  EXPECT_NE(later.error().where.find("cancelled"), std::string::npos) << later.error().where;
}

}  // namespace
}  // namespace holdfast::client
