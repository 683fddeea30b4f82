// Whatever cannot be understood is refused with a code and the field's name, changes nothing, and disturbs nobody.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::request_text;
using support::Response;
using support::Talk;
using testing::HasSubstr;

std::string repeated(std::string_view text, std::size_t times) {
  std::string made;
  for (std::size_t i = 0; i < times; ++i) made += text;
  return made;
}

std::string percent(std::string_view bytes) {
  std::string made;
  for (const char c : bytes) made += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return made;
}

/// One server for all of them: each leaves it as it was. `alice` holds `mine`, and so it stays.
class BadInput : public testing::Test {
 protected:
  void SetUp() override {
    server_ =
        std::make_unique<support::ServerProcess>(support::ServerProcess::How{.arguments = {"--journal", "memory"}});
    talk_ = std::make_unique<Talk>(server_->port());
    other_ = std::make_unique<Talk>(server_->port());
    token_ = other_->post("/v1/acquire/mine", R"({"owner": "alice", "session": "s"})").token();
    others_token_ = other_->post("/v1/acquire/theirs", R"({"owner": "bob", "session": "b"})").token();
    before_ = state();
  }

  /// Everything there is to see; the position in it counts every change.
  std::string state() {
    const boost::json::value page = other_->get("/v1/leases").json();
    return boost::json::serialize(page.at("position")) + other_->get("/v1/leases/mine").field("owner") +
           boost::json::serialize(page.at("leases").at(0).at("token"));
  }

  struct Wanted {
    int status;
    std::string code;
    std::string field{};
  };
  void expect_refusal(const std::string& request, const Wanted& wanted) {
    SCOPED_TRACE(request.substr(0, 300));
    talk_->send(request);
    const Response answer = talk_->receive();
    EXPECT_EQ(answer.status, wanted.status) << answer.body;
    EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
    EXPECT_EQ(answer.field("code"), wanted.code) << answer.body;
    EXPECT_EQ(answer.field("field"), wanted.field) << answer.body;
    EXPECT_EQ(answer.field("fate"), "not_done");
    EXPECT_FALSE(answer.field("detail").empty());
    EXPECT_EQ(state(), before_) << "something changed";
    // The connection goes on.
    EXPECT_EQ(talk_->get("/v1/leases/mine").field("owner"), "alice");
  }
  void expect_refusal(const std::string& target, const std::string& body, const Wanted& wanted) {
    expect_refusal(request_text("POST", target, body), wanted);
  }
  static std::string with_header(const std::string& request, const std::string& header) {
    const std::size_t line = request.find("\r\n") + 2;
    return request.substr(0, line) + header + "\r\n" + request.substr(line);
  }

  std::unique_ptr<support::ServerProcess> server_;
  std::unique_ptr<Talk> talk_;
  std::unique_ptr<Talk> other_;
  std::uint64_t token_ = 0;
  std::uint64_t others_token_ = 0;
  std::string before_;
};

TEST_F(BadInput, names) {
  const std::string alice = R"({"owner": "alice"})";
  for (const std::string& name :
       {percent("a\nb"), percent("a\x7f"), percent("\xc2\x85"), percent("\xe2\x80\xa8"), std::string("a//b"),
        std::string("/a"), std::string("a/"), std::string("a/./b"), std::string("../a"), percent("a/../b"),
        std::string("a%2F%2Fb"), std::string(513, 'n'), percent("\xff\xfe"), percent("\xc3"), std::string("a%2"),
        std::string("a%zz"), percent("\xed\xa0\x80"), repeated(percent("\xc3\xa9"), 257)}) {
    expect_refusal("/v1/acquire/" + name, alice, {400, "bad_name", "name"});
  }
  for (const char* verb : {"renew", "release"}) {
    expect_refusal(fmt::format("/v1/{}/a//b", verb), R"({"owner": "alice", "token": 1})", {400, "bad_name", "name"});
  }
  expect_refusal("/v1/check/a//b", R"({"token": 1})", {400, "bad_name", "name"});
  expect_refusal(request_text("GET", "/v1/leases/a//b"), {400, "bad_name", "name"});
}

TEST_F(BadInput, ttl_and_wait) {
  for (const char* ttl :
       {"0", "99", "-1", "86400001", "1e3", "30.5", "\"30000\"", "true", "[]", "99999999999999999999"}) {
    expect_refusal("/v1/acquire/x", fmt::format(R"({{"owner": "alice", "ttl_ms": {}}})", ttl),
                   {400, "bad_field", "ttl_ms"});
  }
  for (const char* wait : {"-1", "600001", "0.5", "\"1\"", "null"}) {
    expect_refusal("/v1/acquire/x", fmt::format(R"({{"owner": "alice", "wait_ms": {}}})", wait),
                   {400, "bad_field", "wait_ms"});
  }
  expect_refusal("/v1/renew/mine", fmt::format(R"({{"owner": "alice", "token": {}, "ttl_ms": 0}})", token_),
                 {400, "bad_field", "ttl_ms"});
}

TEST_F(BadInput, of_names_that_change_hands) {
  expect_refusal("/v1/takeover/mine", R"({"owner": "bob"})", {422, "reason_missing", "reason"});
  expect_refusal("/v1/takeover/mine", R"({"owner": "bob", "reason": "x"})", {422, "token_needed", "token"});
  expect_refusal("/v1/takeover/mine", R"({"owner": "bob", "reason": "x", "token": 1})", {409, "stale"});
  expect_refusal("/v1/takeover/mine", R"({"owner": "bob", "reason": "x", "flush_ms": 30001})",
                 {400, "bad_field", "flush_ms"});
  expect_refusal("/v1/transfer/mine", fmt::format(R"({{"owner": "alice", "token": {}, "to": "alice"}})", token_),
                 {422, "to_oneself", "to"});
  expect_refusal("/v1/transfer/mine", fmt::format(R"({{"owner": "alice", "token": {}}})", token_),
                 {400, "missing_field", "to"});
  expect_refusal("/v1/move/mine", fmt::format(R"({{"owner": "alice", "token": {}}})", token_),
                 {400, "missing_field", "session"});
  expect_refusal("/v1/revoke/mine", R"({"owner": "admin"})", {422, "reason_missing", "reason"});
  expect_refusal("/v1/request/nobodys", R"({"owner": "bob"})", {404, "nothing_held"});
  expect_refusal("/v1/sessions/unheard-of/renew", R"({"owner": "bob"})", {404, "nothing_of_session"});
}

TEST_F(BadInput, fields) {
  expect_refusal("/v1/acquire/x", R"({"owner": "alice", "tttl_ms": 5})", {400, "unknown_field", "tttl_ms"});
  expect_refusal("/v1/acquire/x", R"({"owner": "alice", "owner": "bob"})", {400, "duplicate_field", "owner"});
  expect_refusal("/v1/acquire/x", R"({"owner": "alice", "ttl_ms": 500, "ttl_ms": 500})",
                 {400, "duplicate_field", "ttl_ms"});
  expect_refusal("/v1/acquire/x", "{}", {400, "owner_missing", "owner"});
  expect_refusal(request_text("POST", "/v1/acquire/x"), {400, "owner_missing", "owner"});
  expect_refusal("/v1/acquire/x", R"({"owner": ""})", {400, "bad_field", "owner"});
  expect_refusal("/v1/acquire/x", R"({"owner": 7})", {400, "bad_field", "owner"});
  expect_refusal("/v1/acquire/x", R"({"owner": "a\u0007"})", {400, "bad_field", "owner"});
  expect_refusal("/v1/acquire/x", fmt::format(R"({{"owner": "{}"}})", std::string(257, 'o')),
                 {400, "bad_field", "owner"});
  expect_refusal("/v1/acquire/x", fmt::format(R"({{"owner": "a", "note": "{}"}})", std::string(1025, 'n')),
                 {400, "bad_field", "note"});
  expect_refusal("/v1/acquire/x", fmt::format(R"({{"owner": "a", "metadata": {{"k": "{}"}}}})", std::string(4096, 'm')),
                 {400, "bad_field", "metadata"});
  expect_refusal("/v1/acquire/x", R"({"owner": "a", "metadata": "text"})", {400, "bad_field", "metadata"});
  expect_refusal("/v1/acquire/x", R"({"owner": "a", "holder": "anyone"})", {400, "bad_field", "holder"});
  expect_refusal("/v1/acquire/x", R"({"owner": "a", "mode": "shared"})", {422, "not_supported_yet", "mode"});
  expect_refusal("/v1/release/mine", R"({"owner": "alice"})", {400, "missing_field", "token"});
  expect_refusal("/v1/release/mine", R"({"owner": "alice", "token": 0})", {400, "bad_field", "token"});
  expect_refusal("/v1/release/mine", R"({"owner": "alice", "token": 9007199254740992})", {400, "bad_field", "token"});
  expect_refusal("/api/buffers/acquire", R"({"project": "p", "path": "a//b", "user": "u"})", {400, "bad_name", "path"});
  expect_refusal("/api/buffers/acquire", R"({"user": "u"})", {400, "missing_field", "project"});
  expect_refusal("/api/buffers/acquire", R"({"project": "p", "path": "f"})", {400, "owner_missing", "user"});
  expect_refusal("/api/buffers/acquire", R"({"buffer_id": 99, "user": "u"})", {404, "unknown_buffer", "buffer_id"});
  expect_refusal(request_text("GET", "/v1/leases?limit=1001"), {400, "bad_field", "limit"});
  expect_refusal(request_text("GET", "/v1/leases?colour=red"), {400, "unknown_field", "colour"});
}

TEST_F(BadInput, bodies) {
  const std::string target = "/v1/acquire/x";
  expect_refusal(target, "not json", {400, "bad_json"});
  expect_refusal(target, R"({"owner": "alice")", {400, "bad_json"});
  expect_refusal(target, R"({"owner": "alice"} and more)", {400, "bad_json"});
  expect_refusal(target, R"(["owner"])", {400, "bad_json"});
  expect_refusal(target, "{\"owner\": \"al\xff\"}", {400, "bad_json"});
  expect_refusal(target, R"({"owner": "\ud800"})", {400, "bad_json"});
  expect_refusal(target, repeated("[", 5000), {400, "bad_json"});
  const std::string text = "POST /v1/acquire/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18\r\n";
  expect_refusal(text + "\r\n{\"owner\": \"alice\"}", {415, "not_json_type", "content-type"});
  expect_refusal(text + "Content-Type: text/plain\r\n\r\n{\"owner\": \"alice\"}",
                 {415, "not_json_type", "content-type"});
}

TEST_F(BadInput, foreign_host_and_origin) {
  const std::string body = R"({"owner": "alice"})";
  expect_refusal(fmt::format("POST /v1/acquire/x HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\n"
                             "Content-Length: {}\r\n\r\n{}",
                             body.size(), body),
                 {403, "foreign_host", "host"});
  expect_refusal("GET /v1/leases HTTP/1.1\r\nHost: evil.example:7420\r\n\r\n", {403, "foreign_host", "host"});
  for (const char* origin : {"https://evil.example", "null", "http://localhost:1", "http://localhost.evil.example"}) {
    expect_refusal(with_header(request_text("POST", "/v1/acquire/x", body), fmt::format("Origin: {}", origin)),
                   {403, "foreign_origin", "origin"});
  }
}

TEST_F(BadInput, tokens_that_are_not_the_callers) {
  const auto with = [](std::string_view owner, std::uint64_t token) {
    return fmt::format(R"({{"owner": "{}", "token": {}}})", owner, token);
  };
  expect_refusal("/v1/release/mine", with("alice", others_token_), {422, "unknown_token", "token"});
  expect_refusal("/v1/release/theirs", with("bob", token_), {409, "stale"});
  expect_refusal("/v1/release/theirs", with("alice", others_token_), {403, "not_yours"});
  expect_refusal("/v1/renew/mine", with("alice", (std::uint64_t{1} << 53) - 1), {422, "unknown_token", "token"});
  expect_refusal("/v1/renew/nothing", with("alice", token_), {404, "nothing_held"});
  expect_refusal("/v1/check/mine", fmt::format(R"({{"token": {}}})", others_token_), {422, "unknown_token", "token"});
}

TEST_F(BadInput, paths_and_methods) {
  expect_refusal(request_text("GET", "/nothing/here"), {404, "no_such_path"});
  expect_refusal(request_text("GET", "/v1/acquire/x"), {405, "method_not_allowed"});
  expect_refusal(request_text("DELETE", "/v1/leases/mine"), {405, "method_not_allowed"});
  expect_refusal(request_text("GET", "/v1/leases/" + std::string(9'000, 'n')), {414, "uri_too_long"});
  expect_refusal("/v1/acquire", "{}", {422, "not_supported_yet"});
}

TEST_F(BadInput, a_release_twice_says_that_it_was_over_already) {
  const std::string body = fmt::format(R"({{"owner": "alice", "token": {}}})", token_);
  EXPECT_EQ(talk_->post("/v1/release/mine", body).field("released"), "true");
  EXPECT_EQ(talk_->post("/v1/release/mine", body).field("released"), "false");
  const std::uint64_t next = talk_->post("/v1/acquire/mine", R"({"owner": "bob"})").token();
  const Response late = talk_->post("/v1/release/mine", body);
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(late.field("code"), "stale");
  EXPECT_EQ(late.field("because"), "released");
  EXPECT_EQ(late.field("newest"), std::to_string(next));
}

TEST_F(BadInput, one_name_in_two_spellings_is_one_name) {
  const std::string composed = percent("caf\xc3\xa9");
  const std::string decomposed = percent("cafe\xcc\x81");
  ASSERT_EQ(talk_->post("/v1/acquire/a%2F" + composed, R"({"owner": "alice"})").status, 200);
  const Response second = talk_->post("/v1/acquire/a/" + decomposed, R"({"owner": "bob"})");
  EXPECT_EQ(second.field("code"), "held");
  EXPECT_EQ(second.field("name"), "a/caf\xc3\xa9");
  EXPECT_EQ(talk_->post("/v1/acquire/job:nightly", R"({"owner": "alice"})").status, 200);
}

// --- Framing: what could be read in two ways is read in none, and ends the connection.

class BadFraming : public BadInput {
 protected:
  void expect_end(const std::string& bytes, const Wanted& wanted) {
    SCOPED_TRACE(bytes.substr(0, 300));
    Talk talk(server_->port());
    // Behind it a request that must not be taken for one.
    talk.send(bytes + request_text("POST", "/v1/acquire/smuggled", R"({"owner": "mallory"})"));
    const Response answer = talk.receive();
    EXPECT_EQ(answer.status, wanted.status) << answer.body;
    EXPECT_EQ(answer.field("code"), wanted.code) << answer.body;
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_FALSE(talk.receive_or_closed().has_value());
    EXPECT_EQ(state(), before_) << "something changed";
    EXPECT_EQ(other_->get("/v1/leases/smuggled").field("held"), "false");
  }
  static std::string acquire(const std::string& headers, const std::string& body) {
    return "POST /v1/acquire/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + headers + "\r\n" +
           body;
  }
  const std::string body_ = R"({"owner": "alice"})";  // 18 bytes
};

TEST_F(BadFraming, lengths) {
  expect_end(acquire("Content-Length: 18\r\nContent-Length: 18\r\n", body_), {400, "bad_request"});
  expect_end(acquire("Content-Length: 18\r\nContent-Length: 5\r\n", body_), {400, "bad_request"});
  expect_end(acquire("Content-Length: 18, 18\r\n", body_), {400, "bad_request"});
  expect_end(acquire("Content-Length: -1\r\n", body_), {400, "bad_request"});
  expect_end(acquire("Content-Length: +18\r\n", body_), {400, "bad_request"});
  expect_end(acquire("Content-Length: 0x12\r\n", body_), {400, "bad_request"});
  expect_end(acquire("Content-Length: 99999999999999999999999\r\n", body_), {400, "bad_request"});
  expect_end(acquire("Content-Length: 18\r\nTransfer-Encoding: chunked\r\n", "12\r\n" + body_ + "\r\n0\r\n\r\n"),
             {400, "bad_request"});
  expect_end(acquire("Transfer-Encoding: chunked\r\nContent-Length: 18\r\n", "12\r\n" + body_ + "\r\n0\r\n\r\n"),
             {400, "bad_request"});
  expect_end(acquire("Transfer-Encoding: gzip, chunked\r\n", "12\r\n" + body_ + "\r\n0\r\n\r\n"), {400, "bad_request"});
  expect_end(
      acquire("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "12\r\n" + body_ + "\r\n0\r\n\r\n"),
      {400, "bad_request"});
  expect_end(acquire("Transfer-Encoding: chunked\r\n", "zz\r\n" + body_), {400, "bad_request"});
  expect_end(acquire("Content-Length: 1048577\r\n", std::string(1'048'577, ' ')), {413, "body_too_large"});
}

TEST_F(BadFraming, lines) {
  expect_end("POST /v1/acquire/x\r\n\r\n", {400, "bad_request"});
  expect_end("POST  /v1/acquire/x HTTP/1.1\r\nHost: localhost\r\n\r\n", {400, "bad_request"});
  expect_end("POST /v1/acquire/x HTTP/9.9\r\nHost: localhost\r\n\r\n", {400, "bad_request"});
  expect_end(acquire("Content-Length : 18\r\n", body_), {400, "bad_request"});
  expect_end(acquire(std::string("X: a\0b\r\n", 8), body_), {400, "bad_request"});
  expect_end("GET / HTTP/1.1\nHost: localhost\n\n", {400, "bad_request"});
  expect_end(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), {400, "bad_request"});  // TLS
  expect_end("*1\r\n$4\r\nPING\r\n", {400, "bad_request"});                                           // RESP
  expect_end(acquire(fmt::format("X: {}\r\n", std::string(70'000, 'x')), body_), {431, "headers_too_large"});
}

TEST_F(BadFraming, no_host_or_two) {
  Talk talk(server_->port());
  talk.send("GET /v1/leases HTTP/1.1\r\n\r\n");
  EXPECT_EQ(talk.receive().status, 400);
  talk.send("GET /v1/leases HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(talk.receive().status, 400);
}

TEST_F(BadFraming, a_body_cut_short_changes_nothing) {
  for (const std::string& bytes : {acquire("Content-Length: 18\r\n", R"({"owner": )"), std::string("POST /v1/acq")}) {
    Talk talk(server_->port());
    talk.send(bytes);
    talk.shut_down_writing();
    EXPECT_EQ(talk.receive().field("code"), "bad_request");
    EXPECT_EQ(state(), before_);
  }
}

TEST_F(BadFraming, chunks_in_good_form_are_a_body) {
  talk_->send(acquire("Transfer-Encoding: chunked\r\n",
                      "8\r\n" + body_.substr(0, 8) + "\r\na\r\n" + body_.substr(8) + "\r\n0\r\n\r\n"));
  EXPECT_EQ(talk_->receive().status, 200);
  EXPECT_EQ(talk_->get("/v1/leases/x").field("owner"), "alice");
}

TEST_F(BadFraming, pipelined_requests_are_answered_in_their_order) {
  std::string all;
  for (int i = 0; i < 50; ++i) all += request_text("POST", fmt::format("/v1/acquire/p{}", i), body_);
  talk_->send(all);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(talk_->receive().field("name"), fmt::format("p{}", i));
}

}  // namespace
}  // namespace holdfast
