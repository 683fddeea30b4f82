// Many clients of Redis ask for one free key at the same moment: exactly one is told OK. And the same test fails when
// the bug is back.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/delayed_relay.h"
#include "tests/support/resp_talk.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::RespServer;
using support::RespTalk;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// How a key is asked for. Answers OK to whoever has it and nil to everybody else.
struct Way {
  const char* told;
  std::vector<std::string> (*words)(const std::string& key, const std::string& value);
};
std::vector<std::string> set(const std::string& key, const std::string& value) {
  return {"SET", key, value, "NX", "PX", "600000"};
}
std::vector<std::string> script(const std::string& key, const std::string& value) {
  return {"EVAL", "return redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])", "1", key, value, "600000"};
}
const Way by_command{"command", set};
const Way by_script{"script", script};

/// `clients` threads, each with a connection of its own, ask for a free key at the same moment, `rounds` times; nobody
/// gives one back. `same`: all write the same value, which makes nobody an owner. What went wrong, one line a round.
std::vector<std::string> race(std::uint16_t port, int clients, int rounds, const Way& way, bool same = false) {
  std::vector<std::string> faults;
  std::vector<std::string> answers(static_cast<std::size_t>(clients));
  int round = 0;
  const auto judge = [&]() noexcept {
    const auto winners = std::ranges::count(answers, "OK");
    const auto losers = std::ranges::count(answers, "nil");
    if (winners != 1 || losers != clients - 1) {
      faults.push_back(
          fmt::format("{} clients, round {}: {} own it, {} were told no", clients, round, winners, losers));
    }
    ++round;
  };
  std::barrier ready(clients);
  std::barrier all_in(clients, judge);
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client) {
    threads.emplace_back([&, client] {
      RespTalk talk(port);
      for (int i = 0; i < rounds; ++i) {
        const std::string request = support::command_text(
            way.words(fmt::format("{}-{}-{}-{}", way.told, same, clients, i), same ? "1" : fmt::format("c{}", client)));
        ready.arrive_and_wait();
        talk.send(request);
        answers[static_cast<std::size_t>(client)] = talk.receive().shown();
        all_in.arrive_and_wait();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return faults;
}

RespServer durable(const support::ScratchDirectory& data, std::vector<std::string> more = {}) {
  support::ServerProcess::How how{.arguments = {"--data", data.path() / "data", "--io-threads", "2"}};
  how.arguments.insert(how.arguments.end(), more.begin(), more.end());
  return RespServer(how);
}

constexpr std::array group_sizes{2, 10, 50};
constexpr int rounds = 100;

class RespRace : public testing::TestWithParam<int> {};

TEST_P(RespRace, has_exactly_one_winner_each_time) {
  const support::ScratchDirectory data;
  RespServer server = durable(data);
  EXPECT_THAT(race(server.port(), GetParam(), rounds, by_command), IsEmpty());
  EXPECT_THAT(race(server.port(), GetParam(), rounds, by_command, true), IsEmpty());
  EXPECT_THAT(race(server.port(), GetParam(), rounds, by_script), IsEmpty());
  EXPECT_THAT(support::Talk(server.http_port()).get("/metrics").body, HasSubstr("\nbuffer_conflicts_total 0\n"));
}
INSTANTIATE_TEST_SUITE_P(Of, RespRace, testing::ValuesIn(group_sizes));

TEST(RespRaceOverASlowNetwork, has_exactly_one_winner_each_time) {
  const support::ScratchDirectory data;
  RespServer server = durable(data);
  std::array<std::vector<std::string>, group_sizes.size()> faults;
  std::vector<std::thread> groups;
  for (std::size_t i = 0; i < group_sizes.size(); ++i) {
    groups.emplace_back([&, i] {
      const support::DelayedRelay relay(server.port(), 50ms);  // There, and as much back.
      faults[i] = race(relay.port(), group_sizes[i], 25, by_command);
    });
  }
  for (std::thread& group : groups) group.join();
  for (const auto& each : faults) EXPECT_THAT(each, IsEmpty());
}

// Whoever comes by another door is one of many like everybody.
TEST(RespRace, across_both_doors_has_one_winner) {
  const support::ScratchDirectory data;
  RespServer server = durable(data);
  for (int round = 0; round < 200; ++round) {
    const std::string name = fmt::format("both-{}", round);
    RespTalk redis(server.port());
    support::Talk http(server.http_port());
    std::barrier ready(2);
    std::string said;
    std::thread other([&] {
      ready.arrive_and_wait();
      said = redis.ask({"SET", name, "r", "NX", "PX", "600000"});
    });
    ready.arrive_and_wait();
    const int status = http.post("/v1/acquire/" + name, R"({"owner": "h", "session": "h"})").status;
    other.join();
    EXPECT_EQ((said == "OK") + (status == 200), 1) << said << " and " << status;
  }
}

class InjectedRespRace : public testing::TestWithParam<int> {};

TEST_P(InjectedRespRace, is_caught_by_the_very_same_test_and_by_the_monitor) {
  const support::ScratchDirectory data;
  RespServer server = durable(data, {"--inject", "check-then-act=20ms"});
  const std::vector<std::string> faults = race(server.port(), GetParam(), 3, by_command);
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_THAT(support::Talk(server.http_port()).get("/metrics").body, Not(HasSubstr("\nbuffer_conflicts_total 0\n")));
}
INSTANTIATE_TEST_SUITE_P(Of, InjectedRespRace, testing::ValuesIn(group_sizes));

}  // namespace
}  // namespace holdfast
