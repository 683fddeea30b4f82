#include "client/lease.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <future>

#include "client/peer_for_tests.h"

namespace holdfast::client {
namespace {

using namespace std::chrono_literals;

/// What one call sends, and what it makes of the answer.
struct Exchange {
  int status = 200;
  std::string answer = "{}";
  std::string headers;
  std::string line;  ///< The request's first line, without the version.
  boost::json::value body;

  template <class Call>
  auto of(Call call) {
    Peer peer;
    HttpLeases leases(peer.url);
    auto server = std::async(std::launch::async, [&] {
      PeerEnd end = peer.accept();
      const std::string request = end.read_request();
      line = request.substr(0, request.find(" HTTP/1.1"));
      const std::string text = request.substr(request.find("\r\n\r\n") + 4);
      if (!text.empty()) body = boost::json::parse(text);
      end.answer(status, answer, headers);
    });
    auto result = call(leases);
    server.get();
    return result;
  }
};

Problem problem_from(int status, std::string json, std::string headers = {}) {
  Exchange exchange{.status = status, .answer = std::move(json), .headers = std::move(headers)};
  return exchange.of([](HttpLeases& leases) { return leases.get("job"); }).error();
}

TEST(Leases, ask_for_what_the_call_says_and_for_nothing_else) {
  Exchange exchange;
  const AcquireCall call{.name = "a b/ü%", .owner = "bob", .session = "s1", .ttl = 1500us, .wait = 2s, .note = "why"};
  ASSERT_TRUE(exchange.of([&](HttpLeases& leases) { return leases.acquire(call); }).has_value());
  EXPECT_EQ(exchange.line, "POST /v1/acquire/a%20b/%C3%BC%25");
  EXPECT_EQ(
      exchange.body,
      (boost::json::value{{"owner", "bob"}, {"session", "s1"}, {"ttl_ms", 2}, {"wait_ms", 2000}, {"note", "why"}}));
}

TEST(Leases, say_null_for_a_lease_without_end) {
  Exchange exchange;
  ASSERT_TRUE(exchange
                  .of([&](HttpLeases& leases) {
                    return leases.acquire({.name = "job", .owner = "bob", .session = {}, .ttl = std::nullopt});
                  })
                  .has_value());
  EXPECT_EQ(exchange.body, (boost::json::value{{"owner", "bob"}, {"ttl_ms", nullptr}}));
}

TEST(Leases, name_the_token_when_they_renew_and_release) {
  Exchange exchange{.status = 200, .answer = R"({"released":true})"};
  const TokenCall call{.name = "job", .token = 9007199254740991, .owner = "bob", .session = "s1", .ttl = 5s};
  ASSERT_TRUE(exchange.of([&](HttpLeases& leases) { return leases.renew(call, 5s); }).has_value());
  EXPECT_EQ(exchange.line, "POST /v1/renew/job");
  EXPECT_EQ(boost::json::serialize(exchange.body),
            R"({"token":9007199254740991,"owner":"bob","session":"s1","ttl_ms":5000})");
  const auto released = exchange.of([&](HttpLeases& leases) { return leases.release(call, 5s); });
  EXPECT_EQ(exchange.line, "POST /v1/release/job");
  EXPECT_TRUE(released.value().released);
}

TEST(Leases, read_a_grant) {
  Exchange exchange{
      .status = 200,
      .answer = R"({"name":"job","token":8,"previous":7,"owner":"bob","session":"s1","ttl_ms":30000,)"
                R"("deadline_in_ms":30030,"waited_ms":12,"since":"2026-02-05T18:09:25.395Z","joined":true,"new":[1]})"};
  const auto grant = exchange.of([](HttpLeases& leases) { return leases.get("job"); });
  ASSERT_TRUE(grant.has_value());
  EXPECT_EQ(grant->token, 8u);
  EXPECT_EQ(grant->previous, 7u);
  EXPECT_EQ(grant->session, "s1");
  EXPECT_EQ(grant->ttl, 30s);
  EXPECT_EQ(grant->ends_in, 30'030ms);
  EXPECT_EQ(grant->waited, 12ms);
  EXPECT_TRUE(grant->joined);
}

TEST(Leases, leave_empty_what_is_missing_or_of_another_type) {
  const Holding nothing = holding_of({});
  EXPECT_EQ(nothing.token, 0u);
  EXPECT_FALSE(nothing.previous || nothing.ttl || nothing.held);
  const Holding odd = holding_of(
      boost::json::parse(R"({"token":"8","previous":-1,"ttl_ms":null,"owner":5,"held":"yes","deadline_in_ms":1.5})")
          .as_object());
  EXPECT_EQ(odd.token, 0u);
  EXPECT_FALSE(odd.previous || odd.ttl || odd.ends_in || odd.held);
  EXPECT_EQ(odd.owner, "");
  const Holding endless = holding_of(boost::json::parse(R"({"ttl_ms":18446744073709551615})").as_object());
  EXPECT_GT(endless.ttl.value(), 24h) << "more than a Duration holds must not become less than nothing";
}

TEST(Leases, read_a_refusal_with_its_holder) {  // L11
  const Problem held =
      problem_from(409, R"({"code":"held","fate":"not_done","detail":"No.","name":"job","owner":"alice",)"
                        R"("session":"t","since":"x","note":"why","waiting":3,"deadline_in_ms":5000})");
  EXPECT_EQ(held.code, ErrorCode::held);
  EXPECT_TRUE(held.is_contention());
  EXPECT_FALSE(held.means_lost());
  EXPECT_EQ(held.holding.owner, "alice");
  EXPECT_EQ(held.holding.waiting, 3u);
  EXPECT_EQ(held.holding.ends_in, 5s);
}

TEST(Leases, read_why_a_token_is_stale) {  // L13
  const Problem stale =
      problem_from(409, R"({"code":"stale","fate":"not_done","because":"taken_over","newest":9,"owner":"alice"})");
  EXPECT_TRUE(stale.means_lost());
  EXPECT_EQ(stale.because, "taken_over");
  EXPECT_EQ(stale.holding.token, 9u);
}

TEST(Leases, read_who_wants_it_and_who_ended_it) {  // L9, L13
  const Holding wanted =
      holding_of(boost::json::parse(R"({"takeover":{"by":"bob","session":"s","reason":"why","ends_in_ms":1500},)"
                                    R"("request":{"by":"carol"},"because":"revoked","by":"admin","reason":"left"})")
                     .as_object());
  EXPECT_EQ(wanted.takeover.value().by, "bob");
  EXPECT_EQ(wanted.takeover->session, "s");
  EXPECT_EQ(wanted.takeover->reason, "why");
  EXPECT_EQ(wanted.takeover->ends_in, 1500ms);
  EXPECT_EQ(wanted.request, (AskedFor{"carol", ""}));
  EXPECT_EQ(wanted.ended_by, "admin");
  EXPECT_EQ(wanted.ended_reason, "left");
  EXPECT_FALSE(holding_of(boost::json::parse(R"({"takeover":7})").as_object()).takeover);
}

TEST(Leases, ask_for_a_takeover_with_the_holding_they_mean) {
  TakeoverCall call{
      .want = {.name = "a b", .owner = "bob", .session = "s", .ttl = {}, .note = {}, .metadata = {}, .holder = {}},
      .token = 7,
      .flush = 5s,
      .reason = "why"};
  const Request asked = takeover_request(call);
  EXPECT_EQ(asked.target, "/v1/takeover/a%20b");
  EXPECT_EQ(boost::json::serialize(*asked.body),
            R"({"owner":"bob","session":"s","ttl_ms":null,"reason":"why","token":7,"flush_ms":5000})");
  EXPECT_FALSE(asked.repeatable) << "of a window that was asked for twice nobody knows since when it was waited";
  call.flush = 0s;
  EXPECT_TRUE(takeover_request(call).repeatable);
  call.want.session.clear();
  EXPECT_FALSE(takeover_request(call).repeatable);
}

TEST(Leases, name_a_session_as_one_segment) {
  EXPECT_EQ(end_session_request({.session = "a/b c", .owner = "bob"}).target, "/v1/sessions/a%2Fb%20c/end");
}

TEST(Leases, take_the_fate_that_the_server_says_and_else_that_of_the_code) {  // L12
  EXPECT_EQ(problem_from(503, R"({"code":"commit_unknown","fate":"not_done"})").fate, Fate::not_done);
  EXPECT_EQ(problem_from(503, R"({"code":"commit_unknown"})").fate, Fate::maybe_done);
  EXPECT_EQ(problem_from(503, R"({"code":"stopping"})").fate, Fate::not_done);
}

TEST(Leases, understand_an_unknown_code_by_its_status) {
  const Problem newer = problem_from(409, R"({"code":"quota_exceeded","detail":"Too much."})");
  EXPECT_EQ(newer.name, "quota_exceeded");
  EXPECT_EQ(newer.fate, Fate::not_done);
  EXPECT_FALSE(newer.means_lost()) << "only what says that it is lost is a loss";
  EXPECT_EQ(problem_from(502, "{}").fate, Fate::maybe_done) << "of something between us and the server";
  EXPECT_EQ(problem_from(401, "{}").code, ErrorCode::not_yours);
  EXPECT_NE(problem_from(502, "[]").detail.find("502"), std::string::npos);
}

TEST(Leases, know_when_to_ask_again) {
  EXPECT_EQ(problem_from(429, R"({"code":"queue_full"})", "Retry-After: 7\r\n").retry_after, 7s);
  EXPECT_EQ(problem_from(429, R"({"code":"queue_full"})", "Retry-After: tomorrow\r\n").retry_after, std::nullopt);
}

TEST(Leases, do_not_take_an_answer_without_an_object_for_a_grant) {
  Exchange exchange{.status = 200, .answer = "[]"};
  const auto answer = exchange.of([](HttpLeases& leases) { return leases.get("job"); });
  EXPECT_EQ(answer.error().code, ErrorCode::bad_answer);
  EXPECT_EQ(answer.error().fate, Fate::maybe_done);
}

TEST(Leases, list_a_page_with_only_the_filters_that_are_set) {
  Exchange exchange{.status = 200, .answer = R"({"leases":[{"name":"a","held":true},5],"next":"a"})"};
  const auto page = exchange.of([](HttpLeases& leases) {
    return leases.list({.prefix = "x/y z", .owner = "b&c", .after = {}, .contended = true, .limit = 5});
  });
  EXPECT_EQ(exchange.line, "GET /v1/leases?prefix=x/y%20z&owner=b%26c&contended=1&limit=5");
  ASSERT_EQ(page.value().leases.size(), 1u);
  EXPECT_EQ(page->next, "a");
}

TEST(Leases, work_again_after_an_interrupt_and_a_reopening) {
  Peer peer;
  HttpLeases leases(peer.url);
  leases.interrupt();
  EXPECT_EQ(leases.get("job").error().code, ErrorCode::unreachable);
  leases.reopen();
  auto server = std::async(std::launch::async, [&] {
    PeerEnd interrupted = peer.accept();  // It had connected, and asked nothing.
    EXPECT_EQ(interrupted.read_request(), "");
    PeerEnd end = peer.accept();
    end.read_request();
    end.answer(200, "{}");
  });
  EXPECT_TRUE(leases.get("job").has_value());
  server.get();
}

TEST(Leases, wait_for_a_renewal_no_longer_than_they_are_told_to) {
  Peer peer;
  HttpLeases leases(peer.url);
  const auto answer = leases.renew({.name = "job", .token = 1, .owner = "bob", .session = {}}, 50ms);
  EXPECT_EQ(answer.error().code, ErrorCode::answer_lost);
}

}  // namespace
}  // namespace holdfast::client
