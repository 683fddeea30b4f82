// A server that was stopped right after its start never ended, if its commit thread had not run yet.
//
// The stop had come before that thread registered what wakes it, so it was called at once, by the thread itself, with
// the mutex that it then wanted to take already held.
#include <gtest/gtest.h>

#include "engine/runner.h"
#include "journal/memory/memory_journal.h"

namespace holdfast::engine {
namespace {

struct Everybody final : core::Presence {
  bool present(std::uint64_t) const override { return true; }
};

TEST(FoundStoppedBeforeItBegan, a_runner_ends_all_the_same) {
  SystemClock clock;
  const Everybody everybody;
  for (int round = 0; round < 100; ++round) {  // Which of the two is first is chance; here it is mostly the stop.
    journal::MemoryJournal journal;
    Runner runner(
        std::make_unique<Engine>(clock, everybody), journal, [](std::vector<core::Answer>&) {}, [](const Error&) {},
        {.tick_by_hand = true});
    ASSERT_TRUE(runner.start());
  }
}

}  // namespace
}  // namespace holdfast::engine
