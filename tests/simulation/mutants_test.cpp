#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/simulation/machines.h"

namespace holdfast::simulate {
namespace {

TEST(Mutants, table) {
  for (const std::string& form : engine::Injection::forms()) {
    const std::string name = form.substr(0, form.find('['));
    const Machine machine = machine_with(name);
    int caught = 0;
    std::vector<std::uint64_t> events;
    std::map<std::string, int> kinds;
    std::string sample;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      std::uint64_t total = 0;
      for (std::uint64_t world = 0; world < 40; ++world) {
        const Outcome outcome = run(plan_of(seed * 1000 + world), machine);
        total += outcome.covered.events;
        if (outcome.violations.empty()) continue;
        ++caught;
        ++kinds[outcome.violations[0].kind];
        sample = outcome.violations[0].told;
        break;
      }
      events.push_back(total);
    }
    std::ranges::sort(events);
    std::string all;
    for (const auto& [kind, count] : kinds) all += fmt::format(" {}:{}", kind, count);
    fmt::print("{:<22} {}/20 median {} max {} {} | {}\n", name, caught, events[10], events[19], all, sample);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace holdfast::simulate
