// What a client believes, against real servers that are killed, stopped, slow and gone: its belief never outlasts the
// server's lease, and a loss is said within a second of when it can be known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/held_lease.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>

#include "tests/support/delayed_relay.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::DelayedRelay;
using support::ServerProcess;

/// A moment on both clocks: the one that the client believes by, and the one that the server counts by.
struct Moment {
  BootTime::time_point boot = BootTime::now();
  std::chrono::steady_clock::time_point monotonic = std::chrono::steady_clock::now();

  /// The same on both, or the machine slept and neither figure means anything.
  Moment plus(std::chrono::nanoseconds time) const { return {.boot = boot + time, .monotonic = monotonic + time}; }
};

/// `what` is no later than `than`, on both clocks. Their two readings are a little apart.
void expect_not_later(const Moment& what, const Moment& than) {
  EXPECT_LE(what.boot, than.boot);
  EXPECT_LE(what.monotonic, than.monotonic + 1ms);
}

std::string address(std::uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port);
}

Client client_at(std::uint16_t port, const std::string& owner) {
  return Client::open({.servers = address(port), .owner = owner, .timeout = 20s}).value();
}

/// A holder, what it believes, and the next one, who shows when the server's lease was over.
class Belief : public testing::Test {
 protected:
  void start_server(std::uint16_t port = 0) {
    server_ = std::make_unique<ServerProcess>(
        ServerProcess::How{.arguments = {"--data", data_.path() / "data"}, .port = port});
  }

  void hold(std::uint16_t port, std::chrono::milliseconds ttl) {
    auto lease =
        HeldLease::acquire(client_at(port, "alice"), {.name = "job", .ttl = ttl, .on_lost = [this](const Loss& loss) {
                                                        told_at_ = Moment{};
                                                        told_.set_value(loss);
                                                      }});
    ASSERT_TRUE(lease) << lease.problem().detail;
    lease_.emplace(*std::move(lease));
  }

  /// Asks for the name in the queue, directly at the server.
  void queue_up(std::chrono::milliseconds ttl = 30s) {
    next_ = std::async(std::launch::async, [this, ttl] {
      const auto grant =
          client_at(server_->port(), "bob").acquire({.name = "job", .session = "b", .ttl = ttl, .wait = 60s});
      const Moment at;  // Not earlier than the server's grant, which is not earlier than the end of the lease before.
      EXPECT_TRUE(grant) << grant.problem().detail;
      return at;
    });
    const Client looking = client_at(server_->port(), "looking");
    while (looking.get("job")->waiting == 0) std::this_thread::sleep_for(1ms);
  }

  /// Until when it was believed at last, asked a thousand times a second until the loss was said.
  Moment end_of_belief() {
    Moment end;
    const auto patience = BootTime::now() + 20s;
    while (!lease_->lost() && BootTime::now() < patience) {
      const Moment look;
      const auto until = lease_->valid_until();
      if (lease_->still_held()) end = look.plus(until - look.boot);
      std::this_thread::sleep_for(1ms);
    }
    EXPECT_TRUE(lease_->lost()) << "it was never said";
    EXPECT_FALSE(lease_->still_held());
    return end;
  }

  /// The loss, said no later than a second after it could be known.
  Loss told(Loss::Reason reason) {
    std::future<Loss> coming = told_.get_future();
    if (coming.wait_for(20s) != std::future_status::ready) throw std::runtime_error("no loss was said");
    const Loss loss = coming.get();
    EXPECT_EQ(to_text(loss.reason), std::string(to_text(reason))) << loss.problem.detail;
    EXPECT_LE(told_at_.boot, loss.valid_until + 1s);
    RecordProperty("told_after_belief_ms",
                   std::to_string(std::chrono::duration<double, std::milli>(told_at_.boot - loss.valid_until).count()));
    return loss;
  }

  /// The next one got it only when nobody believed in it any more.
  void expect_no_overlap(const Moment& end) {
    const Moment next = next_.get();
    expect_not_later(end, next);
    RecordProperty("next_after_belief_ms",
                   std::to_string(std::chrono::duration<double, std::milli>(next.boot - end.boot).count()));
  }

  support::ScratchDirectory data_;
  std::unique_ptr<ServerProcess> server_;
  std::promise<Loss> told_;
  Moment told_at_;
  std::optional<HeldLease> lease_;
  std::future<Moment> next_;
};

TEST_F(Belief, ends_in_time_where_the_server_was_killed) {
  start_server();
  hold(server_->port(), 1500ms);
  server_->kill();
  end_of_belief();
  EXPECT_LE(told_at_.boot, told(Loss::Reason::not_renewed).valid_until);
}

TEST_F(Belief, goes_on_where_the_server_was_killed_and_is_back_soon) {
  start_server();
  hold(server_->port(), 3s);
  const std::uint64_t token = lease_->token();
  server_->kill();
  start_server(server_->port());
  std::this_thread::sleep_for(4s);
  EXPECT_TRUE(lease_->still_held());
  EXPECT_FALSE(lease_->lost());
  EXPECT_EQ(client_at(server_->port(), "looking").get("job")->token, token);
}

TEST_F(Belief, ends_before_a_server_that_came_back_too_late_gives_it_to_somebody_else) {
  start_server();
  hold(server_->port(), 500ms);
  const std::uint16_t port = server_->port();
  server_->kill();
  const Moment end = end_of_belief();
  start_server(port);
  next_ = std::async(std::launch::async, [port] {
    const auto grant = client_at(port, "bob").acquire({.name = "job", .session = "b", .wait = 60s});
    const Moment at;
    EXPECT_TRUE(grant) << grant.problem().detail;
    return at;
  });
  told(Loss::Reason::not_renewed);
  expect_no_overlap(end);
}

TEST_F(Belief, ends_while_the_server_is_stopped_for_longer_than_the_ttl) {
  start_server();
  hold(server_->port(), 1s);
  queue_up();
  server_->process().signal(SIGSTOP);
  const Moment end = end_of_belief();
  EXPECT_LE(told_at_.boot, told(Loss::Reason::not_renewed).valid_until);
  server_->process().signal(SIGCONT);
  expect_no_overlap(end);
}

TEST_F(Belief, outlives_a_server_that_was_stopped_for_less_than_the_ttl) {
  start_server();
  hold(server_->port(), 3s);
  for (int i = 0; i < 2; ++i) {
    server_->process().signal(SIGSTOP);
    std::this_thread::sleep_for(1200ms);
    server_->process().signal(SIGCONT);
    std::this_thread::sleep_for(300ms);
  }
  EXPECT_TRUE(lease_->still_held());
  EXPECT_FALSE(lease_->lost());
}

TEST_F(Belief, is_kept_over_a_slow_network_and_ends_in_time_where_that_breaks) {
  start_server();
  auto relay = std::make_unique<DelayedRelay>(server_->port(), 150ms);
  hold(relay->port(), 3s);
  queue_up();
  std::this_thread::sleep_for(4s);
  EXPECT_TRUE(lease_->still_held());
  relay.reset();  // From now on the connection is broken, and nobody listens there.
  const Moment end = end_of_belief();
  EXPECT_LE(told_at_.boot, told(Loss::Reason::not_renewed).valid_until);
  expect_no_overlap(end);
}

TEST_F(Belief, ends_in_time_where_the_network_is_slower_than_the_lease) {
  start_server();
  const DelayedRelay relay(server_->port(), 400ms);
  hold(relay.port(), 3s);  // No renewal is answered within a sixth of that.
  queue_up();
  const Moment end = end_of_belief();
  told(Loss::Reason::not_renewed);
  lease_.reset();
  expect_no_overlap(end);
}

TEST_F(Belief, is_lost_with_its_reason_soon_after_the_server_says_so) {
  start_server();
  hold(server_->port(), 1500ms);
  // Somebody with the same session and token releases it.
  const Client other = client_at(server_->port(), "alice");
  ASSERT_TRUE(other.release(lease_->id()));
  const Moment released;
  const auto bob = client_at(server_->port(), "bob").acquire({.name = "job"});
  ASSERT_TRUE(bob);
  end_of_belief();
  told(Loss::Reason::released);
  EXPECT_LE(told_at_.boot, released.boot + 500ms + 1s) << "a third of the ttl until it asks, and a second";
}

TEST_F(Belief, of_many_never_overlaps_however_the_server_is_treated) {
  constexpr auto time = 15s;
  start_server();
  const std::uint16_t port = server_->port();
  struct Span {
    std::uint64_t token;
    BootTime::time_point from, to;
  };
  std::mutex guarding;
  std::vector<Span> spans;
  std::atomic<bool> over = false;
  const DelayedRelay slow(port, 20ms);

  std::vector<std::jthread> holders;
  for (int i = 0; i < 4; ++i) {
    holders.emplace_back([&, i] {
      std::minstd_rand random(static_cast<unsigned>(i) + 1);
      const Client client = client_at(i % 2 == 0 ? port : slow.port(), "owner" + std::to_string(i));
      while (!over) {
        const auto lease = HeldLease::acquire(client, {.name = "job", .ttl = 400ms, .wait = 2s});
        if (!lease) continue;
        Span span{.token = lease->token(), .from = BootTime::never(), .to = {}};
        BootTime::time_point believed_until{};
        const auto enough = BootTime::now() + std::chrono::milliseconds(random() % 600);
        while (BootTime::now() < enough) {
          const auto look = BootTime::now();
          const auto until = lease->valid_until();
          if (!lease->still_held()) {
            span.to = believed_until;  // Lost: whoever trusted valid_until() worked until then.
            break;
          }
          span.from = std::min(span.from, look);
          span.to = look;
          believed_until = until;
          std::this_thread::sleep_for(200us);
        }
        if (span.from != BootTime::never()) {
          const std::scoped_lock lock(guarding);
          spans.push_back(span);
        }
      }
    });
  }

  std::minstd_rand random(8812);
  const auto until = std::chrono::steady_clock::now() + time;
  int stops = 0, kills = 0;
  while (std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 700));
    if (random() % 4 != 0) {
      server_->process().signal(SIGSTOP);
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 900));
      server_->process().signal(SIGCONT);
      ++stops;
    } else {
      server_->kill();
      start_server(port);
      ++kills;
    }
  }
  over = true;
  holders.clear();

  std::ranges::sort(spans, {}, &Span::from);
  for (std::size_t i = 1; i < spans.size(); ++i) {
    ASSERT_LT(spans[i - 1].to, spans[i].from)
        << "two believed at once: tokens " << spans[i - 1].token << " and " << spans[i].token;
    ASSERT_LT(spans[i - 1].token, spans[i].token);
  }
  EXPECT_GT(spans.size(), 10u) << "too few holdings to show anything";
  RecordProperty("holdings", static_cast<int>(spans.size()));
  RecordProperty("stops", stops);
  RecordProperty("kills", kills);
}

}  // namespace
}  // namespace holdfast
