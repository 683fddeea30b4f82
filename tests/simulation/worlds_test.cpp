// Worlds around the sound engine: nothing is found wrong, and the same seed makes the same world.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cstdlib>

#include "cli/segment_frames.h"
#include "simulate/world.h"

namespace holdfast::simulate {
namespace {

Machine sound() {
  Machine machine;
  machine.engine = [](Clock& clock, const core::Presence& presence, core::Limits limits, engine::Bounds bounds) {
    return std::make_unique<engine::Engine>(clock, presence, limits, bounds);
  };
  machine.frames = &cli::segment_frames();
  return machine;
}

TEST(Worlds, find_nothing_wrong_with_the_sound_engine) {
  const Machine machine = sound();
  const std::uint64_t one = std::getenv("ONE") ? std::strtoull(std::getenv("ONE"), nullptr, 10) : 0;
  Covered all;
  for (std::uint64_t seed = one ? one : 1; seed <= (one ? one : 200); ++seed) {
    const Outcome outcome = run(plan_of(seed), machine, {.to_the_end = false, .story = one != 0});
    all += outcome.covered;
    if (!outcome.violations.empty())
      for (const Moment& m : outcome.story) {
        if (m.at + 30 * second < outcome.violations[0].at) continue;
        static const char* kinds[] = {"asked", "answered", "crash", "restart", "pause",
                                      "wall",  "disk",     "leave", "vanish",  "remark"};
        fmt::print(
            "{:>9.3f} {:<9} #{} c{} what {} name {} token {} ttl {} wait {} twin {} -> code {} token {} waited {} "
            "ended {} {} {}\n",
            m.at / 1e9, kinds[int(m.kind)], m.call, m.what.client, int(m.what.ask.what), m.what.ask.name,
            m.what.ask.token % 1000000, m.what.ask.ttl.count() / 1000000, m.what.ask.wait.count() / 1000000,
            m.what.twin, int(m.what.told.code), m.what.told.token % 1000000, m.what.told.waited.count() / 1000000,
            m.what.told.ended, m.by / 1000000, m.words);
      }
    for (const Violation& violation : outcome.violations) {
      ADD_FAILURE() << "seed " << seed << " at " << violation.at / milli << " ms: " << violation.kind << ": "
                    << violation.told;
    }
  }
  fmt::print(
      "events {} grants {} effects {} calls {} unknown {} writes {} stale {} starts {} torn {} simulated {} s taken "
      "back {} late renewals {} takeovers {} passed {} lapses {}\n",
      all.events, all.grants, all.effects, all.calls, all.unknown, all.writes, all.stale_writes, all.starts,
      all.torn_frames, all.simulated / second, all.taken_back, all.late_renewals, all.takeovers, all.passed_on,
      all.lapses);
}

}  // namespace
}  // namespace holdfast::simulate
