#include "api/write.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace holdfast::api {
namespace {

using namespace std::chrono_literals;
using core::Loss;
using core::Reply;
using core::Token;
namespace json = boost::json;

const Context asked_in{"s-fresh", "", 7};

/// `job`, held by alice under 9.
Reply held_reply() {
  Reply reply;
  reply.lease = {.name = "job", .known = true, .held = true, .token = Token{9}, .previous = Token{4}};
  reply.lease.who = {"alice", "tab1"};
  reply.lease.sessions = 1;
  reply.lease.note = "chapter \"3\"";
  reply.lease.metadata = R"({"a":[1]})";
  reply.lease.since = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 2 / 5}} + 395ms;
  reply.lease.ttl = 30s;
  reply.lease.ends_in = 20s + 1ns;
  reply.lease.waiting = 2;
  reply.who = {"alice", "tab1"};
  reply.position = {12};
  return reply;
}
Reply refusal(ErrorCode code) {
  Reply reply = held_reply();
  reply.code = code;
  return reply;
}
Reply free_reply(Loss ended) {
  Reply reply = held_reply();
  reply.lease.held = false;
  reply.lease.ended = ended;
  return reply;
}
const Operation& operation(std::string_view name) {
  for (const Operation& each : operations()) {
    if (each.name == name) return each;
  }
  throw std::logic_error("no such operation");
}
struct Read {
  Written written;
  json::object body;
  std::string text(std::string_view key) const { return std::string{body.at(key).as_string()}; }
  std::int64_t number(std::string_view key) const { return body.at(key).as_int64(); }
};
Read write(std::string_view name, const Reply& reply) {
  Written written = write_reply(operation(name), reply, asked_in);
  json::object body = json::parse(written.body).as_object();
  return {std::move(written), std::move(body)};
}

TEST(WriteGrant, says_everything_of_the_grant) {
  Reply reply = held_reply();
  reply.waited = 1500us;
  reply.joined = true;
  const Read got = write("lease.acquire", reply);
  EXPECT_EQ(got.written.status, 200);
  EXPECT_FALSE(got.written.problem);
  EXPECT_EQ(
      got.written.body,
      R"({"name":"job","token":9,"previous":4,"owner":"alice","session":"tab1","ttl_ms":30000,)"
      R"("deadline_in_ms":20001,"waited_ms":2,"since":"2026-02-05T00:00:00.395Z","joined":true,"position":"7.12"})");
}

TEST(WriteGrant, knows_no_previous_as_null) {
  Reply reply = held_reply();
  reply.lease.previous = {};
  EXPECT_TRUE(write("lease.acquire", reply).body.at("previous").is_null());
}

TEST(WriteReleased, says_whether_this_call_ended_it) {
  Reply reply = free_reply(Loss::released);
  reply.ended = true;
  EXPECT_EQ(write("lease.release", reply).written.body,
            R"({"name":"job","released":true,"token":9,"held":false,"position":"7.12"})");
}

TEST(WriteCurrent, says_whose_the_current_token_is) {
  const Read got = write("lease.check", held_reply());
  EXPECT_TRUE(got.body.at("current").as_bool());
  EXPECT_EQ(got.text("owner"), "alice");
}

TEST(WriteLease, shows_a_holder_with_words_and_waiters) {
  const Read got = write("lease.get", held_reply());
  EXPECT_TRUE(got.body.at("held").as_bool());
  EXPECT_EQ(got.text("note"), "chapter \"3\"");
  EXPECT_EQ(json::serialize(got.body.at("metadata")), R"({"a":[1]})");
  EXPECT_EQ(got.number("waiting"), 2);
  EXPECT_FALSE(got.body.contains("unsettled"));
}

TEST(WriteLease, shows_who_had_a_free_name_last_and_why_it_ended) {
  const Read got = write("lease.get", free_reply(Loss::lapsed));
  EXPECT_FALSE(got.body.at("held").as_bool());
  EXPECT_EQ(got.text("last_owner"), "alice");
  EXPECT_EQ(got.text("because"), "lapsed");
  EXPECT_EQ(got.number("token"), 9);
}

TEST(WriteLease, shows_a_name_that_nobody_remembers_as_free) {
  Reply reply;
  reply.lease.name = "job";
  reply.unsettled = true;
  EXPECT_EQ(write("lease.get", reply).written.body,
            R"({"name":"job","held":false,"token":null,"text":false,"queue":[],"unsettled":true,"position":"7.0"})");
}

TEST(WritePage, lists_leases_and_where_the_next_page_begins) {
  Reply reply;
  reply.page = {held_reply().lease, held_reply().lease};
  reply.next = "job";
  const Read got = write("lease.list", reply);
  EXPECT_EQ(got.body.at("leases").as_array().size(), 2U);
  EXPECT_EQ(got.text("next"), "job");
  EXPECT_TRUE(write("lease.list", Reply{}).body.at("next").is_null());
}

// --- Problems.

TEST(Problem, has_the_members_of_rfc_9457_and_ours_for_every_code) {
  for_each_error([](const ErrorInfo& info) {
    const Read got = write("lease.acquire", refusal(info.code));
    EXPECT_TRUE(got.written.problem) << info.name;
    EXPECT_EQ(got.written.status, info.http_status) << info.name;
    EXPECT_EQ(got.written.code, info.code) << info.name;
    EXPECT_EQ(got.text("type"), "urn:holdfast:error:" + std::string{info.name});
    EXPECT_EQ(got.text("code"), info.name);
    EXPECT_EQ(got.number("status"), info.http_status) << info.name;
    EXPECT_FALSE(got.text("detail").empty()) << info.name;
    EXPECT_EQ(got.text("fate"), info.fate == Fate::not_done ? "not_done" : "maybe_done") << info.name;
    const bool again_later = info.http_status == 503 || info.http_status == 429;
    EXPECT_EQ(got.written.retry_after_s > 0, again_later) << info.name;
  });
}

TEST(Problem, of_a_refusal_says_who_since_when_why_and_how_long_still) {  // L11
  const Read got = write("lease.acquire", refusal(ErrorCode::held));
  EXPECT_EQ(got.text("owner"), "alice");
  EXPECT_EQ(got.text("session"), "tab1");
  EXPECT_EQ(got.text("since"), "2026-02-05T00:00:00.395Z");
  EXPECT_EQ(got.text("note"), "chapter \"3\"");
  EXPECT_EQ(got.number("deadline_in_ms"), 20'001);
  EXPECT_EQ(got.number("waiting"), 2);
  EXPECT_EQ(got.number("token"), 9);
  EXPECT_TRUE(got.text("detail").starts_with("alice (session tab1) holds this name since 2026-02-05"));
}

TEST(Problem, of_a_stale_token_says_the_newest_and_why) {  // L7, L13
  Reply reply = refusal(ErrorCode::stale);
  reply.asked = Token{4};
  reply.because = Loss::lapsed;
  Read got = write("lease.renew", reply);
  EXPECT_EQ(got.number("asked"), 4);
  EXPECT_EQ(got.number("newest"), 9);
  EXPECT_EQ(got.text("because"), "lapsed");
  EXPECT_TRUE(got.text("detail").ends_with("ended: lapsed."));
  reply.because = Loss::none;
  EXPECT_TRUE(write("lease.renew", reply).body.at("because").is_null());
}

TEST(Problem, names_the_field_at_fault) {
  Reply reply = refusal(ErrorCode::session_needed);
  reply.field = "session";
  EXPECT_EQ(write("lease.renew", reply).text("field"), "session");
}

TEST(Problem, tells_the_caller_about_the_request_and_nothing_of_the_inside) {
  const Written about_request = problem(Error{ErrorCode::bad_field, "must be a number", "ttl_ms"});
  EXPECT_NE(about_request.body.find("(ttl_ms: must be a number)"), std::string::npos);
  const Written inside = problem(Error{ErrorCode::journal_io, "write /var/lib/secret"});
  EXPECT_EQ(inside.body.find("secret"), std::string::npos);
}

TEST(Problem, sends_back_a_little_of_what_was_sent_and_only_whole_characters) {
  const auto field = [](const std::string& sent) {
    return json::parse(problem(Error{ErrorCode::unknown_field, "", sent}).body).at("field").as_string();
  };
  EXPECT_EQ(field("\x01z\xc3\xa9\xff\xfe"), "\x01z\xc3\xa9");
  std::string accents;
  while (accents.size() < 1000) accents += "\xc3\xa9";
  EXPECT_EQ(field("a" + accents), "a" + accents.substr(0, 126));
}

TEST(Problem, is_json_whatever_a_client_wrote) {
  const Written got = problem(Error{ErrorCode::unknown_field, "", "\"\n\\\x01"});
  EXPECT_EQ(json::parse(got.body).at("field").as_string(), "\"\n\\\x01");
}

// --- The shape of the systems that Holdfast replaces.

TEST(WriteBuffer, says_acquired_true_or_false_in_one_shape) {
  Reply reply = held_reply();
  reply.lease.buffer = 3;
  const Read granted = write("buffer.acquire", reply);
  EXPECT_EQ(granted.written.status, 200);
  EXPECT_TRUE(granted.body.at("acquired").as_bool());
  EXPECT_EQ(granted.number("buffer_id"), 3);
  EXPECT_EQ(granted.number("token"), 9);
  reply.code = ErrorCode::held;
  const Read refused = write("buffer.acquire", reply);
  EXPECT_EQ(refused.written.status, 409);
  EXPECT_FALSE(refused.written.problem);
  EXPECT_FALSE(refused.body.at("acquired").as_bool());
  EXPECT_EQ(refused.number("buffer_id"), 3);
  EXPECT_EQ(refused.text("owner"), "alice");
}

TEST(WriteBuffer, has_problems_for_what_is_no_contention) {
  const Read got = write("buffer.acquire", refusal(ErrorCode::unknown_buffer));
  EXPECT_EQ(got.written.status, 404);
  EXPECT_TRUE(got.written.problem);
}

/// Knows where client 5 is.
class OneAddress final : public Addresses {
 public:
  std::string address_of(std::uint64_t client) const override { return client == 5 ? "10.0.0.7" : ""; }
};

TEST(WriteLease, says_who_waits_in_order_and_how_long_it_has_been_held) {
  Reply reply = held_reply();
  reply.lease.held_for = 1999us;
  reply.lease.text = true;
  reply.lease.taken_by = 5;
  reply.queue = {{{"bob", "b"}, 3s}, {{"carol", "c"}, 1500us}};
  const OneAddress addresses;
  Context context = asked_in;
  context.addresses = &addresses;
  const json::object body = json::parse(write_reply(operation("lease.get"), reply, context).body).as_object();
  EXPECT_EQ(json::serialize(body.at("queue")),
            R"([{"owner":"bob","session":"b","waited_ms":3000},{"owner":"carol","session":"c","waited_ms":2}])");
  EXPECT_EQ(body.at("held_ms").as_int64(), 2);
  EXPECT_TRUE(body.at("text").as_bool());
  EXPECT_EQ(body.at("address").as_string(), "10.0.0.7");
}

TEST(WriteLease, has_no_queue_and_no_address_where_there_is_none) {
  const OneAddress addresses;
  Context context = asked_in;
  context.addresses = &addresses;
  Reply reply = held_reply();
  reply.lease.taken_by = 6;  // Has gone.
  const json::object held = json::parse(write_reply(operation("lease.get"), reply, context).body).as_object();
  EXPECT_TRUE(held.at("address").is_null());
  EXPECT_TRUE(held.at("queue").as_array().empty());
  const Read free = write("lease.get", free_reply(Loss::released));
  EXPECT_FALSE(free.body.contains("address"));
  EXPECT_FALSE(free.body.contains("held_ms"));
  EXPECT_FALSE(free.body.at("text").as_bool());
}

TEST(WritePage, has_in_each_row_what_a_table_of_owners_shows) {
  Reply reply;
  reply.page = {held_reply().lease};
  reply.page.front().held_for = 5s;
  const Read got = write("lease.list", reply);
  const json::object& row = got.body.at("leases").as_array().front().as_object();
  for (const char* const key : {"name", "owner", "session", "address", "since", "held_ms", "deadline_in_ms", "ttl_ms",
                                "token", "waiting", "note", "text"}) {
    EXPECT_TRUE(row.contains(key)) << key;
  }
  EXPECT_EQ(row.at("held_ms").as_int64(), 5000);
}

}  // namespace
}  // namespace holdfast::api
