#include "verify/http_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;
using recording::Outcome;
using recording::What;
using testing::HasSubstr;

/// Listens on loopback and answers one connection from a script, request by request.
class Peer {
 public:
  explicit Peer(std::vector<std::string> answers) {
    listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::listen(listening_, 8);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::jthread([this, answers = std::move(answers)] { serve(answers); });
  }
  ~Peer() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
  }
  std::uint16_t port = 0;
  std::vector<std::string> requests;  ///< To be looked at when all of them are answered.
  std::atomic<int> whole = 0;         ///< Of them have come up to their last byte.

 private:
  /// An answer that begins with `close` closes the connection behind the rest of it.
  void serve(const std::vector<std::string>& answers) {
    int connection = -1;
    for (std::string answer : answers) {
      if (connection < 0) connection = ::accept(listening_, nullptr, nullptr);
      if (connection < 0) return;
      requests.push_back(read_request(connection));
      ++whole;
      const bool closes = answer.starts_with("close");
      if (closes) answer.erase(0, 5);
      EXPECT_EQ(::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
      if (closes) ::close(std::exchange(connection, -1));
    }
    if (connection >= 0) {
      char byte = 0;
      (void)::recv(connection, &byte, 1, 0);  // Until the client goes.
      ::close(connection);
    }
  }
  static std::string read_request(int connection) {
    std::string request;
    char byte = 0;
    while (request.find("\r\n\r\n") == std::string::npos && ::recv(connection, &byte, 1, 0) == 1) request += byte;
    const std::size_t at = request.find("Content-Length: ");
    std::size_t body = at == std::string::npos ? 0 : std::stoul(request.substr(at + 16));
    while (body-- > 0 && ::recv(connection, &byte, 1, 0) == 1) request += byte;
    return request;
  }
  int listening_ = -1;
  std::jthread thread_;
};

std::string answer(int status, std::string_view body, std::string_view headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " So\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string{headers} + "\r\n" + std::string{body};
}

HttpLock described(std::uint16_t port, std::vector<std::pair<std::string, std::string>> lines = {}) {
  HttpLock lock;
  lines.insert(lines.begin(), {{"server", "http://127.0.0.1:" + std::to_string(port)},
                               {"acquire", "POST /locks/{name} {\"who\": \"{client}\", \"ttl\": {ttl_ms}}"},
                               {"release", "DELETE /locks/{name}?who={client}"}});
  for (const auto& [key, value] : lines) {
    const std::string values[] = {value};
    const Result<void> set = lock.set(key, values);
    EXPECT_TRUE(set) << set.error().where;
  }
  const Result<void> whole = lock.complete();
  EXPECT_TRUE(whole) << whole.error().where;
  return lock;
}

Heard ask(Session& session, const Ask& what) {
  Ticket none;
  return session.ask(what, none);
}

TEST(HttpLock, fills_in_requests_and_finds_tokens_and_holders_in_answers) {
  Peer peer(
      {answer(200, R"({"lease": {"fence": 7}, "owner": "c01"})"), answer(409, R"({"owner": "c02"})"), answer(200, "")});
  const auto target =
      make_http_target(described(peer.port, {{"release", "DELETE /locks/{name}?who={client}&token={token}"},
                                             {"token", "lease.fence"},
                                             {"holder", "owner"},
                                             {"headers", "Authorization: Bearer x{client}"}}));
  const auto session = target->session("c01");
  const Heard granted = ask(*session, {.name = "a b", .ttl = 1500ms});
  EXPECT_EQ(granted.outcome, Outcome::ok);
  EXPECT_EQ(granted.grip.token, 7U);
  const Heard refused = ask(*session, {.name = "a"});
  EXPECT_EQ(refused.outcome, Outcome::busy);
  EXPECT_EQ(refused.holder, "c02");
  EXPECT_EQ(ask(*session, {.what = What::release, .name = "a", .grip = granted.grip}).outcome, Outcome::ok);
  ASSERT_EQ(peer.requests.size(), 3U);
  EXPECT_THAT(peer.requests[0], HasSubstr("POST /locks/a%20b HTTP/1.1\r\n"));
  EXPECT_THAT(peer.requests[0], HasSubstr("\r\n\r\n{\"who\": \"c01\", \"ttl\": 1500}"));
  EXPECT_THAT(peer.requests[0], HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(peer.requests[0], HasSubstr("Authorization: Bearer xc01\r\n"));
  EXPECT_THAT(peer.requests[2], HasSubstr("DELETE /locks/a?who=c01&token=7 HTTP/1.1\r\n"));
}

TEST(HttpLock, reads_meanings_from_status_and_fields) {
  const auto outcome = [](std::string text, const HttpLock& lock) {
    Peer peer({std::move(text)});
    HttpLock there = lock;
    there.server.port = peer.port;
    return ask(*make_http_target(std::move(there))->session("c01"), {.name = "a"}).outcome;
  };
  const HttpLock fields = described(1, {{"granted", "2xx got=true"}, {"held", "200 got=false"}});
  EXPECT_EQ(outcome(answer(201, R"({"got": true})"), fields), Outcome::ok);
  EXPECT_EQ(outcome(answer(200, R"({"got": false})"), fields), Outcome::busy);
  EXPECT_EQ(outcome(answer(200, "nonsense"), fields), Outcome::unknown);
  EXPECT_EQ(outcome(answer(400, "{}"), fields), Outcome::error);
  EXPECT_EQ(outcome(answer(500, "{}"), fields), Outcome::unknown);
  const HttpLock holders = described(1, {{"granted", "holder={client}"}, {"held", "200"}});
  EXPECT_EQ(outcome(answer(200, R"({"holder": "c02"})"), holders), Outcome::busy);
  const HttpLock mine = described(1, {{"granted", "200 holder={client}"}});
  EXPECT_EQ(outcome(answer(200, R"({"holder": "c01"})"), mine), Outcome::ok);
  EXPECT_EQ(outcome(answer(200, R"({"holder": "c02"})"), mine), Outcome::unknown);
}

TEST(HttpLock, tells_what_was_never_sent_from_what_was_lost) {
  std::uint16_t nobody_there = 0;
  {
    const Peer gone({});
    nobody_there = gone.port;
  }
  const Heard refused = ask(*make_http_target(described(nobody_there))->session("c01"), {.name = "a"});
  EXPECT_EQ(refused.outcome, Outcome::error);
  EXPECT_TRUE(refused.unreachable);

  const Peer silent({"close"});
  const Heard lost = ask(*make_http_target(described(silent.port))->session("c01"), {.name = "a"});
  EXPECT_EQ(lost.outcome, Outcome::unknown);
  EXPECT_FALSE(lost.came);
}

TEST(HttpLock, goes_on_over_a_new_connection_where_the_server_closes_each) {
  Peer peer({"close" + answer(200, "{}", "Connection: close\r\n"), "close" + answer(409, "{}", "Connection: close\r\n"),
             "closeHTTP/1.0 200 OK\r\n\r\nuntil the end"});
  const auto session = make_http_target(described(peer.port));
  const auto client = session->session("c01");
  EXPECT_EQ(ask(*client, {.name = "a"}).outcome, Outcome::ok);
  EXPECT_EQ(ask(*client, {.name = "a"}).outcome, Outcome::busy);
  const Heard last = ask(*client, {.name = "a"});
  EXPECT_EQ(last.outcome, Outcome::ok);
  EXPECT_EQ(last.words, "200 until the end");
}

TEST(HttpLock, holds_back_the_last_byte_until_all_have_come_to_the_gate) {
  Peer peer({answer(200, "{}")});
  const auto target = make_http_target(described(peer.port));
  const auto session = target->session("c01");
  Gate gate(2);
  auto asking = std::async(std::launch::async, [&] {
    Ticket ticket(&gate);
    return session->ask({.name = "a"}, ticket);
  });
  EXPECT_EQ(asking.wait_for(100ms), std::future_status::timeout);
  EXPECT_EQ(peer.whole, 0) << "the last byte was sent before the gate opened";
  Ticket other(&gate);
  other.pass({});
  EXPECT_EQ(asking.get().outcome, Outcome::ok);
}

TEST(HttpLock, hangs_up_while_a_request_is_under_way) {
  Peer peer({"", ""});
  const auto target = make_http_target(described(peer.port));
  const auto session = target->session("c01");
  auto asking = std::async(std::launch::async, [&] { return ask(*session, {.name = "a"}); });
  const auto begin = std::chrono::steady_clock::now();
  while (asking.wait_for(1ms) != std::future_status::ready) session->hang_up();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s) << "it ended for want of patience";
  const Heard heard = asking.get();
  EXPECT_FALSE(heard.outcome == Outcome::ok || heard.outcome == Outcome::busy) << heard.words;
}

TEST(HttpAnswerBytes, are_read_in_every_form_and_never_before_they_are_whole) {
  const std::string whole = answer(200, "abc", "X-Token: 5\r\n");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto part = take_http_answer(std::string_view(whole).substr(0, size), false);
    ASSERT_TRUE(part);
    EXPECT_EQ(part->status, 0) << size;
    EXPECT_FALSE(take_http_answer(std::string_view(whole).substr(0, size), true)) << "cut off at " << size;
  }
  const auto read = take_http_answer(whole, false);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->body, "abc");
  EXPECT_EQ(find_in(*read, "header:X-TOKEN"), "5");
  EXPECT_EQ(find_in(*read, "body"), "abc");
  const auto chunked = take_http_answer(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n", false);
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->body, "abcde");
  const auto continued = take_http_answer("HTTP/1.1 100 Continue\r\n\r\n" + whole, false);
  ASSERT_TRUE(continued);
  EXPECT_EQ(continued->body, "abc");
  EXPECT_FALSE(take_http_answer("SSH-2.0-OpenSSH\r\n\r\n", false));
}

TEST(HttpDescription, says_what_is_wrong_with_a_line) {
  const auto why = [](std::string_view key, std::string value) {
    HttpLock lock;
    const std::string values[] = {std::move(value)};
    const Result<void> set = lock.set(key, values);
    return set ? std::string{"nothing"} : set.error().where;
  };
  EXPECT_THAT(why("aquire", "POST /x"), HasSubstr("there is no 'aquire'"));
  EXPECT_THAT(why("acquire", "/locks"), HasSubstr("must begin with a method"));
  EXPECT_THAT(why("acquire", "POST locks"), HasSubstr("path that begins with /"));
  EXPECT_THAT(why("acquire", "POST /locks/{nme}"), HasSubstr("there is no {nme}"));
  EXPECT_THAT(why("granted", "ok"), HasSubstr("write a status"));
  EXPECT_THAT(why("server", "https://x"), HasSubstr("only http://"));
  EXPECT_THAT(why("server", "http://x:0"), HasSubstr("port"));
  EXPECT_THAT(why("ttl", "2 parsecs"), HasSubstr("is no time"));
  EXPECT_THAT(why("fifo", "yes"), HasSubstr("true or false"));
  EXPECT_THAT(why("headers", "Bearer x"), HasSubstr("is no header"));
  HttpLock lock;
  EXPECT_THAT(lock.complete().error().where, HasSubstr("'server' is missing"));
}

TEST(HttpDescription, misses_where_a_token_that_is_used_comes_from) {
  HttpLock lock;
  const std::vector<std::pair<std::string, std::string>> lines{
      {"server", "http://x"}, {"acquire", "POST /x"}, {"release", "POST /y {\"token\": {token}}"}};
  for (const auto& [key, value] : lines) {
    const std::string values[] = {value};
    ASSERT_TRUE(lock.set(key, values));
  }
  EXPECT_THAT(lock.complete().error().where, HasSubstr("'token' does not say"));
}

}  // namespace
}  // namespace holdfast::verify
