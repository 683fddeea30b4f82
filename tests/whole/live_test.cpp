// The live socket of a real server, as docs/live.md says it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/json.hpp>
#include <thread>

#include "tests/support/http_talk.h"
#include "tests/support/live_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::LiveAnswer;
using support::LiveTalk;
using support::Response;
using support::ServerProcess;
using support::Talk;
using testing::HasSubstr;
namespace json = boost::json;

std::string name_is(std::string_view name) {
  return fmt::format(R"("name":"{}")", name);
}
std::string on(std::string_view name, std::uint64_t token) {
  return fmt::format(R"("name":"{}","token":{})", name, token);
}
std::string text(const json::object& object, std::string_view key) {
  const json::value& value = object.at(key);
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

class Live : public testing::Test {
 protected:
  LiveTalk hello(std::string_view owner, std::string_view session) { return {server.port(), owner, session}; }
  double metric(const std::string& name) {
    const std::string page = Talk(server.port()).get("/metrics").body;
    const std::size_t at = page.find("\n" + name + " ");
    if (at == std::string::npos) throw std::runtime_error("there is no " + name);
    return std::stod(page.substr(at + name.size() + 2));
  }
  void await_metric(const std::string& name, double wanted) {
    for (int i = 0; i < 100 && metric(name) != wanted; ++i) std::this_thread::sleep_for(50ms);  // Polls a figure.
    EXPECT_EQ(metric(name), wanted) << name;
  }

  support::ScratchDirectory data;
  ServerProcess server{{.arguments = {"--data", data.path() / "data"}}};
};

TEST_F(Live, says_hello_first_and_who_is_there) {
  LiveTalk talk(server.port());
  EXPECT_EQ(talk.ask("lease.get", name_is("job")).code(), "hello_first");
  EXPECT_EQ(talk.ask("follow", name_is("job")).code(), "hello_first");
  EXPECT_EQ(talk.ask("hello").code(), "owner_missing");
  EXPECT_EQ(talk.ask("hello", R"("owner":"")").code(), "bad_field");
  EXPECT_EQ(talk.ask("hello", R"("owner":"alice","color":"red")").field("field"), "color");
  const LiveAnswer told = talk.ask("hello", R"("owner":"alice")");
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.field("owner"), "alice");
  EXPECT_THAT(told.field("session"), testing::StartsWith("s-"));
  EXPECT_EQ(told.field("ping_ms"), "10000");
  EXPECT_EQ(talk.ask("hello", R"("owner":"bob")").code(), "bad_request") << "once";
}

TEST_F(Live, every_call_of_the_catalogue_without_saying_again_who_asks) {
  LiveTalk talk = hello("alice", "a");
  const LiveAnswer granted = talk.ask("lease.acquire", name_is("job"));
  ASSERT_EQ(granted.status, 200);
  EXPECT_EQ(granted.field("owner"), "alice");
  EXPECT_EQ(granted.field("session"), "a");
  EXPECT_EQ(talk.ask("lease.get", name_is("job")).field("held"), "true");
  EXPECT_EQ(talk.ask("lease.renew", on("job", granted.token())).status, 200);
  EXPECT_EQ(talk.ask("lease.check", on("job", granted.token())).status, 200);
  EXPECT_EQ(talk.ask("session.renew", "").field("renewed"), "1");
  EXPECT_THAT(talk.ask("lease.list", R"("prefix":"job")").field("leases"), HasSubstr("\"job\""));
  EXPECT_THAT(talk.ask("history.get", name_is("job")).field("holdings"), HasSubstr("alice"));
  EXPECT_EQ(talk.ask("lease.release", on("job", granted.token())).field("released"), "true");
  EXPECT_EQ(talk.ask("lease.release", on("job", 1)).code(), "stale");
  EXPECT_EQ(talk.ask("lease.acquire", R"("name":"job","owner":"bob")").code(), "bad_field") << "another owner";
  EXPECT_EQ(talk.ask("lease.acquire", R"("name":"job","colour":1)").field("field"), "colour");
  EXPECT_EQ(talk.ask("lease.acquire", "").code(), "missing_field");
  EXPECT_EQ(talk.ask("lease.dance").code(), "unknown_call");
  EXPECT_EQ(talk.ask("events.watch").code(), "unknown_call") << "it streams";
  EXPECT_EQ(talk.ask("buffer.put", name_is("job")).code(), "unknown_call") << "it may be too long";
}

TEST_F(Live, without_an_id_there_is_an_answer_only_to_what_is_refused) {
  LiveTalk talk = hello("alice", "a");
  talk.send_text(R"({"call":"lease.get","name":"job"})");
  talk.send_text(R"({"call":"lease.get"})");
  const std::optional<std::string> only = talk.message_within(5s);
  ASSERT_TRUE(only);
  EXPECT_THAT(*only, testing::StartsWith(R"({"status":400,"body":)"));
  EXPECT_EQ(talk.ask("lease.get", name_is("job")).status, 200);
}

TEST_F(Live, followers_are_told_of_the_lease) {
  LiveTalk bob = hello("bob", "b");
  const LiveAnswer present = bob.ask("follow", name_is("notes"));
  ASSERT_EQ(present.status, 200) << json::serialize(present.body);
  EXPECT_EQ(present.field("buffer"), "null");
  EXPECT_EQ(present.body.at("lease").as_object().at("held"), false);
  EXPECT_THAT(present.field("members"), HasSubstr(R"({"owner":"bob","session":"b","state":"active","holder":false})"));
  LiveTalk alice = hello("alice", "a");
  const LiveAnswer granted = alice.ask("lease.acquire", name_is("notes"));
  json::object event = bob.push("event");
  EXPECT_EQ(text(event, "event"), "granted");
  EXPECT_EQ(event.at("data").as_object().at("token").to_number<std::uint64_t>(), granted.token());
  alice.ask("lease.release", on("notes", granted.token()));
  EXPECT_EQ(text(bob.push("event"), "event"), "released");
  EXPECT_EQ(bob.ask("unfollow", name_is("notes")).status, 200);
  EXPECT_EQ(bob.ask("unfollow", name_is("notes")).code(), "not_followed");
  alice.ask("lease.acquire", name_is("notes"));
  EXPECT_FALSE(bob.pushed_within("event", 100ms));
}

TEST_F(Live, cursors_and_who_is_there) {
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b");
  alice.ask("lease.acquire", name_is("notes"));
  alice.ask("follow", name_is("notes"));
  alice.send_text(R"({"call":"cursor","name":"notes","revision":3,"ranges":[[1,2],[5,5]],"main":1})");
  bob.ask("follow", name_is("notes"));
  json::object cursor = bob.push("cursor");
  EXPECT_EQ(text(cursor, "owner"), "alice");
  EXPECT_EQ(text(cursor, "ranges"), "[[1,2],[5,5]]");
  EXPECT_EQ(text(cursor, "main"), "1");
  for (const char* wrong : {R"("ranges":[])", R"("ranges":[[1]])", R"("ranges":[[1,-1]])", R"("ranges":"x")",
                            R"("ranges":[[1,1]],"main":1)", R"("ranges":[[1,4294967296]])"}) {
    EXPECT_EQ(bob.ask("cursor", fmt::format(R"("name":"notes","revision":3,{})", wrong)).code(), "bad_field") << wrong;
  }
  EXPECT_EQ(bob.ask("cursor", R"("name":"other","revision":3,"ranges":[[1,1]])").code(), "not_followed");
  EXPECT_EQ(bob.ask("state", R"("state":"asleep")").code(), "bad_field");
  EXPECT_EQ(bob.ask("state", R"("state":"hidden")").status, 200);
  json::object members = alice.push("members");
  while (text(members, "members").find("hidden") == std::string::npos) members = alice.push("members");
  EXPECT_EQ(text(members, "count"), "2");
  EXPECT_EQ(text(members, "members"), R"([{"owner":"alice","session":"a","state":"active","holder":true},)"
                                      R"({"owner":"bob","session":"b","state":"hidden","holder":false}])");
  bob.close();
  members = alice.push("members");
  EXPECT_EQ(text(members, "count"), "1");
}

TEST_F(Live, who_waits_is_told_its_place_and_may_give_it_up) {
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b"), carol = hello("carol", "c");
  const LiveAnswer held = alice.ask("lease.acquire", name_is("job"));
  const std::uint64_t first = bob.send("lease.acquire", R"("name":"job","wait_ms":60000)");
  json::object place = bob.push("queue");
  EXPECT_EQ(text(place, "id"), std::to_string(first));
  EXPECT_EQ(text(place, "place"), "1");
  const std::uint64_t second = carol.send("lease.acquire", R"("name":"job","wait_ms":60000)");
  place = carol.push("queue");
  EXPECT_EQ(text(place, "place"), "2");
  EXPECT_EQ(text(place, "waiting"), "2");
  EXPECT_EQ(bob.ask("cancel", R"("request":999)").field("cancelled"), "false");
  const std::uint64_t cancel = bob.send("cancel", fmt::format(R"("request":{})", first));
  EXPECT_EQ(bob.answer(first).code(), "wait_over");
  EXPECT_EQ(bob.answer(cancel).field("cancelled"), "true");
  place = carol.push("queue");
  EXPECT_EQ(text(place, "place"), "1");
  alice.ask("lease.release", on("job", held.token()));
  EXPECT_EQ(carol.answer(second).status, 200);
  EXPECT_EQ(bob.ask("cancel", fmt::format(R"("request":{})", first)).field("cancelled"), "false");
}

TEST_F(Live, whoever_goes_leaves_the_queue_and_keeps_what_it_holds) {
  LiveTalk alice = hello("alice", "a"), carol = hello("carol", "c");
  const LiveAnswer held = alice.ask("lease.acquire", name_is("job"));
  {
    LiveTalk bob = hello("bob", "b");
    bob.send("lease.acquire", R"("name":"job","wait_ms":60000)");
    bob.push("queue");
  }
  await_metric("holdfast_waiters", 0);
  const std::uint64_t waits = carol.send("lease.acquire", R"("name":"job","wait_ms":60000)");
  carol.push("queue");
  alice.reset();
  await_metric("holdfast_live_sockets", 1);
  EXPECT_EQ(Talk(server.port()).get("/v1/leases/job").field("held"), "true") << "a socket that closes releases nothing";
  LiveTalk again = hello("alice", "a");
  EXPECT_EQ(again.ask("lease.renew", on("job", held.token())).token(), held.token());
  again.ask("lease.release", on("job", held.token()));
  EXPECT_EQ(carol.answer(waits).status, 200);
}

TEST_F(Live, a_grant_that_nobody_can_be_told_of_is_taken_back) {
  LiveTalk alice = hello("alice", "a");
  Talk watcher(server.port());
  const LiveAnswer held = alice.ask("lease.acquire", name_is("job"));
  LiveTalk bob = hello("bob", "b");
  bob.send("lease.acquire", R"("name":"job","wait_ms":60000)");
  bob.push("queue");
  bob.reset();
  alice.ask("lease.release", on("job", held.token()));
  for (int i = 0; i < 100 && watcher.get("/v1/leases/job").field("held") == "true"; ++i)
    std::this_thread::sleep_for(20ms);
  EXPECT_EQ(watcher.get("/v1/leases/job").field("held"), "false");
}

TEST_F(Live, taken_over_with_a_window) {
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b");
  const LiveAnswer held = alice.ask("lease.acquire", name_is("job"));
  const std::uint64_t takes =
      bob.send("lease.takeover", on("job", held.token()) + R"(,"reason":"urgent","flush_ms":300)");
  json::object hand_in = alice.push("hand_in");
  EXPECT_EQ(text(hand_in, "by"), "bob");
  EXPECT_EQ(text(hand_in, "reason"), "urgent");
  EXPECT_EQ(text(hand_in, "window_ms"), "300");
  EXPECT_FALSE(alice.pushed_within("lost", 0ms));
  EXPECT_EQ(bob.answer(takes).status, 200);
  json::object lost = alice.push("lost");
  EXPECT_EQ(text(lost, "token"), std::to_string(held.token()));
  EXPECT_EQ(text(lost, "because"), "taken_over");
  EXPECT_EQ(text(lost, "by"), "bob");
  EXPECT_EQ(text(lost, "reason"), "urgent");
}

TEST_F(Live, a_takeover_that_is_given_up) {
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b");
  const LiveAnswer held = alice.ask("lease.acquire", name_is("job"));
  const std::uint64_t takes =
      bob.send("lease.takeover", on("job", held.token()) + R"(,"reason":"urgent","flush_ms":30000)");
  alice.push("hand_in");
  EXPECT_EQ(bob.ask("cancel", fmt::format(R"("request":{})", takes)).field("cancelled"), "true");
  EXPECT_EQ(bob.answer(takes).code(), "wait_over");
  EXPECT_EQ(text(alice.push("kept"), "token"), std::to_string(held.token()));
  EXPECT_EQ(alice.ask("lease.renew", on("job", held.token())).status, 200);
}

TEST_F(Live, asking_the_holder_its_no_and_its_yes) {
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b");
  const LiveAnswer held = alice.ask("lease.acquire", name_is("job"));
  EXPECT_EQ(bob.ask("lease.request", R"("name":"job","message":"please")").status, 200);
  json::object asked = alice.push("requested");
  EXPECT_EQ(text(asked, "by"), "bob");
  EXPECT_EQ(text(asked, "by_session"), "b");
  EXPECT_EQ(text(asked, "message"), "please");
  EXPECT_EQ(text(asked, "answer_within_ms"), "30000");
  EXPECT_EQ(bob.ask("decline", on("job", held.token()) + R"(,"to":"bob")").code(), "not_yours");
  EXPECT_EQ(alice.ask("decline", on("job", held.token()) + R"(,"to":"bob","message":"not now")").field("told"), "1");
  json::object declined = bob.push("declined");
  EXPECT_EQ(text(declined, "by"), "alice");
  EXPECT_EQ(text(declined, "message"), "not now");
  bob.ask("lease.request", name_is("job"));
  const std::uint64_t waits = bob.send("lease.acquire", R"("name":"job","wait_ms":60000)");
  bob.push("queue");
  EXPECT_EQ(alice.ask("lease.transfer", on("job", held.token()) + R"(,"to":"bob")").status, 200);
  EXPECT_GT(bob.answer(waits).token(), held.token());
  EXPECT_FALSE(alice.pushed_within("lost", 100ms)) << "it gave it away itself";
}

TEST_F(Live, the_same_session_on_a_second_socket_and_a_move_to_another) {
  LiveTalk first = hello("alice", "a");
  const LiveAnswer held = first.ask("lease.acquire", name_is("job"));
  LiveTalk second = hello("alice", "a");
  EXPECT_EQ(first.goodbye(), 4001);
  EXPECT_EQ(second.ask("lease.renew", on("job", held.token())).status, 200);
  LiveTalk other = hello("alice", "tab-2");
  EXPECT_EQ(other.ask("lease.move", on("job", held.token())).status, 200);
  EXPECT_EQ(text(second.push("lost"), "because"), "moved");
}

TEST_F(Live, what_is_no_message_ends_it) {
  const auto ends = [&](auto misbehave) {
    LiveTalk talk = hello("alice", "a");
    misbehave(talk);
    return talk.goodbye();
  };
  using T = LiveTalk&;
  EXPECT_EQ(ends([](T talk) { talk.send_frame(0x82, "x"); }), 1003) << "binary";
  EXPECT_EQ(ends([](T talk) { talk.send_frame(0x81, "{}", false); }), 1002) << "not masked";
  EXPECT_EQ(ends([](T talk) { talk.send_frame(0xC1, "{}"); }), 1002) << "reserved";
  EXPECT_EQ(ends([](T talk) { talk.send_frame(0x83, "{}"); }), 1002) << "unknown";
  EXPECT_EQ(ends([](T talk) { talk.send_text("\xFF"); }), 1007);
  EXPECT_EQ(ends([](T talk) { talk.send_text(std::string(1'114'113, ' ')); }), 1009);
  for (const char* text : {"", "[]", "7", "{", "{} {}", R"({"id":1})", R"({"call":7})", R"({"id":-1,"call":"state"})",
                           R"({"id":"1","call":"state"})", R"({"id":1.5,"call":"state"})",
                           R"({"id":null,"call":"state"})", R"({"id":1,"id":2,"call":"state"})"}) {
    EXPECT_EQ(ends([&](T talk) { talk.send_text(text); }), 4000) << text;
  }
  EXPECT_EQ(ends([](T talk) { talk.send_frame(0x88, "\x03\xE8"); }), 1000);
  EXPECT_EQ(ends([](T talk) { talk.send_frame(0x88, ""); }), 1000);
}

TEST_F(Live, messages_in_pieces_with_a_ping_between_and_in_one_go) {
  LiveTalk talk = hello("alice", "a");
  talk.send_frame(0x01, R"({"id":70,"call":"lease)");
  talk.send_frame(0x89, "are you there?");
  talk.send_frame(0x00, R"(.get","name":"Zo)");
  talk.send_frame(0x80, "\xC3\xAB\"}");
  EXPECT_EQ(text(talk.push("pong"), "payload"), "are you there?");
  EXPECT_EQ(talk.answer(70).field("name"), "Zo\xC3\xAB");
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 3'000; ++i) ids.push_back(talk.send("lease.get", name_is("job")));
  for (const std::uint64_t id : ids) EXPECT_EQ(talk.answer(id).status, 200);
  const std::string spaces(1'000'000, ' ');
  EXPECT_EQ(talk.ask("lease.get", spaces + name_is("job")).status, 200) << "a long message";
}

TEST_F(Live, what_comes_with_the_handshake_is_not_lost) {
  Talk talk(server.port());
  std::string hidden = R"({"id":1,"call":"hello","owner":"alice"})";
  std::string frame = "\x81";
  frame += static_cast<char>(0x80 | hidden.size());
  frame += std::string(4, '\0');
  talk.send(support::live_handshake() + frame + hidden);
  std::string came;
  while (came.find("\"owner\":\"alice\"") == std::string::npos) {
    ASSERT_TRUE(talk.answered_within(5s)) << came;
    char bytes[1'000];
    const ssize_t got = ::recv(talk.socket(), bytes, sizeof bytes, 0);
    ASSERT_GT(got, 0) << came;
    came.append(bytes, static_cast<std::size_t>(got));
  }
  EXPECT_THAT(came, testing::StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
}

TEST_F(Live, the_handshake_is_refused_in_words) {
  const auto knock = [&](const std::string& bytes) {
    Talk talk(server.port());
    talk.send(bytes);
    return talk.receive();
  };
  EXPECT_EQ(knock(support::live_handshake("evil.example")).field("code"), "foreign_host");
  EXPECT_EQ(knock(support::live_handshake("localhost", "Origin: http://evil.example\r\n")).field("code"),
            "foreign_origin");
  EXPECT_EQ(knock(support::live_handshake("localhost", "", "holdfast.v9")).field("field"), "sec-websocket-protocol");
  const Response plain = Talk(server.port()).get("/v1/live");
  EXPECT_EQ(plain.status, 426);
  EXPECT_EQ(plain.headers.at("upgrade"), "websocket");
  EXPECT_EQ(plain.headers.at("sec-websocket-version"), "13");
  EXPECT_EQ(plain.field("code"), "bad_request");
  std::string older = support::live_handshake();
  older.replace(older.find("Version: 13"), 11, "Version: 8");
  EXPECT_EQ(knock(older).status, 426);
  const std::string same = fmt::format("localhost:{}", server.port());
  Talk own(server.port());
  own.send(support::live_handshake(same, "Origin: http://" + same + "\r\n"));
  EXPECT_EQ(own.receive_head().status, 101) << "the server's own pages";
}

TEST_F(Live, its_bounds) {
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b");
  for (int i = 0; i < 64; ++i) {
    alice.ask("lease.acquire", name_is(fmt::format("held/{}", i)));
    bob.send("lease.acquire", fmt::format(R"("name":"held/{}","wait_ms":60000)", i));
  }
  alice.ask("lease.acquire", name_is("held/64"));
  EXPECT_EQ(bob.ask("lease.acquire", R"("name":"held/64","wait_ms":60000)").code(), "queue_full");
  EXPECT_EQ(bob.ask("lease.acquire", R"("name":"held/64")").code(), "held");
  for (int i = 0; i < 256; ++i) EXPECT_EQ(bob.ask("follow", name_is(fmt::format("f/{}", i))).status, 200);
  EXPECT_EQ(bob.ask("follow", name_is("f/256")).code(), "too_many_watchers");
  EXPECT_EQ(bob.ask("follow", name_is("f/7")).status, 200) << "it follows that already";
  bob.ask("unfollow", name_is("f/8"));
  EXPECT_EQ(bob.ask("follow", name_is("f/256")).status, 200);
}

TEST_F(Live, a_stop_of_the_server_tells_who_waits_and_says_goodbye) {
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b");
  alice.ask("lease.acquire", name_is("job"));
  const std::uint64_t waits = bob.send("lease.acquire", R"("name":"job","wait_ms":60000)");
  bob.push("queue");
  server.process().signal(SIGTERM);
  EXPECT_EQ(bob.answer(waits).code(), "stopping");
  EXPECT_EQ(bob.goodbye(), 1001);
  EXPECT_EQ(alice.goodbye(), 1001);
  EXPECT_EQ(server.process().wait().exit_status, 0);
}

TEST_F(Live, speaking_for_another_session_gives_up_nothing_of_its_own) {
  LiveTalk alice = hello("alice", "a");
  const LiveAnswer granted = alice.ask("lease.acquire", name_is("job"));
  EXPECT_EQ(alice.ask("session.end", R"("session":"other")").status, 200);
  Talk(server.port())
      .post("/v1/takeover/job", fmt::format(R"({{"owner":"bob","reason":"now","token":{}}})", granted.token()));
  EXPECT_EQ(text(alice.push("lost"), "because"), "taken_over");
}

/// Nothing but time passes here.
class LiveTimers : public Live {};

TEST_F(LiveTimers, who_is_silent_is_closed_and_who_answers_pings_keeps_what_it_holds) {
  LiveTalk silent = hello("silent", "s"), alice = hello("alice", "a");
  LiveTalk nameless(server.port());
  silent.fall_silent();
  const LiveAnswer short_one = alice.ask("lease.acquire", R"("name":"job","ttl_ms":12000)");
  const LiveAnswer lost = silent.ask("lease.acquire", R"("name":"other","ttl_ms":12000)");
  EXPECT_EQ(nameless.goodbye(), 4002);
  json::object renewed = alice.push("renewed");
  EXPECT_EQ(text(renewed, "leases"), fmt::format(R"([{{"name":"job","token":{},"ttl_ms":12000}}])", short_one.token()));
  alice.push("renewed");
  EXPECT_EQ(Talk(server.port()).get("/v1/leases/job").field("held"), "true") << "20 s and more after it was granted";
  EXPECT_EQ(Talk(server.port()).get("/v1/leases/other").field("held"), "false");
  alice.push("renewed");
  EXPECT_EQ(silent.goodbye(), 4004);
  EXPECT_EQ(silent.pings(), 3);
  EXPECT_EQ(alice.ask("lease.renew", on("job", short_one.token())).status, 200);
}

}  // namespace
}  // namespace holdfast
