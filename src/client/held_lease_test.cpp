// A lease that is kept, with a server that plays what it is told to.
#include <holdfast/held_lease.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "client/scripted_for_tests.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using client::PeerEnd;
using client::ScriptedServer;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// The ttl that was asked for.
constexpr std::string_view yes = R"({"name":"job","token":8,"owner":"bob","session":"s1","waited_ms":0})";

bool asks(const std::string& request, std::string_view verb) {
  return request.starts_with("POST /v1/" + std::string{verb} + "/job");
}

/// Grants and releases; `renewal` plays the rest.
ScriptedServer::Play granting(ScriptedServer::Play renewal) {
  return [renewal = std::move(renewal), renewals = std::make_shared<std::atomic<int>>(0)](
             PeerEnd& end, const std::string& request, int) {
    if (asks(request, "acquire")) return end.answer(200, yes);
    if (asks(request, "release")) return end.answer(200, R"({"released":true})");
    renewal(end, request, ++*renewals);
  };
}

void renewed(PeerEnd& end, const std::string&, int) {
  end.answer(200, yes);
}

Client client_of(const ScriptedServer& server) {
  return Client::open({.servers = server.address(), .owner = "bob"}).value();
}

/// What was said of losses, and when.
struct Told {
  std::promise<Loss> first;
  std::future<Loss> coming = first.get_future();
  std::atomic<int> times = 0;
  BootTime::time_point at;

  std::function<void(const Loss&)> listener() {
    return [this](const Loss& loss) {
      at = BootTime::now();
      if (++times == 1) first.set_value(loss);
    };
  }
  Loss loss() {
    const bool came = coming.wait_for(20s) == std::future_status::ready;
    EXPECT_TRUE(came) << "no loss was said";
    return came ? coming.get() : Loss{};
  }
};

TEST(HeldLease, renews_by_itself_and_always_for_the_same_ttl) {
  std::promise<void> five_times;
  ScriptedServer server(granting([&](PeerEnd& end, const std::string& request, int number) {
    EXPECT_THAT(request, StartsWith("POST /v1/renew/job"));
    EXPECT_THAT(request, EndsWith(R"({"token":8,"owner":"bob","session":"s1","ttl_ms":300})"));
    end.answer(200, yes);
    if (number == 5) five_times.set_value();
  }));
  const auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 300ms});
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->token(), 8u);
  const auto first_end = lease->valid_until();
  ASSERT_EQ(five_times.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_TRUE(lease->still_held());
  EXPECT_GT(lease->valid_until(), first_end);
  EXPECT_FALSE(lease->lost());
}

TEST(HeldLease, asks_under_a_session_of_its_own) {
  ScriptedServer server(granting(renewed));
  { const auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 300ms}); }
  { const auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 300ms}); }
  std::vector<std::string> asked;
  for (const std::string& request : server.requests()) {
    if (asks(request, "acquire")) asked.push_back(client::body_of(request));
  }
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_THAT(asked[0], HasSubstr(R"("session":")"));
  EXPECT_NE(asked[0], asked[1]);
}

TEST(HeldLease, releases_when_it_goes_and_says_no_loss) {
  ScriptedServer server(granting(renewed));
  Told told;
  {
    const auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 300ms, .on_lost = told.listener()});
  }
  EXPECT_EQ(server.lines().back(), "POST /v1/release/job");
  EXPECT_EQ(told.times, 0);
}

TEST(HeldLease, stops_believing_before_it_tells_the_server) {
  HeldLease* held = nullptr;
  std::atomic<bool> believed = true;
  ScriptedServer server([&](PeerEnd& end, const std::string& request, int) {
    if (asks(request, "release")) believed = held->still_held();
    end.answer(200, asks(request, "release") ? R"({"released":true})" : yes);
  });
  auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 10s});
  ASSERT_TRUE(lease);
  held = &*lease;
  EXPECT_TRUE(lease->still_held());
  EXPECT_TRUE(lease->release().value());
  EXPECT_FALSE(believed);
  EXPECT_FALSE(lease->still_held());
  EXPECT_LE(lease->valid_until(), BootTime::now());
  EXPECT_TRUE(lease->release().value()) << "the first answer again";
  const auto lines = server.lines();
  EXPECT_EQ(std::ranges::count(lines, "POST /v1/release/job"), 1);
}

TEST(HeldLease, releases_at_once_while_a_renewal_hangs) {
  std::promise<void> hangs;
  ScriptedServer server(granting([&](PeerEnd&, const std::string&, int number) {
    if (number == 1) hangs.set_value();
  }));
  auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 3s});
  ASSERT_TRUE(lease);
  ASSERT_EQ(hangs.get_future().wait_for(20s), std::future_status::ready);
  const auto began = BootTime::now();
  EXPECT_TRUE(lease->release().value());
  EXPECT_LT(BootTime::now() - began, 400ms) << "less than the patience with a renewal";
}

TEST(HeldLease, says_its_loss_once_with_the_reason_that_the_server_gave) {  // L13
  for (const auto& [because, reason] :
       std::initializer_list<std::pair<std::string, Loss::Reason>>{{"lapsed", Loss::Reason::lapsed},
                                                                   {"released", Loss::Reason::released},
                                                                   {"taken_over", Loss::Reason::taken_over},
                                                                   {"transferred", Loss::Reason::transferred},
                                                                   {"moved", Loss::Reason::moved},
                                                                   {"revoked", Loss::Reason::revoked},
                                                                   {"eaten", Loss::Reason::unknown}}) {
    ScriptedServer server(granting([&](PeerEnd& end, const std::string&, int) {
      end.answer(409, R"({"code":"stale","because":")" + because + R"(","by":"carol","reason":"why"})");
    }));
    Told told;
    const auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 900ms, .on_lost = told.listener()});
    const Loss loss = told.loss();
    EXPECT_EQ(loss.reason, reason) << because;
    EXPECT_EQ(loss.by, "carol");
    EXPECT_EQ(loss.why, "why");
    EXPECT_LE(loss.valid_until, told.at) << "somebody else may have it already";
    EXPECT_FALSE(lease->still_held());
    EXPECT_EQ(lease->lost()->reason, reason);
    if (reason == Loss::Reason::unknown)
      std::this_thread::sleep_for(400ms);  // More than a third of the ttl: it would have been renewed again.
    EXPECT_EQ(told.times, 1);
  }
}

TEST(HeldLease, is_lost_before_its_belief_ends_where_nobody_answers) {
  ScriptedServer server(granting([](PeerEnd&, const std::string&, int) {}));
  Told told;
  const auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 500ms, .on_lost = told.listener()});
  ASSERT_TRUE(lease);
  const auto believed_until = lease->valid_until();
  const Loss loss = told.loss();
  EXPECT_EQ(loss.reason, Loss::Reason::not_renewed);
  EXPECT_EQ(loss.problem.code, "answer_lost");
  EXPECT_EQ(loss.valid_until, believed_until);
  EXPECT_LE(told.at, believed_until);
  EXPECT_GE(told.at, believed_until - 100ms) << "not given up early";
  EXPECT_FALSE(lease->still_held());
}

TEST(HeldLease, says_a_loss_as_early_as_its_grace_asks_for) {
  ScriptedServer server(granting([](PeerEnd& end, const std::string&, int) { end.close(); }));
  Told told;
  const auto lease =
      HeldLease::acquire(client_of(server), {.name = "job", .ttl = 1s, .grace = 400ms, .on_lost = told.listener()});
  const Loss loss = told.loss();
  EXPECT_EQ(loss.reason, Loss::Reason::not_renewed);
  EXPECT_LE(told.at, loss.valid_until - 300ms);
  EXPECT_FALSE(lease->still_held()) << "final, though the belief would go on";
}

TEST(HeldLease, outlives_renewals_that_fail) {
  std::promise<void> well_again;
  ScriptedServer server(granting([&](PeerEnd& end, const std::string&, int number) {
    if (number == 1) return end.close();
    if (number == 2) return end.answer(503, R"({"code":"journal_behind","fate":"not_done"})");
    if (number == 3) return end.answer(502, "<html>");
    end.answer(200, yes);
    if (number == 5) well_again.set_value();
  }));
  Told told;
  const auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 2s, .on_lost = told.listener()});
  ASSERT_EQ(well_again.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_TRUE(lease->still_held());
  EXPECT_EQ(told.times, 0);
}

TEST(HeldLease, has_one_renewal_in_flight) {
  std::atomic<int> under_way = 0, most = 0;
  std::promise<void> three;
  ScriptedServer server(granting([&](PeerEnd& end, const std::string&, int number) {
    most = std::max(most.load(), ++under_way);
    std::this_thread::sleep_for(150ms);  // Longer than a third of the ttl.
    --under_way;
    end.answer(200, yes);
    if (number == 3) three.set_value();
  }));
  const auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 1s});
  ASSERT_EQ(three.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_EQ(most, 1);
}

TEST(HeldLease, tells_each_wish_once) {
  std::promise<void> enough;
  ScriptedServer server(granting([&](PeerEnd& end, const std::string&, int number) {
    const std::string request = R"("request":{"by":"carol","message":"may I?"})";
    const std::string takeover =
        R"("takeover":{"by":"dave","reason":"now","ends_in_ms":)" + std::to_string(5000 - number) + "}";
    if (number <= 3) end.answer(200, R"({"token":8,)" + request + "}");
    if (number > 3) end.answer(200, R"({"token":8,)" + request + "," + takeover + "}");
    if (number == 6) enough.set_value();
  }));
  std::mutex guarding;
  std::vector<Wish> wishes;
  const auto lease =
      HeldLease::acquire(client_of(server), {.name = "job", .ttl = 300ms, .on_wish = [&](const Wish& wish) {
                                               const std::scoped_lock lock(guarding);
                                               wishes.push_back(wish);
                                             }});
  ASSERT_EQ(enough.get_future().wait_for(20s), std::future_status::ready);
  const std::scoped_lock lock(guarding);
  ASSERT_EQ(wishes.size(), 2u);
  EXPECT_EQ(wishes[0].kind, Wish::Kind::request);
  EXPECT_EQ(wishes[0].by + wishes[0].message, "carolmay I?");
  EXPECT_EQ(wishes[1].kind, Wish::Kind::takeover);
  EXPECT_EQ(wishes[1].by + wishes[1].message, "davenow");
  EXPECT_EQ(wishes[1].ends_in, 4996ms);
}

TEST(HeldLease, believes_no_longer_than_until_a_takeover_that_is_pending) {
  std::promise<void> dropped;
  std::promise<BootTime::time_point> asked;
  ScriptedServer server(granting([&](PeerEnd& end, const std::string&, int number) {
    if (number == 1) {
      asked.set_value(BootTime::now());
      return end.answer(200, R"({"token":8,"takeover":{"by":"dave","reason":"now","ends_in_ms":300}})");
    }
    end.answer(200, yes);
    if (number == 2) dropped.set_value();
  }));
  std::promise<void> wished;
  const auto lease = HeldLease::acquire(
      client_of(server), {.name = "job", .ttl = 3s, .on_wish = [&](const Wish&) { wished.set_value(); }});
  const auto first = asked.get_future().get();
  wished.get_future().get();
  EXPECT_LE(lease->valid_until(), first + 300ms);
  dropped.get_future().get();
  EXPECT_LT(BootTime::now(), first + 900ms) << "asked when it was due, not after a third of the ttl";
  std::this_thread::sleep_for(100ms);
  EXPECT_TRUE(lease->still_held()) << "nothing came of it";
  EXPECT_GT(lease->valid_until(), first + 2s);
}

TEST(HeldLease, may_be_released_by_whoever_is_told_a_wish) {
  ScriptedServer server(granting(
      [](PeerEnd& end, const std::string&, int) { end.answer(200, R"({"token":8,"request":{"by":"carol"}})"); }));
  HeldLease* held = nullptr;
  std::promise<bool> released;
  Told told;
  auto lease = HeldLease::acquire(
      client_of(server), {.name = "job", .ttl = 600ms, .on_lost = told.listener(), .on_wish = [&](const Wish&) {
                            released.set_value(held->release().value());
                          }});
  held = &*lease;
  EXPECT_TRUE(released.get_future().get());
  EXPECT_FALSE(lease->still_held());
  EXPECT_EQ(told.times, 0);
}

TEST(HeldLease, releases_even_what_it_believes_lost_where_the_server_may_not_know) {
  ScriptedServer server(granting([](PeerEnd& end, const std::string&, int) { end.close(); }));
  Told told;
  auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 200ms, .on_lost = told.listener()});
  told.loss();
  EXPECT_TRUE(lease->release().value());
}

TEST(HeldLease, leaves_nothing_behind_where_a_wait_was_stopped_too_late) {
  std::stop_source source;
  std::atomic<bool> granted = false;
  std::string session;
  ScriptedServer server([&](PeerEnd& end, const std::string& request, int) {
    if (asks(request, "acquire")) {  // Granted, but the answer never arrives.
      const std::string body = client::body_of(request);
      const auto at = body.find("\"session\":\"") + 11;
      session = body.substr(at, body.find('"', at) - at);
      granted = true;
      return;
    }
    if (asks(request, "release")) return end.answer(200, R"({"released":true})");
    end.answer(200, R"({"name":"job","held":true,"token":8,"owner":"bob"})");
  });
  std::jthread stopping([&] {
    while (!granted) std::this_thread::yield();
    source.request_stop();
  });
  const auto lease = HeldLease::acquire(client_of(server), {.name = "job", .wait = 10min, .stop = source.get_token()});
  ASSERT_FALSE(lease);
  EXPECT_TRUE(lease.problem().cancelled);
  EXPECT_EQ(server.lines().back(), "POST /v1/release/job");
  EXPECT_THAT(server.requests().back(), HasSubstr(R"("token":8)"));
  EXPECT_THAT(server.requests().back(), HasSubstr(session));
}

TEST(HeldLease, keeps_what_another_call_granted) {
  std::promise<void> was_renewed;
  ScriptedServer server([&](PeerEnd& end, const std::string& request, int) {
    end.answer(200, yes);
    if (asks(request, "renew")) was_renewed.set_value();
  });
  const Client client = client_of(server);
  const auto grant = client.take_over({.name = "job", .reason = "why", .ttl = 2s});
  ASSERT_TRUE(grant);
  const auto lease = HeldLease::keep(client, *grant, {.ttl = 2s});
  ASSERT_TRUE(lease);
  EXPECT_TRUE(lease->still_held());
  EXPECT_LE(lease->valid_until(), grant->valid_until) << "nothing was renewed yet";
  EXPECT_EQ(was_renewed.get_future().wait_for(20s), std::future_status::ready);
}

TEST(HeldLease, believes_less_at_once_where_it_will_ask_for_less) {
  ScriptedServer server(granting([](PeerEnd&, const std::string&, int) {}));
  const Client client = client_of(server);
  const Grant long_one{.name = "job", .token = 8, .session = "s1", .ttl = 1h, .valid_until = BootTime::now() + 1h};
  const Grant endless{.name = "job", .token = 8, .session = "s1", .valid_until = BootTime::never()};
  for (const Grant& grant : {long_one, endless}) {
    Told told;
    const auto lease = HeldLease::keep(client, grant, {.ttl = 200ms, .on_lost = told.listener()});
    EXPECT_LE(lease->valid_until(), BootTime::now() + 200ms);
    EXPECT_EQ(told.loss().reason, Loss::Reason::not_renewed);
  }
}

TEST(HeldLease, does_not_begin_with_a_grant_that_is_nearly_over) {
  std::atomic<int> renewals = 0;
  ScriptedServer server([&](PeerEnd& end, const std::string& request, int number) {
    if (number == 1) std::this_thread::sleep_for(400ms);
    if (asks(request, "renew")) ++renewals;
    end.answer(200, yes);
  });
  const auto lease = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 300ms});
  ASSERT_TRUE(lease);
  EXPECT_GE(renewals, 1);
  EXPECT_TRUE(lease->still_held());
}

TEST(HeldLease, refuses_what_cannot_be_kept) {
  ScriptedServer server(granting(renewed));
  const Client client = client_of(server);
  EXPECT_EQ(HeldLease::acquire(client, {.name = "job", .ttl = 99ms}).problem().field, "ttl");
  EXPECT_EQ(HeldLease::acquire(client, {.name = "job", .ttl = 25h}).problem().field, "ttl");
  EXPECT_EQ(HeldLease::acquire(client, {.name = "job", .ttl = 1s, .grace = 501ms}).problem().field, "grace");
  EXPECT_TRUE(server.lines().empty());
}

TEST(HeldLease, can_be_moved_while_it_is_kept) {
  ScriptedServer server(granting(renewed));
  auto first = HeldLease::acquire(client_of(server), {.name = "job", .ttl = 300ms});
  HeldLease second = *std::move(first);
  std::this_thread::sleep_for(400ms);
  EXPECT_TRUE(second.still_held());
}

TEST(HeldLease, goes_on_at_another_address) {
  ScriptedServer standby(granting(renewed));
  auto leader = std::make_unique<ScriptedServer>(granting(renewed));
  const Client client = Client::open({.servers = leader->address() + "," + standby.address(), .owner = "bob"}).value();
  Told told;
  const auto lease = HeldLease::acquire(client, {.name = "job", .ttl = 600ms, .on_lost = told.listener()});
  ASSERT_TRUE(lease);
  leader.reset();
  std::this_thread::sleep_for(900ms);  // Longer than it can be believed without a renewal.
  EXPECT_TRUE(lease->still_held());
  EXPECT_EQ(told.times, 0);
  EXPECT_EQ(client.server(), standby.address());
}

}  // namespace
}  // namespace holdfast
