// A server that stopped closed its journal while its own threads still wrote to it: a lease that lapsed in that moment
// was appended beside the closing mark, at the same place of the file, or met a closed journal and ended the process by
// a failed check, after it had said that all was well.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "cli/instance.h"
#include "journal/memory/memory_journal.h"
#include "tests/support/http_talk.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

/// Takes its time to close, as a disk does, and notices who comes meanwhile.
class SlowToClose final : public journal::Journal {
 public:
  Result<journal::Opened> open(const journal::Replay& replay) override { return inner_.open(replay); }
  Result<void> append(core::Position first, std::span<const core::Effect> batch) override {
    {
      const std::lock_guard lock(mutex_);
      disturbed_ = closing_;
    }
    changed_.notify_all();
    return inner_.append(first, batch);
  }
  Result<void> close() override {
    std::unique_lock lock(mutex_);
    closing_ = true;
    changed_.wait_for(lock, 1s, [&] { return disturbed_; });
    return inner_.close();
  }
  journal::Counters counters() const override { return inner_.counters(); }
  std::string describe() const override { return inner_.describe(); }

  bool disturbed() const { return disturbed_; }

 private:
  journal::MemoryJournal inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closing_ = false;
  bool disturbed_ = false;
};

TEST(FoundJournalUsedAfterClose, nothing_is_appended_once_a_stopping_server_closes_its_journal) {
  SlowToClose journal;
  SystemClock clock;
  server::Log log(server::Log::Form::json, server::Log::Level::error);
  cli::Settings settings;
  settings.listen = "127.0.0.1:0";
  cli::Instance instance(settings, journal, clock, log, [](const Error&) {});
  ASSERT_TRUE(instance.start());
  support::Talk talk(instance.port());
  // Lapses while the journal is being closed.
  ASSERT_EQ(talk.post("/v1/acquire/job", R"({"owner": "alice", "ttl_ms": 300})").status, 200);
  ASSERT_TRUE(instance.stop());
  EXPECT_FALSE(journal.disturbed());
}

}  // namespace
}  // namespace holdfast
