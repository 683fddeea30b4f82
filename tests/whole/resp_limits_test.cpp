// Clients of Redis that want too much: the server's memory stays bounded, and whoever stands beside them is served.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/resp_talk.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::command_text;
using support::RespServer;
using support::RespTalk;
using support::Said;
using support::Talk;
using testing::HasSubstr;
using testing::StartsWith;
using Clock = std::chrono::steady_clock;

constexpr std::size_t mebibyte = 1 << 20;

std::size_t resident_bytes(const support::Process& process) {
  std::ifstream status(fmt::format("/proc/{}/status", process.pid()));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
  }
  return 0;
}

/// The most that `server` needed more than at the beginning, looked at whenever it is told to.
class Growth {
 public:
  explicit Growth(RespServer& server) : server_(server), before_(resident_bytes(server.process())) {}
  void look() { most_ = std::max(most_, resident_bytes(server_.process())); }
  std::size_t bytes() {
    look();
    return most_ - std::min(most_, before_);
  }

 private:
  RespServer& server_;
  std::size_t before_;
  std::size_t most_ = 0;
};

/// Sends `bytes` again and again, and never reads, until nothing has been taken for `quiet`. How much was taken.
std::size_t stuff(const Talk& talk, const std::string& bytes, std::size_t most, std::chrono::milliseconds quiet) {
  std::size_t sent = 0;
  while (sent < most) {
    pollfd room{talk.socket(), POLLOUT, 0};
    if (::poll(&room, 1, static_cast<int>(quiet.count())) == 0) return sent;
    const ssize_t taken = ::send(talk.socket(), bytes.data() + sent % bytes.size(), bytes.size() - sent % bytes.size(),
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0) return sent;
    sent += static_cast<std::size_t>(taken);
  }
  return sent;
}

TEST(RespLimits, a_million_commands_in_one_write_are_answered_while_others_are_served) {
  RespServer server({.arguments = {"--journal", "memory"}});
  RespTalk bystander(server.port());
  ASSERT_EQ(bystander.ask({"PING"}), "PONG");
  Growth growth(server);

  constexpr std::size_t commands = 1'000'000;
  std::string all;
  for (std::size_t i = 0; i < commands; ++i) all += i % 2 == 0 ? "PING\r\n" : "*1\r\n$4\r\nPING\r\n";
  RespTalk talk(server.port());
  std::thread writing([&] { talk.send(all); });
  std::size_t answers = 0;
  auto longest = Clock::duration::zero();
  while (answers < commands) {
    for (int i = 0; i < 10'000; ++i, ++answers) {
      if (talk.receive().text != "PONG") ADD_FAILURE() << "after " << answers;
    }
    const auto asked = Clock::now();
    EXPECT_EQ(bystander.ask({"PING"}), "PONG");
    longest = std::max(longest, Clock::now() - asked);
    growth.look();
  }
  writing.join();
  EXPECT_LT(longest, 2s) << "the others had to wait";
  EXPECT_LT(growth.bytes(), 32 * mebibyte);
  EXPECT_EQ(talk.ask({"ECHO", "end"}), "end") << "an answer too many";
}

// Something is always under way then: what a connection keeps of its commands must go with their answers all the same.
TEST(RespLimits, a_pipeline_that_never_pauses_costs_no_more_the_longer_it_goes_on) {
  const std::string settings = testing::TempDir() + "few_events.toml";
  std::ofstream(settings) << "events_bytes_max = 1048576\n";
  RespServer server({.arguments = {"--config", settings, "--no-history"}});
  RespTalk talk(server.port());
  ASSERT_EQ(talk.ask({"SET", "job", "me", "NX"}), "OK");
  ASSERT_EQ(talk.ask({"DEL", "job"}), "1");
  Growth growth(server);
  constexpr std::size_t pairs = 300'000;
  std::string all;
  for (std::size_t i = 0; i < 100; ++i) all += command_text({"SET", "job", "me", "NX"}) + command_text({"DEL", "job"});
  std::thread writing([&] {
    for (std::size_t i = 0; i < pairs / 100; ++i) talk.raw().send(all);
  });
  for (std::size_t i = 0; i < pairs; ++i) {
    const Said taken = talk.receive(), ended = talk.receive();
    if (taken.text != "OK" || ended.text != "1") ADD_FAILURE() << taken.shown() << " and " << ended.shown();
  }
  writing.join();
  EXPECT_LT(growth.bytes(), 32 * mebibyte);
}

/// What answers are long, or what has to be decided, for those who never read.
class RespMemory : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(RespMemory, is_bounded_where_nobody_reads_the_answers) {
  RespServer server({.arguments = {"--journal", "memory"}});
  RespTalk bystander(server.port());
  ASSERT_EQ(bystander.ask({"SET", "mine", "bystander", "NX", "PX", "600000"}), "OK");
  Growth growth(server);
  std::string question;
  for (int i = 0; i < 100; ++i) question += command_text(GetParam());
  std::vector<Talk> deaf;
  constexpr std::size_t each = 32 * mebibyte;
  for (int i = 0; i < 4; ++i) {
    deaf.emplace_back(server.port());
    EXPECT_LT(stuff(deaf.back(), question, each, 200ms), each) << "it reads on where nobody takes the answers";
    EXPECT_EQ(bystander.ask({"GET", "mine"}), "bystander");
    growth.look();
  }
  EXPECT_LT(growth.bytes(), 64 * mebibyte);
}
INSTANTIATE_TEST_SUITE_P(
    Of, RespMemory,
    testing::Values(std::vector<std::string>{"INFO"}, std::vector<std::string>{"ECHO", std::string(8'000, 'e')},
                    std::vector<std::string>{"GET", "mine"}, std::vector<std::string>{"LEASE.GET", "mine"},
                    std::vector<std::string>{"KEYS", "*"},
                    std::vector<std::string>{"SET", "mine", "other", "NX", "GET"},
                    std::vector<std::string>{"EVAL", "return redis.call('get', KEYS[1])", "1", "mine"}));

TEST(RespMemory, is_bounded_where_words_are_large_and_never_end) {
  RespServer server({.arguments = {"--journal", "memory"}});
  Growth growth(server);
  std::vector<RespTalk> many;
  // As large as a first command may be, short of its end; that of one who has spoken is a mebibyte.
  for (int i = 0; i < 500; ++i) {
    many.emplace_back(server.port());
    many.back().send("*64\r\n$8000\r\n" + std::string(8'000, 'a') + "\r\n$7000\r\n" + std::string(6'900, 'b'));
  }
  RespTalk bystander(server.port());
  ASSERT_EQ(bystander.ask({"PING"}), "PONG");
  EXPECT_LT(growth.bytes(), 64 * mebibyte);
}

// A mutant that allocates what a length says would stand out here.
TEST(RespMemory, is_not_given_for_lengths_that_are_only_said) {
  RespServer server({.arguments = {"--journal", "memory"}});
  Growth growth(server);
  std::vector<RespTalk> many;
  for (int i = 0; i < 500; ++i) {
    many.emplace_back(server.port());
    ASSERT_EQ(many.back().ask({"PING"}), "PONG");
    many.back().send("*1024\r\n$131072\r\n");
  }
  RespTalk bystander(server.port());
  ASSERT_EQ(bystander.ask({"PING"}), "PONG");
  EXPECT_LT(growth.bytes(), 32 * mebibyte);
}

TEST(RespMemory, of_a_thousand_that_are_silent_is_small) {
  RespServer server({.arguments = {"--journal", "memory"}});
  Growth growth(server);
  std::vector<RespTalk> many;
  for (int i = 0; i < 1'000; ++i) {
    many.emplace_back(server.port());
    ASSERT_EQ(many.back().ask({"PING"}), "PONG");
  }
  EXPECT_LT(growth.bytes(), 16 * mebibyte);
  const auto began = Clock::now();
  for (RespTalk& talk : many) ASSERT_EQ(talk.ask({"PING"}), "PONG");
  EXPECT_LT(Clock::now() - began, 10s);
}

TEST(RespLimits, whoever_comes_beyond_the_limit_is_told_and_can_come_later) {
  const support::ScratchDirectory scratch;
  std::ofstream(scratch.path() / "holdfast.toml") << "connections_max = 20\n";
  RespServer server({.arguments = {"--journal", "memory", "--config", scratch.path() / "holdfast.toml"}});
  std::vector<RespTalk> inside;
  for (int i = 0; i < 20; ++i) {
    inside.emplace_back(server.port());
    ASSERT_EQ(inside.back().ask({"PING"}), "PONG");
  }
  for (int i = 0; i < 5; ++i) {
    RespTalk late(server.port(), 10s);
    EXPECT_THAT(late.until_closed(), StartsWith("-ERR "));
  }
  EXPECT_EQ(inside.front().ask({"PING"}), "PONG");
  inside.pop_back();
  for (const auto until = Clock::now() + 10s;;) {
    RespTalk next(server.port());
    next.send(command_text({"PING"}));
    if (next.receive().text == "PONG") break;
    ASSERT_LT(Clock::now(), until) << "its place was not given to anybody";
  }
}

}  // namespace
}  // namespace holdfast
