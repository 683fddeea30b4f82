// How fast worlds are simulated, on one core: the sound engine, judged.
#include "simulate/campaign.h"

#include <fmt/format.h>
#include <time.h>

#include "bench/run.h"
#include "cli/machine.h"

namespace holdfast::bench {
namespace {

constexpr std::uint64_t worlds = 200;

double process_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void measure_simulate(Run& run) {
  const simulate::Machine machine = cli::make_machine({}).value();
  std::vector<double> events, hours;
  for (int round = 0; round < run.rounds; ++round) {
    simulate::Wanted wanted;
    wanted.seed = 1 + static_cast<std::uint64_t>(round) * worlds;
    wanted.worlds = worlds;
    wanted.judge = simulate::judged;
    const double began = process_seconds();
    const simulate::Report report = simulate::run(wanted, machine);
    const double took = process_seconds() - began;
    events.push_back(static_cast<double>(report.covered.events) / took);
    hours.push_back(static_cast<double>(report.covered.simulated) / simulate::second / took);
    Run::say(fmt::format("round {}: {:.0f} events/s, {:.0f} simulated hours an hour", round + 1, events.back(),
                         hours.back()));
  }
  run.figures.add({.part = "simulate",
                   .what = "events of simulated worlds, one core",
                   .unit = "/s",
                   .must = Must::be_at_least,
                   .bound = 200'000,
                   .rounds = std::move(events)});
  run.figures.add({.part = "simulate",
                   .what = "simulated hours in an hour, one core",
                   .unit = "",
                   .must = Must::be_at_least,
                   .bound = 1'000,
                   .rounds = std::move(hours)});
}

}  // namespace

const Part simulate_part{"simulate", "seeded worlds around the engine, judged", measure_simulate};

}  // namespace holdfast::bench
