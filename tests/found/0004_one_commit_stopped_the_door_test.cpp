// A door's thread that committed for a client "alone" waited for the disk with all its other connections: one disk
// that hung for five seconds, and a renewal that needs no disk at all was answered after its lease was over. New
// connections for that thread were accepted meanwhile without being counted.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "cli/instance.h"
#include "journal/memory/memory_journal.h"
#include "tests/support/http_talk.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::Talk;

/// A disk that hangs when it is told to.
class Hanging final : public journal::Journal {
 public:
  Result<journal::Opened> open(const journal::Replay& replay) override { return inner_.open(replay); }
  Result<void> append(core::Position first, std::span<const core::Effect> batch) override {
    std::unique_lock lock(mutex_);
    hangs_ = blocked_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !blocked_; });
    hangs_ = false;
    return inner_.append(first, batch);
  }
  Result<void> close() override { return inner_.close(); }
  journal::Counters counters() const override { return inner_.counters(); }
  std::string describe() const override { return inner_.describe(); }

  void block(bool yes) {
    const std::lock_guard lock(mutex_);
    blocked_ = yes;
    changed_.notify_all();
  }
  void await_hang() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return hangs_; });
  }

 private:
  journal::MemoryJournal inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool blocked_ = false;
  bool hangs_ = false;
};

class FoundOneCommitStoppedTheDoor : public testing::Test {
 protected:
  void start(cli::Settings settings) {
    settings.listen = "127.0.0.1:0";
    instance_.emplace(settings, journal_, clock_, log_, [](const Error&) {});
    ASSERT_TRUE(instance_->start());
  }
  void TearDown() override {
    journal_.block(false);
    instance_.reset();
  }
  Talk talk() { return Talk(instance_->port(), 5s); }

  Hanging journal_;
  SystemClock clock_;
  server::Log log_{server::Log::Form::json, server::Log::Level::error};
  std::optional<cli::Instance> instance_;
};

std::string acquire(std::string_view session) {
  return R"({"owner": "alice", "session": ")" + std::string{session} + R"(", "ttl_ms": 60000})";
}

TEST_F(FoundOneCommitStoppedTheDoor, a_renewal_is_answered_while_the_disk_hangs_for_another_client) {
  start({});
  Talk holder = talk();
  const std::uint64_t token = holder.post("/v1/acquire/mine", acquire("tab")).token();
  Talk other = talk();
  for (int i = 0; i < 3; ++i) {  // From the second on it counts as alone.
    ASSERT_EQ(other.post("/v1/acquire/its/" + std::to_string(i), acquire("x")).status, 200);
  }
  journal_.block(true);
  other.send(support::request_text("POST", "/v1/acquire/its/last", acquire("x")));
  journal_.await_hang();
  EXPECT_EQ(holder.post("/v1/renew/mine", R"({"owner": "alice", "token": )" + std::to_string(token) + "}").status, 200);
  EXPECT_EQ(talk().get("/livez").status, 200);
  journal_.block(false);
  EXPECT_EQ(other.receive().status, 200);
}

TEST_F(FoundOneCommitStoppedTheDoor, connections_are_counted_while_their_thread_waits_for_the_disk) {
  start({.journal = "memory", .io_threads = 2, .connections_max = 4});  // Each commits in its own thread.
  Talk first = talk();
  ASSERT_EQ(first.get("/livez").status, 200);
  Talk second = talk();  // On the other thread.
  journal_.block(true);
  second.send(support::request_text("POST", "/v1/acquire/its", acquire("x")));
  journal_.await_hang();
  const Talk third = talk(), fourth = talk();
  EXPECT_EQ(talk().receive().status, 503);  // The fifth, turned away unasked.
  journal_.block(false);
}

}  // namespace
}  // namespace holdfast
