// Each check of a world can fail: those that no bug of `--inject` trips are tripped here.
#include <gtest/gtest.h>

#include "simulate/campaign.h"
#include "tests/simulation/machines.h"

namespace holdfast::simulate {
namespace {

using engine::Engine;

/// The first thing that is found wrong in the worlds of `machine`; empty: nothing.
Violation first_alarm(const Machine& machine) {
  const Report report = run({.seed = 1, .worlds = 30}, machine);
  if (!report.failure || report.failure->outcome.violations.empty()) return {};
  return report.failure->outcome.violations.front();
}

template <class Made>
Machine machine_of() {
  Machine machine = sound_machine();
  machine.engine = [](Clock& clock, const core::Presence& presence, core::Limits limits, engine::Bounds bounds) {
    return std::make_unique<Made>(clock, presence, limits, bounds);
  };
  return machine;
}

TEST(Alarm, is_raised_where_a_call_is_never_answered) {
  // Only in the calm does anybody wait for so long.
  class DeafInTheCalm final : public Engine {
   public:
    using Engine::Engine;
    void handle(core::Step& step, engine::Request& request) override {
      const auto* acquire = std::get_if<core::Acquire>(&request.command);
      const bool calm = acquire && acquire->wait > std::chrono::minutes(1);
      if (!calm) Engine::handle(step, request);
    }
  };
  const Violation alarm = first_alarm(machine_of<DeafInTheCalm>());
  EXPECT_EQ(alarm.kind, "stuck");
  EXPECT_NE(alarm.told.find("waits for an answer"), std::string::npos) << alarm.told;
}

TEST(Alarm, is_raised_where_what_is_held_never_ends) {
  class Timeless final : public Engine {
   public:
    using Engine::Engine;
    core::Now read_clock() override {
      core::Now now = Engine::read_clock();
      now.lease = Instant{};
      return now;
    }
  };
  EXPECT_EQ(first_alarm(machine_of<Timeless>()).kind, "late");
}

TEST(Alarm, is_raised_where_lapses_are_late) {
  class Slow final : public Engine {
   public:
    using Engine::Engine;
    core::Now read_clock() override {
      core::Now now = Engine::read_clock();
      now.lease = Instant{now.lease.time_since_epoch() / 2};
      return now;
    }
  };
  EXPECT_EQ(first_alarm(machine_of<Slow>()).kind, "late");
}

TEST(Alarm, is_raised_where_a_torn_end_keeps_the_server_from_starting) {
  class Strict final : public Frames {
   public:
    std::string empty_file() const override { return sound().empty_file(); }
    std::string frame(std::uint64_t offset, core::Position first, core::Position durable,
                      std::span<const core::Effect> batch) const override {
      return sound().frame(offset, first, durable, batch);
    }
    Result<Found> read(std::string_view file, const journal::Replay& replay) const override {
      Result<Found> found = sound().read(file, replay);
      if (found && found->torn) return fail(ErrorCode::journal_damaged, "torn");
      return found;
    }
    static const Frames& sound() { return cli::segment_frames(); }
  };
  const Strict strict;
  Machine machine = sound_machine();
  machine.frames = &strict;
  EXPECT_EQ(first_alarm(machine).kind, "unreadable");
}

TEST(Alarm, is_raised_where_something_else_decides_than_the_seed) {
  class Moody final : public Engine {
   public:
    using Engine::Engine;
    void handle(core::Step& step, engine::Request& request) override {
      if (auto* acquire = std::get_if<core::Acquire>(&request.command); acquire && ++times() % 10'007 == 0) {
        acquire->wait = {};
      }
      Engine::handle(step, request);
    }
    static std::uint64_t& times() {
      static std::uint64_t count = 0;
      return count;
    }
  };
  const Report report = run({.seed = 2, .worlds = 2'000}, machine_of<Moody>());
  EXPECT_TRUE(report.differs.has_value());
  EXPECT_EQ(report.verdict(), verify::Verdict::violated);
}

TEST(Verdict, needs_something_to_have_been_seen) {
  Report report;
  EXPECT_EQ(report.verdict(), verify::Verdict::inconclusive);
  report.covered.worlds = 4;
  EXPECT_EQ(report.verdict(), verify::Verdict::holds);
  report.undecided = 3;
  EXPECT_EQ(report.verdict(), verify::Verdict::undecided);
  report.inconclusive = 4;
  EXPECT_EQ(report.verdict(), verify::Verdict::inconclusive);
}

}  // namespace
}  // namespace holdfast::simulate
