// Every bug that can be put back is found: from inside by the simulator, at each step, and by the verifier from what
// clients saw alone.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "simulate/campaign.h"
#include "tests/simulation/machines.h"

namespace holdfast::simulate {
namespace {

constexpr std::uint64_t runs = 20;
/// Worlds of different runs have different seeds.
constexpr std::uint64_t apart = 1'000;
/// What a run may take.
constexpr std::uint64_t events_max = 1'000'000;
constexpr std::size_t operations_max = 300'000;

std::vector<std::string> injections() {
  std::vector<std::string> names;
  for (const std::string& form : engine::Injection::forms()) names.push_back(form.substr(0, form.find('[')));
  return names;
}

/// Without those of which clients are told nothing wrong: a name that nobody has, or that somebody else had deserved,
/// looks to each of them as it should.
std::vector<std::string> injections_that_clients_see() {
  std::vector<std::string> names = injections();
  std::erase_if(names, [](const std::string& name) {
    return name == "forget-waiter-check" || name == "lost-wakeup" || name == "lifo-queue";
  });
  return names;
}

std::string as_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

class Mutants : public testing::TestWithParam<std::string> {};
class MutantsThatClientsSee : public testing::TestWithParam<std::string> {};

TEST_P(Mutants, are_found_by_the_simulator_on_20_of_20_seeds) {
  const Machine machine = machine_with(GetParam());
  for (std::uint64_t run = 0; run < runs; ++run) {
    std::uint64_t events = 0;
    bool found = false;
    for (std::uint64_t seed = 1 + run * apart; !found && events < events_max; ++seed) {
      const Outcome outcome = simulate::run(plan_of(seed), machine);
      events += outcome.covered.events;
      found = !outcome.violations.empty();
    }
    EXPECT_TRUE(found) << "run " << run << ": nothing in " << events << " events";
  }
}

TEST_P(MutantsThatClientsSee, are_found_by_the_verifier_on_20_of_20_seeds) {
  const Machine machine = machine_with(GetParam());
  for (std::uint64_t run = 0; run < runs; ++run) {
    std::size_t operations = 0;
    bool found = false;
    for (std::uint64_t seed = 1 + run * apart; !found && operations < operations_max; ++seed) {
      const Outcome outcome =
          simulate::run(plan_of(seed, {.faulty_max = 60 * second}), machine, {.to_the_end = true, .story = false});
      operations += outcome.recording.operations.size();
      found = judged(outcome.recording).violated();
    }
    EXPECT_TRUE(found) << "run " << run << ": nothing in " << operations << " operations";
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Mutants, testing::ValuesIn(injections()), as_name);
INSTANTIATE_TEST_SUITE_P(Each, MutantsThatClientsSee, testing::ValuesIn(injections_that_clients_see()), as_name);

}  // namespace
}  // namespace holdfast::simulate
