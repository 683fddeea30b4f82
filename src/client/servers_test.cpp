#include "client/servers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <thread>

#include "client/scripted_for_tests.h"

namespace holdfast::client {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view unavailable = R"({"code":"journal_behind","fate":"not_done"})";
constexpr std::string_view stopping = R"({"code":"stopping","fate":"not_done"})";
constexpr std::string_view unknown = R"({"code":"commit_unknown","fate":"maybe_done"})";

Url url_of(const ScriptedServer& server) {
  return *parse_url(server.address());
}

Url nobody() {
  Peer peer;
  return peer.url;  // Its port is free again.
}

const Request post_request{.method = "POST", .target = "/x", .body = boost::json::object{}};

Answer<boost::json::object> ask(Servers& servers, Duration time, bool repeatable = false, std::stop_token stop = {}) {
  const Servers::Terms terms{.deadline = BootTime::now() + time, .repeatable = repeatable, .stop = std::move(stop)};
  return servers.ask([] { return post_request; }, terms);
}

TEST(Servers, ask_again_until_it_is_done) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int number) {
    number < 3 ? end.answer(503, unavailable) : end.answer(200, R"({"a":1})");
  });
  Servers servers({url_of(server)});
  EXPECT_TRUE(ask(servers, 10s));
  EXPECT_EQ(server.lines().size(), 3u);
}

TEST(Servers, never_send_twice_what_may_have_been_done) {  // L12
  ScriptedServer server(
      [](PeerEnd& end, const std::string&, int number) { number == 1 ? end.close() : end.answer(503, unknown); });
  Servers servers({url_of(server)});
  EXPECT_EQ(ask(servers, 10s).error().code, ErrorCode::answer_lost);
  EXPECT_EQ(server.lines().size(), 1u);
  EXPECT_EQ(ask(servers, 10s).error().code, ErrorCode::commit_unknown);
  EXPECT_EQ(server.lines().size(), 2u);
}

TEST(Servers, send_again_what_is_as_good_twice) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int number) {
    if (number == 1) end.close();
    if (number == 2) end.answer(503, unknown);
    if (number == 3) end.answer(200, "{}");
  });
  Servers servers({url_of(server)});
  EXPECT_TRUE(ask(servers, 10s, true));
  EXPECT_EQ(server.lines().size(), 3u);
}

TEST(Servers, wait_as_long_as_they_are_asked_to) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int number) {
    number == 1 ? end.answer(503, unavailable, "Retry-After: 1\r\n") : end.answer(200, "{}");
  });
  Servers servers({url_of(server)});
  const auto began = BootTime::now();
  EXPECT_TRUE(ask(servers, 10s));
  EXPECT_GE(BootTime::now() - began, 1s);
}

TEST(Servers, give_the_refusal_at_once_where_asking_again_would_come_too_late) {
  ScriptedServer server(
      [](PeerEnd& end, const std::string&, int) { end.answer(503, unavailable, "Retry-After: 60\r\n"); });
  Servers servers({url_of(server)});
  const auto began = BootTime::now();
  EXPECT_EQ(ask(servers, 5s).error().code, ErrorCode::journal_behind);
  EXPECT_LT(BootTime::now() - began, 4s);
  EXPECT_EQ(server.lines().size(), 1u);
}

TEST(Servers, go_on_to_the_next_address_and_remember_who_answered) {
  ScriptedServer leaving([](PeerEnd& end, const std::string&, int) { end.answer(503, stopping); });
  ScriptedServer there([](PeerEnd& end, const std::string&, int) { end.answer(200, "{}"); });
  Servers servers({nobody(), url_of(leaving), url_of(there)});
  EXPECT_TRUE(ask(servers, 10s));
  EXPECT_TRUE(ask(servers, 10s));
  EXPECT_EQ(servers.current(), url_of(there));
  EXPECT_EQ(leaving.lines().size(), 1u);
  EXPECT_EQ(there.lines().size(), 2u);
}

TEST(Servers, leave_one_that_is_silent_for_the_others_where_that_is_safe) {
  ScriptedServer silent([](PeerEnd&, const std::string&, int) {});
  ScriptedServer there([](PeerEnd& end, const std::string&, int) { end.answer(200, "{}"); });
  Servers servers({url_of(silent), url_of(there)});
  const Servers::Terms terms{.deadline = BootTime::now() + 20s, .patience = 200ms, .repeatable = true};
  EXPECT_TRUE(servers.ask([] { return post_request; }, terms));
  EXPECT_EQ(servers.current(), url_of(there));
}

TEST(Servers, stop_at_once_when_told_to_in_a_call_and_in_a_pause) {
  ScriptedServer silent([](PeerEnd&, const std::string&, int) {});
  for (const Url& url : {url_of(silent), nobody()}) {
    Servers servers({url});
    std::stop_source source;
    std::jthread stopping_it([&] {
      std::this_thread::sleep_for(100ms);  // Into the call, or one of the pauses.
      source.request_stop();
    });
    const auto began = BootTime::now();
    EXPECT_FALSE(ask(servers, 60s, true, source.get_token()));
    EXPECT_LT(BootTime::now() - began, 5s);
  }
}

TEST(Servers, work_on_after_a_call_was_stopped) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int number) {
    if (number > 1) end.answer(200, "{}");
  });
  Servers servers({url_of(server)});
  std::stop_source source;
  std::jthread stopping_it([&] {
    while (server.lines().empty()) std::this_thread::yield();
    source.request_stop();
  });
  EXPECT_FALSE(ask(servers, 60s, true, source.get_token()));
  EXPECT_TRUE(ask(servers, 10s));
}

TEST(Servers, end_at_the_deadline_where_nobody_is) {
  Servers servers({nobody(), nobody()});
  const auto began = BootTime::now();
  EXPECT_EQ(ask(servers, 500ms).error().code, ErrorCode::unreachable);
  EXPECT_LT(BootTime::now() - began, 500ms + 1s);
}

TEST(Servers, may_be_asked_from_several_threads) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int) { end.answer(200, "{}"); });
  Servers servers({url_of(server)});
  std::vector<std::jthread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int k = 0; k < 50; ++k) EXPECT_TRUE(ask(servers, 10s));
    });
  }
  callers.clear();
  EXPECT_EQ(server.lines().size(), 200u);
}

}  // namespace
}  // namespace holdfast::client
