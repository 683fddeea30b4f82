// What each call of the public client sends, and what it makes of the answer.
#include <holdfast/client.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>

#include "client/scripted_for_tests.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using client::PeerEnd;
using client::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;

Client client_of(const std::string& servers, std::chrono::milliseconds timeout = 10s) {
  return Client::open({.servers = servers, .owner = "bob", .timeout = timeout}).value();
}

/// One call, answered so.
struct Exchange {
  int status = 200;
  std::string answer = "{}";
  std::string line{};
  boost::json::value body{};

  template <class Call>
  auto of(Call call) {
    ScriptedServer server([this](PeerEnd& end, const std::string&, int) { end.answer(status, answer); });
    auto result = call(client_of(server.address()));
    line = server.lines().at(0);
    const std::string text = client::body_of(server.requests().at(0));
    body = text.empty() ? boost::json::value{} : boost::json::parse(text);
    return result;
  }
};

const std::string granted = R"({"name":"job","token":8,"previous":7,"owner":"bob","session":"s1","ttl_ms":30000,)"
                            R"("deadline_in_ms":30030,"waited_ms":0,"since":"2026-02-05T18:09:25.395Z",)"
                            R"("joined":false,"position":"3.9"})";

TEST(Client, acquires_with_what_was_asked_for) {
  Exchange exchange{.answer = granted};
  const auto before = BootTime::now();
  const auto grant = exchange.of([](const Client& client) {
    return client.acquire({.name = "a b",
                           .session = "s1",
                           .ttl = 20s,
                           .note = "why",
                           .metadata = R"({"k":[1]})",
                           .holder = Holder::owner});
  });
  ASSERT_TRUE(grant);
  EXPECT_EQ(exchange.line, "POST /v1/acquire/a%20b");
  EXPECT_EQ(exchange.body, boost::json::parse(R"({"owner":"bob","session":"s1","ttl_ms":20000,"note":"why",)"
                                              R"("metadata":{"k":[1]},"holder":"owner"})"));
  EXPECT_EQ(grant->token, 8u);
  EXPECT_EQ(grant->previous, 7u);
  EXPECT_EQ(grant->position, "3.9");
  EXPECT_GE(grant->valid_until, before + 20s) << "of the ttls asked for and given the shorter one";
  EXPECT_LT(grant->valid_until, BootTime::now() + 20s) << "counted from before it was sent";
}

TEST(Client, believes_in_a_lease_of_no_end_only_where_the_server_says_so) {
  const auto ask = [](const Client& client) { return client.acquire({.name = "job", .ttl = std::nullopt}); };
  Exchange endless{.answer = R"({"name":"job","token":8,"ttl_ms":null})"};
  EXPECT_EQ(endless.of(ask)->valid_until, BootTime::never());
  EXPECT_TRUE(endless.body.at("ttl_ms").is_null());
  Exchange silent{.answer = R"({"name":"job","token":8})"};
  const auto nothing = silent.of(ask);
  EXPECT_LE(nothing->valid_until, BootTime::now());
  Exchange bounded{.answer = granted};
  const auto thirty = bounded.of(ask);
  EXPECT_LE(thirty->valid_until, BootTime::now() + 30s);
}

TEST(Client, sends_nothing_where_metadata_is_no_object) {
  const Client client = client_of("http://127.0.0.1:1");
  for (const char* text : {"{", "[]", "1", "null"}) {
    const auto grant = client.acquire({.name = "job", .metadata = text});
    ASSERT_FALSE(grant);
    EXPECT_EQ(grant.problem().code, "bad_field");
    EXPECT_EQ(grant.problem().field, "metadata");
    EXPECT_FALSE(grant.problem().maybe_done);
  }
}

TEST(Client, shows_who_holds_it_instead) {  // L11
  Exchange exchange{.status = 409,
                    .answer = R"({"code":"held","fate":"not_done","detail":"No.","name":"job","held":true,"token":9,)"
                              R"("owner":"alice","session":"t","note":"why","waiting":3,"deadline_in_ms":5000})"};
  const auto grant = exchange.of([](const Client& client) { return client.acquire({.name = "job"}); });
  ASSERT_FALSE(grant);
  EXPECT_TRUE(grant.problem().held_by_other());
  EXPECT_FALSE(grant.problem().maybe_done);
  EXPECT_EQ(grant.problem().holder.owner, "alice");
  EXPECT_EQ(grant.problem().holder.ends_in, 5s);
}

TEST(Client, shows_why_a_token_is_old) {  // L13
  Exchange exchange{.status = 409,
                    .answer = R"({"code":"stale","fate":"not_done","because":"taken_over","by":"carol",)"
                              R"("reason":"release day","newest":12})"};
  const auto renewed = exchange.of([](const Client& client) { return client.renew({.name = "job", .token = 8}); });
  ASSERT_FALSE(renewed);
  EXPECT_TRUE(renewed.problem().means_lost());
  EXPECT_EQ(renewed.problem().because, "taken_over");
  EXPECT_EQ(renewed.problem().by, "carol");
  EXPECT_EQ(renewed.problem().reason, "release day");
  EXPECT_EQ(renewed.problem().holder.token, 12u);
}

TEST(Client, asks_for_each_operation_as_the_table_says) {
  Exchange it{.answer = granted};
  const auto body = [&] { return boost::json::serialize(it.body); };

  EXPECT_TRUE(it.of([](const Client& c) { return c.renew({"job", 8, "s1"}, 5s); }));
  EXPECT_EQ(it.line + body(), R"(POST /v1/renew/job{"token":8,"owner":"bob","session":"s1","ttl_ms":5000})");
  EXPECT_TRUE(it.of([](const Client& c) { return c.release({"job", 8, "s1"}); }));
  EXPECT_EQ(it.line + body(), R"(POST /v1/release/job{"token":8,"owner":"bob","session":"s1"})");
  EXPECT_TRUE(it.of([](const Client& c) { return c.check("job", 8); }));
  EXPECT_EQ(it.line + body(), R"(POST /v1/check/job{"token":8})");
  EXPECT_TRUE(it.of([](const Client& c) { return c.get("a/b"); }));
  EXPECT_EQ(it.line, "GET /v1/leases/a/b");
  EXPECT_TRUE(it.of([](const Client& c) {
    return c.take_over({.name = "job",
                        .reason = "why",
                        .token = 8,
                        .flush = 2s,
                        .session = "s1",
                        .ttl = 5s,
                        .note = "n",
                        .metadata = "{}",
                        .holder = Holder::owner});
  }));
  EXPECT_EQ(it.line + body(),
            R"(POST /v1/takeover/job{"owner":"bob","session":"s1","ttl_ms":5000,"note":"n","metadata":{},)"
            R"("holder":"owner","reason":"why","token":8,"flush_ms":2000})");
  EXPECT_TRUE(it.of([](const Client& c) { return c.move({.name = "job", .token = 8, .session = "s2"}); }));
  EXPECT_EQ(it.line + body(), R"(POST /v1/move/job{"token":8,"owner":"bob","session":"s2"})");
  EXPECT_TRUE(it.of([](const Client& c) { return c.request("job", "please"); })->held);
  EXPECT_EQ(it.line + body(), R"(POST /v1/request/job{"owner":"bob","message":"please"})");
  EXPECT_TRUE(it.of([](const Client& c) {
    return c.transfer({.holding = {"job", 8, "s1"}, .to = "carol", .to_session = "s9"});
  }));
  EXPECT_EQ(it.line + body(),
            R"(POST /v1/transfer/job{"token":8,"owner":"bob","session":"s1","to":"carol","to_session":"s9"})");
  EXPECT_TRUE(it.of([](const Client& c) { return c.revoke({.name = "job", .reason = "gone", .token = 8}); }));
  EXPECT_EQ(it.line + body(), R"(POST /v1/revoke/job{"owner":"bob","reason":"gone","token":8})");
  EXPECT_TRUE(it.of([](const Client& c) { return c.renew_session("s/1", 5s); }));
  EXPECT_EQ(it.line + body(), R"(POST /v1/sessions/s%2F1/renew{"owner":"bob","ttl_ms":5000})");
  EXPECT_TRUE(it.of([](const Client& c) { return c.end_session("s1"); }));
  EXPECT_EQ(it.line + body(), R"(POST /v1/sessions/s1/end{"owner":"bob"})");
}

TEST(Client, lists_a_page) {
  Exchange exchange{.answer = R"({"leases":[{"name":"a","held":true,"token":1,"owner":"x"},{"name":"b","held":true}],)"
                              R"("next":"b","position":"3.9"})"};
  const auto page = exchange.of([](const Client& client) {
    return client.list({.prefix = "p", .owner = "x", .contended = true, .after = "0", .limit = 2});
  });
  EXPECT_EQ(exchange.line, "GET /v1/leases?prefix=p&owner=x&contended=1&after=0&limit=2");
  ASSERT_EQ(page->leases.size(), 2u);
  EXPECT_EQ(page->leases[0].owner, "x");
  EXPECT_EQ(page->next, "b");
  EXPECT_EQ(page->position, "3.9");
}

TEST(Client, reads_a_page_of_history) {
  Exchange exchange{
      .answer =
          R"({"name":"job","holdings":[)"
          R"({"name":"job","token":9,"previous":8,"owner":"y","session":"s2","holder":"session","since":"b",)"
          R"("until":null,"open":true,"uncertain":true,"began":"taken_over","taken_from":"x","taken_because":"r",)"
          R"("waited_ms":0,"ttl_ms":null,"steps":[]},)"
          R"({"name":"job","token":8,"previous":null,"owner":"x","session":"s1","holder":"session","since":null,)"
          R"("until":"b","open":false,"because":"taken_over","by":"y","by_session":"s2","to":"z","to_session":"s3",)"
          R"("reason":"r","began":"granted","note":"n","address":"::1","waited_ms":0,"steps":[]}],)"
          R"("next":"8","gaps":[{"after_position":3,"up_to_position":5,"noticed":"c"}],"memory_only":true,)"
          R"("position":"3.9"})"};
  const auto page = exchange.of([](const Client& client) {
    return client.history({.name = "job", .owner = "x", .from = "a", .to = "c", .after = "12", .limit = 5});
  });
  EXPECT_EQ(exchange.line, "GET /v1/history/job?owner=x&from=a&to=c&after=12&limit=5");
  ASSERT_EQ(page->holdings.size(), 2u);
  const PastHolding& now = page->holdings[0];
  EXPECT_TRUE(now.open && now.uncertain);
  EXPECT_EQ(now.until, "");
  EXPECT_EQ(now.previous, 8u);
  EXPECT_EQ(now.began + now.taken_from + now.taken_because, "taken_overxr");
  const PastHolding& before = page->holdings[1];
  EXPECT_FALSE(before.open || before.uncertain);
  EXPECT_EQ(before.since, "") << "its beginning is not kept";
  EXPECT_EQ(before.until, "b");
  EXPECT_EQ(before.because, "taken_over");
  EXPECT_EQ(before.by + before.by_session + before.to + before.to_session, "ys2zs3");
  EXPECT_EQ(before.note + before.address, "n::1");
  EXPECT_EQ(page->next, "8");
  EXPECT_EQ(page->position, "3.9");
  EXPECT_TRUE(page->has_gaps && page->memory_only);
}

TEST(Client, asks_again_under_a_named_session_and_never_without_one) {  // L12
  for (const std::string session : {"s1", ""}) {
    ScriptedServer server(
        [](PeerEnd& end, const std::string&, int number) { number == 1 ? end.close() : end.answer(200, granted); });
    const auto grant = client_of(server.address()).acquire({.name = "job", .session = session});
    EXPECT_EQ(grant.ok(), !session.empty());
    EXPECT_EQ(server.lines().size(), session.empty() ? 1u : 2u);
    EXPECT_TRUE(grant || grant.problem().maybe_done);
  }
}

TEST(Client, counts_no_wait_of_a_request_that_was_not_the_first) {
  ScriptedServer server([&](PeerEnd& end, const std::string&, int number) {
    if (number == 1) return end.close();
    std::this_thread::sleep_for(200ms);  // So that a wait of its own would fit.
    end.answer(200, R"({"name":"job","token":8,"session":"s1","ttl_ms":1000,"waited_ms":150})");
  });
  const auto began = BootTime::now();
  const auto grant = client_of(server.address()).acquire({.name = "job", .session = "s1", .ttl = 1s, .wait = 10s});
  ASSERT_TRUE(grant);
  EXPECT_LE(grant->valid_until, BootTime::now() - 200ms + 1s);
  EXPECT_GE(grant->valid_until, began + 1s);
}

TEST(Client, waits_on_where_one_request_cannot_wait_so_long) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int number) {
    if (number > 1) return end.answer(200, granted);
    std::this_thread::sleep_for(100ms);
    end.answer(409, R"({"code":"wait_over","fate":"not_done"})");
  });
  const auto grant = client_of(server.address()).acquire({.name = "job", .session = "s1", .wait = 20min});
  ASSERT_TRUE(grant);
  const auto requests = server.requests();
  EXPECT_THAT(requests.at(0), HasSubstr(R"("wait_ms":600000)"));
  EXPECT_THAT(requests.at(1), HasSubstr(R"("wait_ms":600000)"));
}

TEST(Client, says_that_the_wait_is_over_when_it_is) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int) {
    std::this_thread::sleep_for(200ms);
    end.answer(409, R"({"code":"wait_over","fate":"not_done"})");
  });
  const auto grant = client_of(server.address()).acquire({.name = "job", .session = "s1", .wait = 150ms});
  EXPECT_EQ(grant.problem().code, "wait_over");
  EXPECT_EQ(server.lines().size(), 1u);
}

TEST(Client, stops_waiting_when_told_to) {
  ScriptedServer server([](PeerEnd&, const std::string&, int) {});
  std::stop_source source;
  std::jthread stopping([&] {
    while (server.lines().empty()) std::this_thread::yield();
    source.request_stop();
  });
  const auto began = BootTime::now();
  const auto grant =
      client_of(server.address()).acquire({.name = "job", .session = "s1", .wait = 10min, .stop = source.get_token()});
  ASSERT_FALSE(grant);
  EXPECT_TRUE(grant.problem().cancelled);
  EXPECT_TRUE(grant.problem().maybe_done);
  EXPECT_LT(BootTime::now() - began, 5s);
}

TEST(Client, does_not_repeat_a_takeover_that_may_have_happened) {  // Its token would be old by then.
  ScriptedServer server([](PeerEnd& end, const std::string&, int) { end.close(); });
  const auto grant = client_of(server.address()).take_over({.name = "job", .reason = "r", .session = "s1"});
  ASSERT_FALSE(grant);
  EXPECT_TRUE(grant.problem().maybe_done);
  EXPECT_EQ(server.lines().size(), 1u);
}

TEST(Client, goes_to_where_the_environment_says) {
  ::setenv("HOLDFAST_SERVER", "http://10.0.0.1:99,http://10.0.0.2", 1);
  EXPECT_EQ(Client::open({.owner = "bob"})->server(), "http://10.0.0.1:99");
  ::unsetenv("HOLDFAST_SERVER");
  EXPECT_EQ(Client::open({.owner = "bob"})->server(), "http://127.0.0.1:7420");
  EXPECT_THAT(Client::open({})->owner(), HasSubstr("@"));
}

TEST(Client, is_not_opened_with_what_makes_no_sense) {
  EXPECT_EQ(Client::open({.servers = "https://a"}).problem().code, "bad_configuration");
  EXPECT_EQ(Client::open({.servers = "a,,b"}).problem().code, "bad_configuration");
  EXPECT_EQ(Client::open({.timeout = 0ms}).problem().code, "bad_configuration");
}

}  // namespace
}  // namespace holdfast
