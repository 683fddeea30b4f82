// Worlds around the sound engine: nothing is found wrong, and the same seed makes the same world.
#include <gtest/gtest.h>
#include <cstdlib>
#include <fmt/format.h>

#include "simulate/campaign.h"
#include "tests/simulation/machines.h"

namespace holdfast::simulate {
namespace {

TEST(Worlds, find_nothing_wrong_with_the_sound_engine) {
  const Machine machine = sound_machine();
  const std::uint64_t one = std::getenv("ONE") ? std::strtoull(std::getenv("ONE"), nullptr, 10) : 0;
  Covered all; int und = 0, inc = 0;
  for (std::uint64_t seed = one ? one : 1; seed <= (one ? one : 200); ++seed) {
    const Outcome outcome = run(plan_of(seed), machine, {.to_the_end = false, .story = one != 0});
    all += outcome.covered;
    if (!outcome.violations.empty()) for (const Moment& m : outcome.story) {
      if (m.at + 30 * second < outcome.violations[0].at) continue;
      static const char* kinds[] = {"asked", "answered", "crash", "restart", "pause", "wall", "disk", "leave", "vanish", "remark"};
      fmt::print("{:>9.3f} {:<9} #{} c{} what {} name {} token {} ttl {} wait {} twin {} -> code {} token {} waited {} ended {} {} {}\n", m.at / 1e9, kinds[int(m.kind)], m.call, m.what.client, int(m.what.ask.what), m.what.ask.name, m.what.ask.token % 1000000,
        m.what.ask.ttl.count() / 1000000, m.what.ask.wait.count() / 1000000, m.what.twin, int(m.what.told.code), m.what.told.token % 1000000, m.what.told.waited.count()/1000000, m.what.told.ended, m.by / 1000000, m.words);
    }
    const verify::Judgement judgement = judged(outcome.recording);
    for (const auto& f : judgement.findings) if (f.answer == verify::Answer::violated) ADD_FAILURE() << "seed " << seed << " judged " << verify::word(f.question) << ": " << f.because;
    if (one) for (const auto& f : judgement.findings) if (f.answer == verify::Answer::violated) {
      const auto& w = *f.witness; const auto& ops = outcome.recording.operations;
      for (const auto& l : outcome.recording.losses) if (l.name == w.name) fmt::print("loss {} c{} token {} {}\n", l.at/1e9, l.client, l.token, l.why);
      for (std::size_t i = 0; i < ops.size(); ++i) if (ops[i].name == w.name && ops[i].called > ops[w.operations.front()].called - 3 * second && ops[i].called < ops[w.operations.back()].called + 3 * second)
        fmt::print("{} {:.4f} {:.4f} c{} what {} out {} token {} shown {} prev {} holder {} ttl {} waited {}\n", std::count(w.operations.begin(), w.operations.end(), i) ? "*" : " ", ops[i].called / 1e9, ops[i].returned == recording::never ? -1 : ops[i].returned / 1e9, ops[i].client, int(ops[i].what), int(ops[i].outcome), ops[i].token % 10000000, ops[i].shown % 10000000, ops[i].previous % 10000000, int(ops[i].holder), ops[i].ttl / 1e9, ops[i].waited / 1e9);
    }
    und += judgement.undecided(); inc += judgement.inconclusive;
    for (const Violation& violation : outcome.violations) {
      ADD_FAILURE() << "seed " << seed << " at " << violation.at / milli << " ms: " << violation.kind << ": " << violation.told;
    }
  }
  fmt::print("undecided {} inconclusive {}\n", und, inc);
  fmt::print("events {} grants {} effects {} calls {} unknown {} writes {} stale {} starts {} torn {} simulated {} s taken back {} late renewals {} takeovers {} passed {} lapses {}\n", all.events, all.grants, all.effects, all.calls, all.unknown, all.writes, all.stale_writes, all.starts, all.torn_frames, all.simulated / second, all.taken_back, all.late_renewals, all.takeovers, all.passed_on, all.lapses);
}

}  // namespace
}  // namespace holdfast::simulate
