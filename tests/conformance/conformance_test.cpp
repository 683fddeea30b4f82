// What every journal must do, whatever it keeps effects in.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "core/state.h"
#include "journal/samples_for_tests.h"
#include "tests/conformance/kinds.h"

namespace holdfast::conformance {
namespace {

using journal::grants;
using journal::Journal;

/// The names a journal gives back, with their tokens: grants of the samples are number N under token N.
class Given {
 public:
  journal::Replay replay() {
    return [this](const core::Effect& effect, core::Position position) {
      state_.apply(effect, position, {});
      last_ = position;
    };
  }
  core::Position last() const { return last_; }
  /// Of the names 1, 2, 3 ... how many are there, until the first that is not.
  std::uint64_t names() const {
    std::uint64_t count = 0;
    while (true) {
      const core::Lease* lease = state_.find("name/" + std::to_string(count + 1));
      if (!lease || lease->token.value != count + 1) return count;
      ++count;
    }
  }

 private:
  core::State state_{core::Limits{}};
  core::Position last_;
};

class Conformance : public testing::TestWithParam<Kind> {
 protected:
  Place place_ = GetParam().new_place();
};

void append_one_by_one(Journal& journal, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t number = from; number <= to; ++number) {
    ASSERT_TRUE(journal.append({number}, grants(number, 1)).has_value()) << number;
  }
}

TEST_P(Conformance, begins_empty) {
  Given given;
  const auto opened = place_()->open(given.replay());
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->last, core::Position{});
  EXPECT_EQ(given.last(), core::Position{});
}

TEST_P(Conformance, gives_everything_back_in_order_whether_it_was_closed_or_not) {
  std::uint64_t there = 0;
  for (const bool closed : {true, false, true, false}) {
    Given given;
    const auto journal = place_();
    const auto opened = journal->open(given.replay());
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(opened->last.value, there);
    EXPECT_EQ(given.names(), there);
    for (const std::uint64_t size : {1, 7, 500}) {
      ASSERT_TRUE(journal->append({there + 1}, grants(there + 1, size)).has_value());
      there += size;
    }
    if (closed) {
      ASSERT_TRUE(journal->close().has_value());
    }
  }
}

TEST_P(Conformance, gives_back_every_kind_of_effect_as_it_was) {
  std::vector<core::Effect> effects;
  for (const core::Effect& sample : journal::samples()) {
    const bool of_snapshots =
        std::holds_alternative<core::Kept>(sample) || std::holds_alternative<core::KeptTotals>(sample);
    if (!of_snapshots) effects.push_back(sample);
  }
  {
    const auto journal = place_();
    ASSERT_TRUE(journal->open([](const auto&, auto) {}).has_value());
    ASSERT_TRUE(journal->append({1}, effects).has_value());
  }
  std::vector<core::Effect> given;
  ASSERT_TRUE(place_()->open([&](const core::Effect& effect, core::Position) { given.push_back(effect); }).has_value());
  EXPECT_EQ(given, effects);
}

TEST_P(Conformance, takes_an_empty_batch_for_nothing) {
  const auto journal = place_();
  ASSERT_TRUE(journal->open([](const auto&, auto) {}).has_value());
  ASSERT_TRUE(journal->append({1}, {}).has_value());
  append_one_by_one(*journal, 1, 1);
}

TEST_P(Conformance, lets_one_at_a_time_write) {
  const auto first = place_();
  ASSERT_TRUE(first->open([](const auto&, auto) {}).has_value());
  const auto second = place_()->open([](const auto&, auto) {});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::journal_held);
  append_one_by_one(*first, 1, 3);
}

TEST_P(Conformance, counts_what_it_keeps_and_says_what_it_is) {
  const auto journal = place_();
  ASSERT_TRUE(journal->open([](const auto&, auto) {}).has_value());
  ASSERT_TRUE(journal->append({1}, grants(1, 3)).has_value());
  ASSERT_TRUE(journal->append({4}, grants(4, 2)).has_value());
  EXPECT_EQ(journal->counters().batches, 2U);
  EXPECT_EQ(journal->counters().effects, 5U);
  EXPECT_FALSE(journal->describe().empty());
}

INSTANTIATE_TEST_SUITE_P(Of, Conformance, testing::ValuesIn(kinds()), [](const auto& of) { return of.param.name; });

// --- Sudden death.

std::vector<Kind> kinds_that_outlive_a_process() {
  std::vector<Kind> those;
  for (const Kind& kind : kinds()) {
    if (kind.outlives_a_process) those.push_back(kind);
  }
  return those;
}

class SuddenDeath : public testing::TestWithParam<Kind> {};

/// In a process of its own: appends for ever, and says on `said` how far it is durable.
[[noreturn]] void append_until_killed(const Place& place, int said) {
  Given given;
  const auto journal = place();
  const auto opened = journal->open(given.replay());
  if (!opened) ::_exit(1);
  std::uint64_t last = opened->last.value;
  if (given.names() != last) ::_exit(2);
  std::minstd_rand chance(static_cast<unsigned>(last));
  while (true) {
    const std::uint64_t size = 1 + chance() % 40;
    if (!journal->append({last + 1}, grants(last + 1, size))) ::_exit(3);
    last += size;
    if (::write(said, &last, sizeof last) != sizeof last) ::_exit(4);
  }
}

/// Kills the child after a random time and returns the last position it called durable.
std::uint64_t kill_after(const Place& place, std::chrono::microseconds time) {
  int pipe[2];
  if (::pipe(pipe) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) append_until_killed(place, pipe[1]);
  ::close(pipe[1]);
  pollfd first{pipe[0], POLLIN, 0};
  ::poll(&first, 1, 20'000);  // Not before it has kept something.
  ::usleep(static_cast<useconds_t>(time.count()));
  ::kill(child, SIGKILL);
  std::uint64_t durable = 0, one = 0;
  while (::read(pipe[0], &one, sizeof one) == sizeof one) durable = one;
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with status " << WEXITSTATUS(status);
  return durable;
}

TEST_P(SuddenDeath, loses_nothing_that_was_called_durable_and_leaves_no_hole) {
  const Place place = GetParam().new_place();
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::minstd_rand chance(seed);
  for (int round = 0; round < 30; ++round) {
    const std::uint64_t durable = kill_after(place, std::chrono::microseconds(chance() % 30'000));
    Given given;
    const auto opened = place()->open(given.replay());
    ASSERT_TRUE(opened.has_value()) << "round " << round << ": " << opened.error().text();
    ASSERT_GE(opened->last.value, durable) << "round " << round;
    ASSERT_EQ(given.names(), opened->last.value) << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, SuddenDeath, testing::ValuesIn(kinds_that_outlive_a_process()),
                         [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace holdfast::conformance
