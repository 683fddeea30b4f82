// Those who wait: in order, one at a time, and only as long as they are there (L8).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <vector>

#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::request_text;
using support::Response;
using support::ServerProcess;
using support::Talk;
using testing::HasSubstr;

std::string acquire(std::string_view owner, int ttl_ms = 30'000, int wait_ms = 0) {
  return fmt::format(R"({{"owner": "{}", "session": "s", "ttl_ms": {}, "wait_ms": {}}})", owner, ttl_ms, wait_ms);
}

class Waiting : public testing::Test {
 protected:
  void SetUp() override { start({}); }

  void start(std::vector<std::string> more) {
    ServerProcess::How how{.arguments = {"--journal", "memory"}};
    how.arguments.insert(how.arguments.end(), more.begin(), more.end());
    server_ = std::make_unique<ServerProcess>(how);
    looking_ = std::make_unique<Talk>(server_->port());
  }
  /// A connection on which `owner` waits for `name`; returns when its place is taken.
  Talk wait_for(const std::string& name, std::string_view owner, int ttl_ms = 30'000) {
    const std::size_t before = waiting(name);
    Talk talk(server_->port());
    talk.send(request_text("POST", "/v1/acquire/" + name, acquire(owner, ttl_ms, 600'000)));
    await_waiting(name, before + 1);
    return talk;
  }
  std::size_t waiting(const std::string& name) {
    const std::string count = looking_->get("/v1/leases/" + name).field("waiting");
    return count.empty() ? 0 : std::stoul(count);
  }
  void await_waiting(const std::string& name, std::size_t count) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (waiting(name) != count) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << waiting(name) << " wait instead of " << count;
    }
  }
  std::uint64_t hold(const std::string& name, std::string_view owner) {
    return Talk(server_->port()).post("/v1/acquire/" + name, acquire(owner)).token();
  }
  void release(const std::string& name, std::string_view owner, std::uint64_t token) {
    const Response answer =
        Talk(server_->port())
            .post("/v1/release/" + name, fmt::format(R"({{"owner": "{}", "token": {}}})", owner, token));
    ASSERT_EQ(answer.field("released"), "true") << answer.body;
  }

  std::string config(const std::string& text) {
    const std::filesystem::path file = scratch_.path() / "holdfast.toml";
    std::ofstream(file) << text;
    return file;
  }

  support::ScratchDirectory scratch_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<Talk> looking_;
};

TEST_F(Waiting, whoever_asked_for_more_before_it_closed_leaves_as_well) {
  const std::uint64_t token = hold("job", "alice");
  {
    Talk bob = wait_for("job", "bob");
    bob.send(request_text("GET", "/livez"));  // Unread, it stands before the closing.
  }
  await_waiting("job", 0);
  {
    Talk bob = wait_for("job", "bob");
    bob.send(request_text("GET", "/livez"));
  }
  release("job", "alice", token);  // Now he may be passed over before anybody has noticed.
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (looking_->get("/metrics").body.find("holdfast_connections 1\n") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "his connection was never closed";
  }
}

TEST_F(Waiting, whoever_closes_its_connection_leaves_the_queue_and_is_never_made_owner) {
  const std::uint64_t token = hold("job", "alice");
  Talk ends = wait_for("job", "ends");
  Talk crashes = wait_for("job", "crashes");
  Talk half = wait_for("job", "half");
  Talk stays = wait_for("job", "stays");
  ends.close();
  crashes.reset();
  half.shut_down_writing();  // Nobody who still wants an answer does that to a lock server.
  await_waiting("job", 1);
  release("job", "alice", token);
  EXPECT_EQ(stays.receive().field("owner"), "stays");
}

TEST_F(Waiting, who_is_gone_in_the_moment_of_granting_is_passed_over) {
  // The end of the connection and the release arrive together: whichever the server reads first, a ghost must not own
  // it.
  for (int round = 0; round < 100; ++round) {
    const std::string name = fmt::format("job{}", round);
    const std::uint64_t token = hold(name, "alice");
    Talk ghost = wait_for(name, "ghost");
    Talk alice(server_->port());
    const std::string release =
        request_text("POST", "/v1/release/" + name, fmt::format(R"({{"owner": "alice", "token": {}}})", token));
    round % 2 == 0 ? ghost.reset() : ghost.close();
    alice.send(release);
    ASSERT_EQ(alice.receive().field("released"), "true");
    const Response next = alice.post("/v1/acquire/" + name, acquire("bob"));
    ASSERT_EQ(next.status, 200) << "round " << round << ": " << next.body;
  }
}

TEST_F(Waiting, the_injected_fault_makes_a_ghost_the_owner_and_this_test_would_see_it) {
  start({"--inject", "forget-waiter-check"});
  const std::uint64_t token = hold("job", "alice");
  Talk ghost = wait_for("job", "ghost");
  ghost.reset();
  release("job", "alice", token);
  EXPECT_EQ(Talk(server_->port()).get("/v1/leases/job").field("owner"), "ghost");
}

TEST_F(Waiting, is_over_when_its_time_is_and_says_who_holds_it) {
  hold("job", "alice");
  Talk bob(server_->port());
  const Response answer = bob.post("/v1/acquire/job", acquire("bob", 30'000, 200));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.field("code"), "wait_over");
  EXPECT_EQ(answer.field("owner"), "alice");
  EXPECT_EQ(waiting("job"), 0U);
}

TEST_F(Waiting, the_same_session_asking_again_keeps_its_place) {
  const std::uint64_t token = hold("job", "alice");
  Talk bob = wait_for("job", "bob");
  Talk carol = wait_for("job", "carol");
  Talk again(server_->port());
  again.send(request_text("POST", "/v1/acquire/job", acquire("bob", 30'000, 600'000)));
  EXPECT_EQ(bob.receive().field("code"), "wait_superseded");
  release("job", "alice", token);
  const Response granted = again.receive();
  EXPECT_EQ(granted.field("owner"), "bob");
  release("job", "bob", granted.token());
  EXPECT_EQ(carol.receive().field("owner"), "carol");
}

TEST_F(Waiting, a_full_queue_says_so_and_when_to_come_back) {
  start({"--config", config("waiters_max = 3\n")});
  hold("job", "alice");
  std::vector<Talk> queue;
  for (const char* owner : {"a", "b", "c"}) queue.push_back(wait_for("job", owner));
  const Response full = Talk(server_->port()).post("/v1/acquire/job", acquire("d", 30'000, 1000));
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(full.field("code"), "queue_full");
  EXPECT_TRUE(full.headers.contains("retry-after"));
}

TEST_F(Waiting, ten_thousand_are_served_in_order) {
  constexpr int clients = 10'000;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ASSERT_GT(files.rlim_max, clients + 100U) << "ulimit -n is too low for this test";
  start({"--config", config("connections_max = 10100\n"), "--io-threads", "2"});

  std::uint64_t token = hold("job", "first");
  std::vector<std::unique_ptr<Talk>> queue;
  for (int i = 0; i < clients; ++i) {
    queue.push_back(std::make_unique<Talk>(server_->port()));
    queue.back()->send(request_text("POST", "/v1/acquire/job", acquire(fmt::format("c{}", i), 30'000, 600'000)));
    // The server reads connections in any order, so each place is taken before the next asks.
    await_waiting("job", static_cast<std::size_t>(i) + 1);
  }
  const int everybody = ::epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < clients; ++i) {
    epoll_event event{.events = EPOLLIN, .data = {.u32 = static_cast<std::uint32_t>(i)}};
    ::epoll_ctl(everybody, EPOLL_CTL_ADD, queue[static_cast<std::size_t>(i)]->socket(), &event);
  }
  Talk releasing(server_->port());
  std::string holder = "first";
  for (int turn = 0; turn < clients; ++turn) {
    releasing.send(
        request_text("POST", "/v1/release/job", fmt::format(R"({{"owner": "{}", "token": {}}})", holder, token)));
    ASSERT_EQ(releasing.receive().status, 200);
    epoll_event ready[2];
    ASSERT_EQ(::epoll_wait(everybody, ready, 2, 30'000), 1) << "one hand-over wakes one waiter";
    const auto who = ready[0].data.u32;
    ASSERT_EQ(who, static_cast<std::uint32_t>(turn));
    const Response granted = queue[who]->receive();
    holder = granted.field("owner");
    token = granted.token();
  }
  ::close(everybody);
}

}  // namespace
}  // namespace holdfast
