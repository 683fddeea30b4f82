// Many ask for one free name at the same moment: exactly one gets it. And the same test fails when the bug is back.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <memory>
#include <mutex>
#include <thread>

#include "tests/support/delayed_relay.h"
#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::Response;
using support::ServerProcess;
using support::Talk;
using testing::HasSubstr;
using testing::IsEmpty;

struct Call {
  const char* what;
  std::string (*request)(int client, const std::string& name);
};
const Call lease_call{"acquire", [](int client, const std::string& name) {
                        return support::request_text("POST", "/v1/acquire/" + name,
                                                     fmt::format(R"({{"owner": "c{}"}})", client));
                      }};
const Call buffer_call{"buffers", [](int client, const std::string& name) {
                         return support::request_text(
                             "POST", "/api/buffers/acquire",
                             fmt::format(R"({{"project": "p", "path": "{}", "user": "c{}"}})", name, client));
                       }};

/// What is wrong with the answers to one round; empty if one got it and everybody else was told who.
std::string wrong_with(const std::vector<Response>& answers) {
  std::string winner;
  for (const Response& answer : answers) {
    if (answer.status == 200 && !winner.empty()) return "both " + winner + " and " + answer.field("owner") + " own it";
    if (answer.status == 200) winner = answer.field("owner");
    if (answer.status != 200 && answer.status != 409) return fmt::format("{}: {}", answer.status, answer.body);
  }
  if (winner.empty()) return "nobody owns it";
  for (const Response& answer : answers) {
    if (answer.status == 409 && answer.field("owner") != winner) return "told of another owner: " + answer.body;
  }
  return {};
}

/// `clients` threads, each with a connection of its own to one of `ports`, ask for a free name at the same moment,
/// `rounds` times. Winners keep it until all answers are in, and longer. Returns what went wrong, one line a round.
std::vector<std::string> race(std::uint16_t port, int clients, int rounds, const Call& call) {
  std::vector<std::string> faults;
  std::vector<Response> answers(static_cast<std::size_t>(clients));
  int round = 0;
  const auto judge = [&]() noexcept {
    if (const std::string fault = wrong_with(answers); !fault.empty()) {
      faults.push_back(fmt::format("{} clients, round {}: {}", clients, round, fault));
    }
    ++round;
  };
  std::barrier ready(clients);
  std::barrier all_in(clients, judge);
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client) {
    threads.emplace_back([&, client] {
      Talk talk(port);
      for (int i = 0; i < rounds; ++i) {
        const std::string request = call.request(client, fmt::format("{}-{}-{}", call.what, clients, i));
        ready.arrive_and_wait();
        talk.send(request);
        answers[static_cast<std::size_t>(client)] = talk.receive();
        all_in.arrive_and_wait();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return faults;
}

ServerProcess::How on(const support::ScratchDirectory& data, std::vector<std::string> more = {}) {
  ServerProcess::How how{.arguments = {"--data", data.path() / "data"}};
  how.arguments.insert(how.arguments.end(), more.begin(), more.end());
  return how;
}

constexpr std::array group_sizes{2, 10, 16, 50};
constexpr int rounds = 100;

class Race : public testing::TestWithParam<int> {};

TEST_P(Race, has_exactly_one_winner_each_time) {
  const support::ScratchDirectory data;
  ServerProcess server(on(data));
  EXPECT_THAT(race(server.port(), GetParam(), rounds, lease_call), IsEmpty());
  EXPECT_THAT(race(server.port(), GetParam(), rounds, buffer_call), IsEmpty());
  EXPECT_THAT(Talk(server.port()).get("/metrics").body, HasSubstr("\nbuffer_conflicts_total 0\n"));
}
INSTANTIATE_TEST_SUITE_P(Of, Race, testing::ValuesIn(group_sizes));

TEST(RaceOverASlowNetwork, has_exactly_one_winner_each_time) {
  const support::ScratchDirectory data;
  ServerProcess server(on(data, {"--io-threads", "2"}));
  std::mutex mutex;
  std::vector<std::string> faults;
  std::vector<std::thread> groups;
  for (const auto delay : {20ms, 100ms}) {
    for (const int clients : group_sizes) {
      groups.emplace_back([&, delay, clients] {
        // There and back together are `delay`. Each group has a road of its own, and names of its own.
        const support::DelayedRelay relay(server.port(), delay / 2);
        const Call& call = delay == 20ms ? lease_call : buffer_call;
        const std::vector<std::string> found = race(relay.port(), clients, rounds, call);
        const std::lock_guard lock(mutex);
        faults.insert(faults.end(), found.begin(), found.end());
      });
    }
  }
  for (std::thread& group : groups) group.join();
  EXPECT_THAT(faults, IsEmpty());
}

class InjectedRace : public testing::TestWithParam<int> {};

TEST_P(InjectedRace, is_caught_by_the_very_same_test_and_by_the_monitor) {
  const support::ScratchDirectory data;
  ServerProcess server(on(data, {"--inject", "check-then-act=20ms", "--log-level", "debug"}));
  const std::vector<std::string> faults = race(server.port(), GetParam(), 3, buffer_call);
  ASSERT_EQ(faults.size(), 3U);
  for (const std::string& fault : faults) EXPECT_THAT(fault, HasSubstr("own it"));

  EXPECT_THAT(Talk(server.port()).get("/metrics").body, Not(HasSubstr("\nbuffer_conflicts_total 0\n")));
  EXPECT_THAT(Talk(server.port()).get("/readyz").body, HasSubstr("check-then-act"));
  server.stop();
  const std::string log = server.process().errors();
  EXPECT_THAT(log, HasSubstr("lock acquisition failed after availability check passed"));
  EXPECT_THAT(log, HasSubstr("buffer ownership conflict detected"));
  EXPECT_THAT(log, HasSubstr("multiple owners for buffer_id=1"));
}
INSTANTIATE_TEST_SUITE_P(Of, InjectedRace, testing::ValuesIn(group_sizes));

TEST(InjectedReleaseByName, lets_a_late_release_free_somebody_elses_lease_and_is_caught) {
  for (const bool injected : {false, true}) {
    const support::ScratchDirectory data;
    ServerProcess server(
        on(data, injected ? std::vector<std::string>{"--inject", "release-by-name"} : std::vector<std::string>{}));
    Talk alice(server.port()), bob(server.port()), carol(server.port());
    const std::uint64_t old = alice.post("/v1/acquire/job", R"({"owner": "alice", "ttl_ms": 100})").token();
    // Bob waits, so that he has it in the moment in which Alice's lapses.
    ASSERT_EQ(bob.post("/v1/acquire/job", R"({"owner": "bob", "wait_ms": 20000})").status, 200);
    const Response late = alice.post("/v1/release/job", fmt::format(R"({{"owner": "alice", "token": {}}})", old));
    const Response third = carol.post("/v1/acquire/job", R"({"owner": "carol"})");
    const std::string metrics = carol.get("/metrics").body;
    if (injected) {
      EXPECT_EQ(late.status, 200) << late.body;
      EXPECT_EQ(third.status, 200) << third.body;  // Bob and Carol both believe.
      EXPECT_THAT(metrics, HasSubstr("\nbuffer_conflicts_total 1\n"));
    } else {
      EXPECT_EQ(late.field("code"), "stale");
      EXPECT_EQ(third.field("owner"), "bob");
      EXPECT_THAT(metrics, HasSubstr("\nbuffer_conflicts_total 0\n"));
    }
  }
}

}  // namespace
}  // namespace holdfast
