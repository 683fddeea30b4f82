// Every bug that can be put back is found: from inside by the simulator, at each step, and by the verifier from what
// clients saw alone.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "simulate/campaign.h"
#include "simulate/shrink.h"
#include "simulate/story.h"
#include "tests/simulation/machines.h"

namespace holdfast::simulate {
namespace {

constexpr std::uint64_t runs = 20;
/// What a run may take to find it.
constexpr std::uint64_t events_max = 2'000'000;

std::vector<std::string> injections() {
  std::vector<std::string> names;
  for (const std::string& form : engine::Injection::forms()) names.push_back(form.substr(0, form.find('[')));
  return names;
}

class Mutants : public testing::TestWithParam<std::string> {};

TEST_P(Mutants, are_found_by_the_simulator_on_20_of_20_seeds) {
  const Machine machine = machine_with(GetParam());
  for (std::uint64_t run = 0; run < runs; ++run) {
    std::uint64_t events = 0;
    bool found = false;
    for (std::uint64_t seed = 1 + run * 1'000; !found && events < events_max; ++seed) {
      const Outcome outcome = simulate::run(plan_of(seed), machine);
      events += outcome.covered.events;
      found = !outcome.violations.empty();
    }
    EXPECT_TRUE(found) << "run " << run << ": nothing in " << events << " events";
  }
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Each, Mutants, testing::ValuesIn(injections()), test_name);

}  // namespace
}  // namespace holdfast::simulate
