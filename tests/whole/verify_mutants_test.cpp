// Every bug that shows to clients is found by `holdfast verify`, on 20 of 20 seeds, within the time that its row gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::Process;

constexpr int seeds = 20;
constexpr int at_once = 10;  // A run mostly waits for leases and queues.

/// A bug, the workload that it is found by, and for how long that is played.
struct Row {
  std::string bug, workload, time;
  std::vector<std::string> more{};
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.bug;
}

class VerifiedMutant : public testing::TestWithParam<Row> {
 protected:
  static std::unique_ptr<Process> run(const Row& row, int seed) {
    std::vector<std::string> words{HOLDFAST_PROGRAM,    "verify", "engine:memory", "--inject",  row.bug, "--workload",
                                   row.workload,        "--time", row.time,        "--clients", "8",     "--seed",
                                   std::to_string(seed)};
    words.insert(words.end(), row.more.begin(), row.more.end());
    return std::make_unique<Process>(words);
  }
};

TEST_P(VerifiedMutant, is_found_on_20_of_20_seeds) {
  for (int first = 1; first <= seeds; first += at_once) {
    std::vector<std::unique_ptr<Process>> running;
    for (int seed = first; seed < first + at_once; ++seed) running.push_back(run(GetParam(), seed));
    for (int i = 0; i < at_once; ++i) {
      EXPECT_EQ(running[i]->wait(120s).exit_status, 1) << "seed " << first + i << "\n"
                                                       << running[i]->output() << running[i]->errors();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Verify, VerifiedMutant,
    testing::Values(Row{"check-then-act", "contend", "500ms"}, Row{"release-by-name", "stale", "500ms"},
                    Row{"forget-waiter-check", "waiting", "500ms"}, Row{"grant-before-end", "crash", "1s"},
                    Row{"release-old-token", "stale", "500ms"}, Row{"renew-any-token", "stale", "500ms"},
                    Row{"renewal-forgotten", "renew", "2s"}, Row{"double-grant", "reentry", "500ms"},
                    Row{"late-renewal-steals", "pause", "1s"}, Row{"delete-expired", "pause", "2s", {"--ttl", "250ms"}},
                    Row{"takeover-keeps-both", "takeover", "500ms"}, Row{"wake-two", "waiting", "500ms"},
                    Row{"lifo-queue", "waiting", "500ms"}),
    [](const auto& of) {
      std::string name = of.param.bug;
      std::ranges::replace(name, '-', '_');
      return name;
    });

/// Nothing wrong is seen of it, only that something does not come: that is no violation, and no verdict either.
TEST(VerifiedLostWakeup, leaves_a_run_inconclusive_and_is_said) {
  Process process({HOLDFAST_PROGRAM, "verify", "engine:memory", "--inject", "lost-wakeup", "--workload", "waiting",
                   "--time", "500ms", "--clients", "8", "--seed", "1"});
  EXPECT_EQ(process.wait(120s).exit_status, 3) << process.output() << process.errors();
  EXPECT_THAT(process.output(), testing::HasSubstr("whoever waits is granted in time"));
}

}  // namespace
}  // namespace holdfast
