// Many requests in one write: decided together, answered in their order, and each as if it had come alone.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::request_text;
using support::Response;
using support::ServerProcess;
using support::Talk;
using testing::HasSubstr;

std::string body(std::string_view owner, std::string_view more = "") {
  return fmt::format(R"({{"owner": "{0}", "session": "{0}1"{1}}})", owner, more);
}
std::string acquire(std::string_view name, std::string_view owner, std::string_view more = "") {
  return request_text("POST", fmt::format("/v1/acquire/{}", name), body(owner, more));
}
std::string with_token(std::string_view what, std::string_view name, std::string_view owner, std::uint64_t token) {
  return request_text("POST", fmt::format("/v1/{}/{}", what, name),
                      body(owner, fmt::format(R"(, "token": {})", token)));
}

/// How many pieces of an answer have come: one write is one of them on loopback, where 64 KiB fit into each.
std::uint32_t pieces(const Talk& talk) {
  tcp_info info{};
  socklen_t size = sizeof info;
  EXPECT_EQ(::getsockopt(talk.socket(), IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return info.tcpi_data_segs_in;
}

class Pipeline : public testing::Test {
 protected:
  static std::unique_ptr<ServerProcess> serve(std::vector<std::string> arguments = {"--journal", "memory"}) {
    return std::make_unique<ServerProcess>(ServerProcess::How{.arguments = std::move(arguments)});
  }
  static double figure(std::uint16_t port, const std::string& name) {
    const std::string all = Talk(port).get("/metrics").body;
    const std::size_t at = all.find('\n' + name + ' ');
    EXPECT_NE(at, std::string::npos) << name;
    return std::stod(all.substr(at + name.size() + 2));
  }

  std::unique_ptr<ServerProcess> server_ = serve();
  std::unique_ptr<Talk> talk_ = std::make_unique<Talk>(server_->port());
};

/// What two servers say of the same must not differ in; their tokens are counted from the first.
std::string told(const Response& response, std::uint64_t first) {
  std::string out = fmt::format("{}", response.status);
  if (!response.body.starts_with('{') || response.body.find("openapi") != std::string::npos) {
    return out + ' ' + response.body;
  }
  const boost::json::value document = response.json();
  for (const auto& member : document.as_object()) {
    const std::string_view key{member.key().data(), member.key().size()};
    const bool of_the_moment =
        key == "since" || key == "deadline_in_ms" || key == "detail" || key == "waited_ms" || key == "held_ms";
    if (of_the_moment) continue;
    if (key == "position") {
      const std::string position{member.value().as_string()};
      out += " position=" + position.substr(position.find('.'));
    } else if (member.value().is_int64() && member.value().as_int64() >= static_cast<std::int64_t>(first)) {
      out += fmt::format(" {}=first+{}", key, member.value().as_int64() - static_cast<std::int64_t>(first));
    } else if (key != "leases" && key != "holdings") {
      out += fmt::format(" {}={}", key, boost::json::serialize(member.value()));
    } else {
      out += fmt::format(" {}:{}", key, member.value().as_array().size());
    }
  }
  return out;
}

/// Everything that a request may be: decided at once, refused, malformed in its form, waiting, listing, in steps.
std::vector<std::string> requests_of_every_kind(std::uint64_t first) {
  return {
      acquire("a", "alice"),
      acquire("a", "bob"),
      with_token("renew", "a", "alice", first + 1),
      request_text("GET", "/livez"),
      request_text("GET", "/v1/leases/a"),
      acquire("b", "alice"),
      request_text("GET", "/v1/leases?prefix=b"),
      with_token("release", "a", "alice", first + 1),
      acquire("a", "bob"),
      with_token("renew", "a", "alice", first + 1),
      request_text("GET", "/no/such/path"),
      acquire("c", "alice", R"(, "ttl": 5)"),
      acquire("a", "carol", R"(, "wait_ms": 1)"),
      request_text("GET", "/v1/history/a?limit=1&owner=nobody"),
      acquire("c", "alice"),
      request_text("POST", "/v1/sessions/alice1/renew", R"({"owner": "alice"})"),
      request_text("GET", "/readyz"),
      request_text("POST", "/v1/sessions/alice1/end", R"({"owner": "alice"})"),
      request_text("GET", "/v1/openapi.json"),
      request_text("GET", "/v1/leases/b"),
      request_text("DELETE", "/v1/leases/b"),
      with_token("check", "a", "bob", first + 3),
      with_token("release", "a", "bob", first + 3),
      request_text("GET", "/v1/leases"),
  };
}

TEST_F(Pipeline, of_requests_of_every_kind_is_answered_as_they_are_one_by_one) {
  const std::unique_ptr<ServerProcess> other = serve();
  Talk single(other->port());
  const std::uint64_t first = talk_->post("/v1/acquire/first", body("zoe")).token();
  const std::uint64_t others_first = single.post("/v1/acquire/first", body("zoe")).token();
  const std::vector<std::string> requests = requests_of_every_kind(first);
  const std::vector<std::string> others = requests_of_every_kind(others_first);
  std::string all;
  for (const std::string& request : requests) all += request;
  talk_->send(all);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    single.send(others[i]);
    EXPECT_EQ(told(talk_->receive(), first), told(single.receive(), others_first)) << requests[i];
  }
  EXPECT_EQ(talk_->get("/livez").status, 200) << "the connection goes on";
}

TEST_F(Pipeline, is_answered_with_one_write) {
  talk_->get("/livez");
  const std::uint32_t before = pieces(*talk_);
  std::string all;
  for (int i = 0; i < 30; ++i) all += acquire(fmt::format("p{}", i % 20), i % 3 == 0 ? "alice" : "bob");
  talk_->send(all + request_text("GET", "/livez"));
  for (int i = 0; i < 30; ++i) EXPECT_EQ(talk_->receive().field("name"), fmt::format("p{}", i % 20));
  EXPECT_EQ(talk_->receive().body, "ok\n");
  EXPECT_EQ(pieces(*talk_) - before, 1U);
}

TEST_F(Pipeline, is_made_durable_with_one_write_of_the_journal) {
  const support::ScratchDirectory scratch;
  const std::unique_ptr<ServerProcess> durable = serve({"--data", (scratch.path() / "data").string()});
  Talk talk(durable->port());
  talk.post("/v1/acquire/first", body("zoe"));
  const std::uint32_t pieces_before = pieces(talk);
  const double before = figure(durable->port(), "holdfast_journal_commit_seconds_count");
  std::string all;
  for (int i = 0; i < 30; ++i) all += acquire(fmt::format("p{}", i), "alice");
  talk.send(all);
  for (int i = 0; i < 30; ++i) EXPECT_EQ(talk.receive().status, 200);
  EXPECT_EQ(pieces(talk) - pieces_before, 1U);
  EXPECT_EQ(figure(durable->port(), "holdfast_journal_commit_seconds_count") - before, 1);
}

TEST_F(Pipeline, may_be_as_long_as_it_likes) {
  std::string all;
  constexpr int count = 1'000;
  for (int i = 0; i < count; ++i) all += acquire(fmt::format("long/{}", i), "alice");
  talk_->send(all);
  for (int i = 0; i < count; ++i) ASSERT_EQ(talk_->receive().field("name"), fmt::format("long/{}", i));
}

TEST_F(Pipeline, that_is_malformed_in_the_middle_is_answered_up_to_there_and_no_further) {
  for (const char* broken : {"GET /livez\r\n\r\n",
                             "POST /v1/acquire/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
                             "Content-Length: 2\r\n\r\n{}"}) {
    Talk talk(server_->port());
    talk.send(acquire("m1", "alice") + acquire("m2", "alice") + broken + acquire("behind", "alice"));
    EXPECT_EQ(talk.receive().field("name"), "m1");
    EXPECT_EQ(talk.receive().field("name"), "m2");
    const Response refused = talk.receive();
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.headers.at("connection"), "close");
    EXPECT_TRUE(talk.closed_within(10s));
    EXPECT_EQ(talk_->get("/v1/leases/behind").field("held"), "false");
  }
}

TEST_F(Pipeline, ends_where_a_request_says_that_it_is_the_last) {
  std::string last = acquire("last", "alice");
  last.insert(last.find("\r\n") + 2, "Connection: close\r\n");
  talk_->send(acquire("c1", "alice") + last + acquire("behind", "alice"));
  const Response one = talk_->receive();
  EXPECT_FALSE(one.headers.contains("connection"));
  EXPECT_EQ(talk_->receive().headers.at("connection"), "close");
  EXPECT_TRUE(talk_->closed_within(10s));
  EXPECT_EQ(Talk(server_->port()).get("/v1/leases/behind").field("held"), "false");
}

TEST_F(Pipeline, is_answered_though_the_request_behind_it_is_not_there_yet) {
  const std::string slow = acquire("slow", "bob");
  for (const std::size_t cut : {std::size_t{5}, slow.find("\r\n\r\n") + 4, slow.size() - 3}) {
    Talk talk(server_->port());
    talk.send(acquire("q1", "alice") + acquire("q2", "alice") + slow.substr(0, cut));
    EXPECT_EQ(talk.receive().field("name"), "q1");
    EXPECT_EQ(talk.receive().field("name"), "q2");
    talk.send(slow.substr(cut) + acquire("q3", "alice"));
    EXPECT_EQ(talk.receive().field("name"), "slow") << cut;
    EXPECT_EQ(talk.receive().field("name"), "q3") << cut;
  }
}

TEST_F(Pipeline, tells_whoever_asks_first_whether_to_send_its_body_to_go_on) {
  const std::string json = body("alice");
  talk_->send(acquire("e1", "alice") + acquire("e2", "alice") +
              fmt::format("POST /v1/acquire/e3 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                          "Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
                          json.size()));
  EXPECT_EQ(talk_->receive().field("name"), "e1");
  EXPECT_EQ(talk_->receive().field("name"), "e2");
  EXPECT_EQ(talk_->receive_head().status, 100);
  talk_->send(json);
  EXPECT_EQ(talk_->receive().field("name"), "e3");
}

TEST_F(Pipeline, that_ends_with_one_who_waits_is_answered_up_to_there_and_leaves_the_queue_with_its_peer) {  // L8
  talk_->post("/v1/acquire/job", body("zoe"));
  const auto waiting = [&] { return talk_->get("/v1/leases/job").field("waiting"); };
  Talk talk(server_->port());
  talk.send(acquire("w1", "alice") + acquire("job", "alice", R"(, "wait_ms": 600000)"));
  EXPECT_EQ(talk.receive().field("name"), "w1") << "before the wait is over";
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (waiting() != "1") ASSERT_LT(std::chrono::steady_clock::now(), until);
  talk.close();
  while (waiting() != "0") ASSERT_LT(std::chrono::steady_clock::now(), until) << "taken for there";
}

TEST_F(Pipeline, counts_each_of_its_requests) {
  std::string all;
  for (int i = 0; i < 10; ++i) all += acquire(i < 7 ? fmt::format("n{}", i) : "n0", i < 7 ? "alice" : "bob");
  all += request_text("GET", "/no/such/path");
  talk_->send(all);
  for (int i = 0; i < 11; ++i) talk_->receive();
  const auto counted = [&](const char* outcome) {
    return figure(
        server_->port(),
        fmt::format(R"(holdfast_requests_total{{operation="lease.acquire",door="http",outcome="{}"}})", outcome));
  };
  EXPECT_EQ(counted("done"), 7);
  EXPECT_EQ(counted("held"), 3);
  EXPECT_EQ(figure(server_->port(), "holdfast_bad_requests_total"), 1);
}

}  // namespace
}  // namespace holdfast
