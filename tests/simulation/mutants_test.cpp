// Every bug that can be put back is found: from inside by the simulator, at each step, and by the verifier from what
// clients saw alone.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

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

/// What each is, in the simulator's words: a check that cannot fail is none.
const std::map<std::string, std::set<std::string>> found_as{
    {"check-then-act", {"two_holders"}},
    {"release-by-name", {"stale"}},
    {"forget-waiter-check", {"ghost"}},
    {"token-from-clock", {"token"}},
    {"lapse-by-wall-clock", {"early", "late"}},
    {"answer-before-durable", {"lost"}},
    {"token-reset", {"token", "replay"}},
    {"grant-before-end", {"early"}},
    {"release-old-token", {"stale"}},
    {"renew-any-token", {"stale"}},
    {"renewal-forgotten", {"early"}},
    {"double-grant", {"two_holders"}},
    {"late-renewal-steals", {"two_holders"}},
    {"delete-expired", {"early"}},
    {"takeover-keeps-both", {"stale"}},
    {"restart-ends-leases", {"early"}},
    {"wake-two", {"two_holders"}},
    {"lost-wakeup", {"stuck"}},
    {"lifo-queue", {"order"}},
    {"durable-too-early", {"lost"}},
    {"failed-sync-ignored", {"lost"}},
    {"last-effect-dropped", {"lost"}},
};

TEST_P(Mutants, are_found_by_the_simulator_on_20_of_20_seeds) {
  const Machine machine = machine_with(GetParam());
  std::uint64_t as_expected = 0;
  for (std::uint64_t run = 0; run < runs; ++run) {
    std::uint64_t events = 0;
    bool found = false;
    for (std::uint64_t seed = 1 + run * apart; !found && events < events_max; ++seed) {
      const Outcome outcome = simulate::run(plan_of(seed), machine);
      events += outcome.covered.events;
      found = !outcome.violations.empty();
      if (found && found_as.at(GetParam()).contains(outcome.violations.front().kind)) ++as_expected;
    }
    EXPECT_TRUE(found) << "run " << run << ": nothing in " << events << " events";
  }
  EXPECT_GE(as_expected, runs / 2) << "found for another reason than its own";
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
