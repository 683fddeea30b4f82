// Whole runs against locks in this process: what a recording must contain, and that the judge has enough to go by.
#include "verify/drive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "verify/judgement.h"
#include "verify/lock_for_tests.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;
using recording::Operation;
using recording::Outcome;
using recording::What;
using testing::Contains;
using testing::HasSubstr;

DriveOptions quick(std::uint64_t seed = 1) {
  return {.clients = 6, .time = 800ms, .names = 8, .seed = seed, .ttl = 60ms};
}

Driven driven(Broken broken, DriveOptions options) {
  LockForTests lock(broken);
  Result<Driven> result = drive(lock, options);
  EXPECT_TRUE(result) << result.error().text();
  return result ? *std::move(result) : Driven{};
}

std::size_t count(const recording::Recording& recording, What what, Outcome outcome) {
  return static_cast<std::size_t>(std::ranges::count_if(
      recording.operations, [&](const Operation& o) { return o.what == what && o.outcome == outcome; }));
}

TEST(Drive, of_a_sound_lock_meets_what_there_is_to_meet_and_holds) {
  const Driven run = driven({}, quick());
  const recording::Recording& seen = run.recording;
  EXPECT_THAT(run.played, Contains("contend"));
  EXPECT_THAT(run.played, Contains("crash"));
  EXPECT_THAT(run.notes, Contains(HasSubstr("not played: waiting")));
  EXPECT_THAT(run.missed, testing::IsEmpty());
  EXPECT_GT(count(seen, What::acquire, Outcome::ok), 50U);
  EXPECT_GT(count(seen, What::acquire, Outcome::busy), 50U);
  EXPECT_GT(count(seen, What::renew, Outcome::ok), 5U);
  EXPECT_GT(count(seen, What::renew, Outcome::stale), 0U);
  EXPECT_GT(count(seen, What::release, Outcome::stale), 5U);
  EXPECT_GT(count(seen, What::write, Outcome::ok), 50U);
  EXPECT_GT(count(seen, What::write, Outcome::stale), 0U) << "nobody wrote late";
  EXPECT_EQ(verdict(judge(seen)), Verdict::holds);
}

TEST(Drive, writes_down_a_well_formed_recording) {
  const recording::Recording seen = driven({}, quick()).recording;
  recording::Nanos last = 0;
  std::set<std::uint32_t> calls;
  for (const Operation& operation : seen.operations) {
    EXPECT_GE(operation.called, last);
    last = operation.called;
    EXPECT_GT(operation.returned, operation.called);
    EXPECT_LT(operation.client, seen.clients.size());
    EXPECT_LT(operation.name, seen.names.size());
    EXPECT_TRUE(calls.insert(operation.call).second);
  }
  EXPECT_EQ(seen.clients.size(), 6U);
  EXPECT_TRUE(seen.lock.tokens);
  EXPECT_TRUE(seen.lock.leases);
}

/// A bug, and the workload that is there to find it.
struct Case {
  const char* name;
  Broken broken;
  const char* workload;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class BrokenLock : public testing::TestWithParam<Case> {};

TEST_P(BrokenLock, is_violated_on_each_seed) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    DriveOptions options = quick(seed);
    options.workloads = {GetParam().workload};
    const Driven run = driven(GetParam().broken, options);
    EXPECT_EQ(verdict(judge(run.recording)), Verdict::violated) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Drive, BrokenLock,
                         testing::Values(Case{"check_then_act", {.checks_then_acts = true}, "contend"},
                                         Case{"release_by_name", {.releases_by_name = true}, "stale"},
                                         Case{"early_lapse", {.lapses_early = true}, "crash"},
                                         Case{"regrant", {.regrants_new = true}, "reentry"}),
                         [](const auto& of) { return std::string{of.param.name}; });

TEST(Drive, lets_winners_hold_until_everybody_has_an_answer) {
  DriveOptions options = quick();
  options.workloads = {"contend"};
  const recording::Recording seen = driven({}, options).recording;
  const auto acquires = [&](recording::Nanos Operation::*when, recording::Nanos until) {
    return std::ranges::count_if(seen.operations,
                                 [&](const Operation& o) { return o.what == What::acquire && o.*when <= until; });
  };
  std::size_t releases = 0;
  for (const Operation& operation : seen.operations) {
    if (operation.what != What::release) continue;
    ++releases;
    const auto answered = acquires(&Operation::returned, operation.called);
    EXPECT_EQ(answered % 6, 0);
    EXPECT_EQ(answered, acquires(&Operation::called, operation.called));
  }
  EXPECT_GT(releases, 5U);
}

TEST(Drive, says_that_a_name_never_became_free) {
  DriveOptions options = quick();
  options.workloads = {"crash"};
  const Driven run = driven({.never_lapses = true}, options);
  EXPECT_THAT(run.missed, Contains(HasSubstr("its ttl is over")));
}

TEST(Drive, takes_no_release_for_done_by_a_lock_that_says_ok_to_everything) {
  DriveOptions options = quick();
  options.workloads = {"contend", "stale"};
  const recording::Recording seen = driven({.says_ok_to_releases = true}, options).recording;
  EXPECT_GT(count(seen, What::release, Outcome::unknown), 0U);
  EXPECT_NE(verdict(judge(seen)), Verdict::violated);
}

TEST(Drive, adds_the_faults_it_was_told_to_and_holds_all_the_same) {
  DriveOptions options = quick();
  options.faults = *Faults::parse("pause,duplicate,late");
  const recording::Recording seen = driven({}, options).recording;
  std::set<std::string> faults;
  for (const recording::Fault& fault : seen.faults) {
    EXPECT_LE(fault.at, fault.until);
    faults.insert(fault.what);
  }
  EXPECT_THAT(faults, testing::IsSupersetOf({"paused", "request sent twice", "a release sent again, late"}));
  EXPECT_EQ(verdict(judge(seen)), Verdict::holds);
}

TEST(Drive, finds_a_release_by_name_through_late_copies_alone) {
  DriveOptions options = quick();
  options.workloads = {"counter"};
  EXPECT_NE(verdict(judge(driven({.releases_by_name = true}, options).recording)), Verdict::violated);
  options.faults = *Faults::parse("late");
  EXPECT_EQ(verdict(judge(driven({.releases_by_name = true}, options).recording)), Verdict::violated);
}

TEST(Drive, ends_when_somebody_gives_up) {
  DriveOptions options = quick();
  options.time = 1h;
  const auto begin = std::chrono::steady_clock::now();
  options.give_up = [begin] { return std::chrono::steady_clock::now() - begin > 300ms; };
  driven({}, options);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

TEST(Drive, refuses_a_workload_that_there_is_not) {
  LockForTests lock;
  DriveOptions options = quick();
  options.workloads = {"conted"};
  const Result<Driven> result = drive(lock, options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::bad_configuration);
}

TEST(Workloads, have_names_and_words_of_their_own) {
  std::set<std::string_view> names;
  for (const Workload* workload : all_workloads()) {
    EXPECT_TRUE(names.insert(workload->name).second);
    EXPECT_FALSE(workload->told.empty());
    EXPECT_GT(workload->share, 0U);
    EXPECT_EQ(find_workload(workload->name), workload);
  }
  EXPECT_EQ(find_workload("none"), nullptr);
}

TEST(FaultsList, is_read_and_written) {
  EXPECT_EQ(Faults::parse("late,pause")->text(), "pause,late");
  EXPECT_EQ(Faults::parse("all")->text(), "pause,kill,duplicate,late");
  EXPECT_EQ(Faults::parse("")->text(), "none");
  EXPECT_FALSE(Faults::parse("pause,kil"));
}

}  // namespace
}  // namespace holdfast::verify
