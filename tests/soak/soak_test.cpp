// A short soak in every run of the tests; `make soak` goes on for as long as it is told.
#include "tests/soak/soak.h"

#include <gtest/gtest.h>

#include <fstream>

#include "recording/read.h"
#include "tests/durability/here.h"
#include "tests/soak/faults.h"

namespace holdfast::soak {
namespace {

using namespace std::chrono_literals;

TEST(Soak, finds_nothing_wrong_with_the_server_as_it_is) {
  const support::ScratchDirectory scratch;
  const Options options{.seed = durability::fresh_seed(), .time = 12s, .keep = scratch.path()};
  const Outcome outcome = soak(options);
  EXPECT_TRUE(outcome.good()) << told(outcome, options);
  EXPECT_EQ(outcome.inconclusive, 0U) << told(outcome, options);
  EXPECT_GT(outcome.met.operations, 2'000U);
  EXPECT_GT(outcome.faults.size(), 5U) << told(outcome, options);
  EXPECT_GT(outcome.starts, 3U);
  std::cout << told(outcome, options);
}

/// A soak of a server with this bug in it finds it, and keeps what shows it.
void expect_caught(const std::string& bug, std::chrono::milliseconds time) {
  const support::ScratchDirectory scratch;
  const Options options{.seed = durability::fresh_seed(), .time = time, .inject = {bug}, .keep = scratch.path()};
  const Outcome outcome = soak(options);
  ASSERT_TRUE(outcome.violated) << told(outcome, options);
  const auto recording = recording::read(outcome.recording);
  ASSERT_TRUE(recording) << recording.error().text();
  EXPECT_TRUE(verify::judge(*recording).violated()) << "what is kept shows it by itself";
  EXPECT_NE(told(outcome, options).find("--seed " + std::to_string(options.seed)), std::string::npos);
}

TEST(InjectedCheckThenAct, is_caught_by_a_soak) {
  expect_caught("check-then-act=5ms", 5s);
}

TEST(InjectedAnswerBeforeDurable, is_caught_by_a_soak) {
  if (!durability::is_root()) GTEST_SKIP() << "only a power cut shows it, and mounting needs root";
  expect_caught("answer-before-durable", 60s);  // Until a cut meets something; mostly the first round.
}

}  // namespace
}  // namespace holdfast::soak
