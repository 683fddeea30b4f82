// How soon each known bug is found: the figures of docs/injections.md.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "cli/machine.h"
#include "cli/settings.h"
#include "cli/simulate_text.h"
#include "cli/verbs.h"

namespace holdfast::cli {
namespace {

constexpr std::uint64_t runs = 20;
constexpr std::uint64_t worlds_max = 40;
/// Runs of different bugs have different worlds.
constexpr std::uint64_t apart = 1'000;

struct Row {
  std::string name;
  std::uint64_t by_simulator = 0;         ///< Of the runs, in how many what is seen from inside was wrong.
  std::uint64_t by_verifier = 0;          ///< Of the runs, in how many what clients saw was judged wrong.
  std::vector<std::uint64_t> events;      ///< Until it was found, in ascending order.
  std::vector<std::uint64_t> operations;  ///< That the verifier looked at until it found it.
  std::string how;
};

Row row_of(const std::string& name, std::uint64_t seed, const simulate::Machine& machine) {
  Row row{.name = name};
  for (std::uint64_t run = 0; run < runs; ++run) {
    std::uint64_t events = 0;
    bool found = false;
    for (std::uint64_t world = 0; world < worlds_max && !found; ++world) {
      const simulate::Outcome outcome = simulate::run(simulate::plan_of(seed + run * apart + world), machine);
      events += outcome.covered.events;
      found = !outcome.violations.empty();
      if (found) row.how = outcome.violations.front().kind;
    }
    row.by_simulator += found ? 1 : 0;
    row.events.push_back(events);
    // The same once more, with the clients' view alone, which needs the world to go on.
    std::uint64_t operations = 0;
    bool judged = false;
    for (std::uint64_t world = 0; world < worlds_max && !judged; ++world) {
      const simulate::Outcome outcome =
          simulate::run(simulate::plan_of(seed + run * apart + world), machine, {.to_the_end = true, .story = false});
      operations += outcome.recording.operations.size();
      judged = simulate::judged(outcome.recording).violated();
    }
    row.by_verifier += judged ? 1 : 0;
    row.operations.push_back(operations);
  }
  std::ranges::sort(row.events);
  std::ranges::sort(row.operations);
  return row;
}

}  // namespace

int print_table(std::uint64_t seed, bool json) {
  boost::json::array rows;
  if (!json)
    fmt::print(
        "| bug | simulator | events, median | as | verifier | operations, median |\n|---|---|---|---|---|---|\n");
  bool all = true;
  for (const std::string& form : injection_forms()) {
    const std::string name = form.substr(0, form.find('['));
    const Result<simulate::Machine> machine = make_machine({name});
    if (!machine) continue;
    const Row row = row_of(name, seed, *machine);
    all &= row.by_simulator == runs;
    if (json) {
      rows.push_back(boost::json::object{{"bug", name},
                                         {"by_simulator", row.by_simulator},
                                         {"events_median", row.events[runs / 2]},
                                         {"as", row.how},
                                         {"by_verifier", row.by_verifier},
                                         {"operations_median", row.operations[runs / 2]}});
    } else {
      fmt::print("| `{}` | {} of {} | {} | {} | {} of {} | {} |\n", name, row.by_simulator, runs, row.events[runs / 2],
                 row.how, row.by_verifier, runs, row.operations[runs / 2]);
      std::fflush(stdout);
    }
  }
  if (json) fmt::print("{}\n", boost::json::serialize(rows));
  return status(all ? Exit::done : Exit::refused);
}

}  // namespace holdfast::cli
