// Watching a real server over real connections: every change once, in order, from any position (L14), also over kills;
// and plain words where events are missing or a position is none.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/watch.h>

#include <boost/json.hpp>
#include <fstream>
#include <thread>

#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::Response;
using support::ServerProcess;
using support::Talk;
using testing::ElementsAre;
using testing::HasSubstr;
using Steady = std::chrono::steady_clock;

class Events : public testing::Test {
 protected:
  ServerProcess::How here(const std::string& settings = {}, std::uint16_t port = 0) const {
    const std::string file = scratch_.path() / "settings.toml";
    std::ofstream(file) << settings;
    return {.arguments = {"--data", scratch_.path() / "data", "--config", file}, .port = port};
  }
  static Client client(const ServerProcess& server) {
    return Client::open({.servers = "127.0.0.1:" + std::to_string(server.port()), .owner = "watcher"}).value();
  }

  /// The first event of a stream that asks for `after`.
  static Event first(const ServerProcess& server, const std::string& after) {
    Watch watch(client(server), {.after = after});
    return watch.next().value();
  }

  support::ScratchDirectory scratch_;
};

/// A grant to alice; its answer.
Response grant(Talk& talk, const std::string& name) {
  Response answer = talk.post("/v1/acquire/" + name, R"({"owner":"alice","session":"s1"})");
  EXPECT_EQ(answer.status, 200) << answer.body;
  return answer;
}
Response release(Talk& talk, const std::string& name, std::uint64_t token) {
  Response answer = talk.post("/v1/release/" + name, fmt::format(R"({{"owner":"alice","token":{}}})", token));
  EXPECT_EQ(answer.status, 200) << answer.body;
  return answer;
}

Event next(Watch& watch) {
  Answer<Event> event = watch.next();
  if (!event) throw std::runtime_error(event.problem().detail);
  return *std::move(event);
}
std::string position_of(const Event& event) {
  return std::visit([](const auto& it) { return it.position; }, event);
}
/// Of the JSON that came.
std::string text(const Event& event, const char* field) {
  const auto json = boost::json::parse(std::visit([](const auto& it) { return it.json; }, event)).as_object();
  const auto* found = json.if_contains(field);
  return found && found->is_string() ? std::string{found->get_string()} : std::string{};
}
/// "granted a/b" for each of the next `count` events.
std::vector<std::string> next(Watch& watch, std::size_t count) {
  std::vector<std::string> told;
  while (told.size() < count) {
    const Event event = next(watch);
    const auto* change = std::get_if<Change>(&event);
    if (change) told.push_back(change->type + " " + change->name);
    if (std::holds_alternative<Gap>(event)) told.push_back("a gap");
  }
  return told;
}

TEST_F(Events, follow_a_list_without_a_hole) {
  const ServerProcess server(here());
  Talk talk(server.port());
  grant(talk, "a/1");
  const std::string listed = talk.get("/v1/leases?prefix=a").field("position");
  const std::uint64_t token = grant(talk, "a/2").token();
  release(talk, "a/2", token);
  grant(talk, "b");
  Watch watch(client(server), {.prefix = "a", .after = listed});
  EXPECT_EQ(text(next(watch), "type"), "begin");
  EXPECT_THAT(next(watch, 2), ElementsAre("granted a/2", "released a/2"));
  grant(talk, "a/3");
  EXPECT_THAT(next(watch, 1), ElementsAre("granted a/3"));
}

TEST_F(Events, begin_now_unless_told_where_and_say_where_that_is) {
  const ServerProcess server(here());
  Talk talk(server.port());
  const std::string before = grant(talk, "a").field("position");
  Watch watch(client(server), {});
  const Event begin = next(watch);
  ASSERT_TRUE(std::holds_alternative<Begin>(begin));
  EXPECT_EQ(position_of(begin), before);
  const Response granted = grant(talk, "b");
  const Event event = next(watch);
  EXPECT_EQ(position_of(event), granted.field("position")) << "the same form as in every answer";
  EXPECT_EQ(text(event, "position"), position_of(event));
  EXPECT_EQ(text(event, "owner"), "alice");
}

TEST_F(Events, tell_of_every_kind_of_change_over_every_call) {
  const ServerProcess server(here());
  Talk talk(server.port());
  Watch watch(client(server), {.prefix = "job"});
  next(watch);
  std::uint64_t token = talk.post("/v1/acquire/job", R"({"owner":"alice","session":"s1","ttl_ms":null})").token();
  const auto post = [&](const std::string& call, const std::string& body) {
    const Response answer = talk.post(call, body);
    ASSERT_EQ(answer.status, 200) << call << ": " << answer.body;
    if (answer.token() != 0) token = answer.token();
  };
  post("/v1/request/job", R"({"owner":"bob","message":"may I?"})");
  post("/v1/move/job", fmt::format(R"({{"owner":"alice","session":"s2","token":{}}})", token));
  post("/v1/takeover/job", fmt::format(R"({{"owner":"bob","session":"s3","token":{},"reason":"stuck"}})", token));
  post("/v1/transfer/job", fmt::format(R"({{"owner":"bob","token":{},"to":"carol","to_session":"s4"}})", token));
  post("/v1/renew/job", fmt::format(R"({{"owner":"carol","token":{},"ttl_ms":100}})", token));
  EXPECT_THAT(next(watch, 6), ElementsAre("granted job", "requested job", "moved job", "taken_over job",
                                          "transferred job", "lapsed job"))
      << "renewals are no events";
  post("/v1/renew/job", fmt::format(R"({{"owner":"carol","session":"s4","token":{},"ttl_ms":60000}})", token));
  EXPECT_THAT(next(watch, 1), ElementsAre("revived job"));
}

TEST_F(Events, refuse_garbage_by_its_name_and_stream_nothing) {
  const ServerProcess server(here());
  const auto refused = [&](const std::string& target, const std::string& header = {}) {
    Talk talk(server.port());
    talk.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n");
    const Response answer = talk.receive();
    EXPECT_EQ(answer.status, 400) << target << header;
    EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
    return answer.field("code") + " " + answer.field("field");
  };
  EXPECT_EQ(refused("/v1/events?after=12"), "bad_field after");
  EXPECT_EQ(refused("/v1/events?after=-1.2"), "bad_field after");
  EXPECT_EQ(refused("/v1/events?after=1.99999999999999999999999"), "bad_field after");
  EXPECT_EQ(refused("/v1/events?prefix=a//b"), "bad_name prefix");
  EXPECT_EQ(refused("/v1/events?since=1.2"), "unknown_field since");
  EXPECT_EQ(refused("/v1/events?after=1.2&after=1.3"), "duplicate_field after");
  EXPECT_EQ(refused("/v1/events", "Last-Event-ID: yesterday\r\n"), "bad_field Last-Event-ID");
  EXPECT_EQ(refused("/v1/events?after=garbage", "Last-Event-ID: 1.2\r\n"), "bad_field after");
  EXPECT_EQ(refused("/v1/events", "Last-Event-ID: 1.2\r\nLast-Event-ID: 1.3\r\n"), "duplicate_field Last-Event-ID");
  EXPECT_EQ(Talk(server.port()).post("/v1/events", "{}").status, 405);
}

TEST_F(Events, answer_a_head_and_let_go) {
  const ServerProcess server(here());
  Talk talk(server.port());
  talk.send("HEAD /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(talk.answered_within(5s));
  EXPECT_EQ(Talk(server.port()).get("/metrics").body.find("\nholdfast_watchers 1"), std::string::npos);
}

TEST_F(Events, say_which_positions_they_cannot_go_on_from_and_go_on_from_now) {
  ServerProcess server(here("events_bytes_max = 1\n"));
  Talk talk(server.port());
  const std::string old = grant(talk, "a").field("position");
  const std::string incarnation = old.substr(0, old.find('.'));
  grant(talk, "b");
  const std::string newest = grant(talk, "c").field("position");

  EXPECT_EQ(text(first(server, old), "code"), "position_gone");
  EXPECT_EQ(text(first(server, "1.1"), "code"), "position_foreign");
  EXPECT_EQ(text(first(server, incarnation + ".999999"), "code"), "position_future");
  EXPECT_EQ(text(first(server, newest), "type"), "begin");

  Watch watch(client(server), {.after = "1.1"});
  const Event reset = next(watch);
  EXPECT_EQ(std::get<Gap>(reset).code, "position_foreign");
  EXPECT_EQ(position_of(reset), newest) << "from here it goes on";
  EXPECT_EQ(text(reset, "asked"), "1.1");
  grant(talk, "d");
  EXPECT_THAT(next(watch, 1), ElementsAre("granted d"));
}

TEST_F(Events, know_the_positions_of_another_data_directory_for_foreign) {
  std::string elsewhere;
  {
    ServerProcess other({.arguments = {"--data", scratch_.path() / "other"}});
    Talk talk(other.port());
    elsewhere = grant(talk, "a").field("position");
  }
  const ServerProcess server(here());
  EXPECT_EQ(text(first(server, elsewhere), "code"), "position_foreign");
}

TEST_F(Events, believe_last_event_id_before_the_url) {
  const ServerProcess server(here());
  Talk talk(server.port());
  const std::string one = grant(talk, "a").field("position");
  const std::string two = grant(talk, "b").field("position");
  grant(talk, "c");
  Talk stream(server.port());
  stream.send(
      fmt::format("GET /v1/events?after={} HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {}\r\n\r\n", one, two));
  // The stream has no length: what comes is read byte by byte until the grant of c.
  std::string got;
  char byte = 0;
  while (got.find("\"name\":\"c\"") == std::string::npos && ::read(stream.socket(), &byte, 1) == 1) got += byte;
  EXPECT_THAT(got, HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(got, HasSubstr("text/event-stream"));
  EXPECT_THAT(got, HasSubstr("cache-control: no-store"));
  EXPECT_THAT(got, testing::Not(HasSubstr("\"name\":\"b\"")));
}

TEST_F(Events, go_on_over_a_kill_and_a_restart_without_missing_or_repeating_any) {
  std::vector<std::string> troubles;
  auto server = std::make_unique<ServerProcess>(here());
  const std::uint16_t port = server->port();
  auto talk = std::make_unique<Talk>(port);
  Watch watch(client(*server), {.on_trouble = [&](const Problem& why, auto) { troubles.push_back(why.detail); }});
  next(watch);
  grant(*talk, "a");
  EXPECT_THAT(next(watch, 1), ElementsAre("granted a"));
  const std::uint64_t token = grant(*talk, "b").token();  // Not read before the kill.
  server->kill();
  server = std::make_unique<ServerProcess>(here({}, port));
  talk = std::make_unique<Talk>(port);
  release(*talk, "b", token);
  EXPECT_THAT(next(watch, 2), ElementsAre("granted b", "released b"));
  EXPECT_EQ(server->stop().exit_status, 0);
  server = std::make_unique<ServerProcess>(here({}, port));
  talk = std::make_unique<Talk>(port);
  grant(*talk, "c");
  EXPECT_THAT(next(watch, 1), ElementsAre("granted c"));
  EXPECT_FALSE(troubles.empty());
}

TEST_F(Events, end_at_once_when_the_server_stops) {
  ServerProcess server(here());
  std::vector<std::unique_ptr<Talk>> streams;
  for (int i = 0; i < 100; ++i) {
    streams.push_back(std::make_unique<Talk>(server.port()));
    streams.back()->send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(streams.back()->answered_within(5s));
  }
  const auto began = Steady::now();
  EXPECT_EQ(server.stop().exit_status, 0);
  EXPECT_LT(Steady::now() - began, 2s) << "it waited for those who watch";
}

TEST_F(Events, are_for_so_many_watchers_and_no_more) {
  const ServerProcess server(here("watchers_max = 2\n"));
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 2; ++i) {
    watches.push_back(std::make_unique<Watch>(client(server), WatchOptions{}));
    next(*watches.back());
  }
  Talk talk(server.port());
  const Response refused = talk.get("/v1/events");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("code"), "too_many_watchers");
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_EQ(grant(talk, "a").status, 200) << "the connection and everything else go on";
  EXPECT_THAT(talk.get("/metrics").body,
              testing::AllOf(HasSubstr("\nholdfast_watchers 2\n"), HasSubstr("\nholdfast_watchers_refused_total 1\n")));
  watches.pop_back();
  while (talk.get("/metrics").body.find("\nholdfast_watchers 1\n") == std::string::npos) {
  }
  Watch again(client(server), {});
  EXPECT_TRUE(std::holds_alternative<Begin>(next(again)));
}

}  // namespace
}  // namespace holdfast
