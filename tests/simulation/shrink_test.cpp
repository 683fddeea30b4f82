// What goes wrong in a world is told as a short scenario, in the text of tests/scenarios/.
#include "simulate/shrink.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "simulate/campaign.h"
#include "simulate/rehearsal.h"
#include "simulate/story.h"
#include "tests/scenarios/table.h"
#include "tests/simulation/machines.h"

namespace holdfast::simulate {
namespace {

struct Found {
  Failure failure;
  Shrunk shrunk;
};

Found find(std::string_view injection) {
  const Machine machine = machine_with(injection);
  Report report = run({.seed = 1, .worlds = 100}, machine);
  const auto wrong = [](const Outcome& outcome) { return wrong_with(outcome, {}); };
  Shrunk shrunk = shrink(report.failure.value().plan, machine, wrong, report.failure->kind);
  return {*std::move(report.failure), std::move(shrunk)};
}

TEST(Shrink, tells_the_same_kind_of_failure_in_few_lines_of_a_scenario) {
  for (const char* injection : {"lifo-queue", "wake-two", "takeover-keeps-both", "answer-before-durable",
                                "durable-too-early", "lost-wakeup", "double-grant"}) {
    const Found found = find(injection);
    ASSERT_FALSE(found.shrunk.outcome.violations.empty()) << injection;
    EXPECT_EQ(found.shrunk.outcome.violations.front().kind, found.failure.kind) << injection;
    EXPECT_TRUE(found.shrunk.rehearsed) << injection;
    const std::string text = scenario_of(found.shrunk.plan, found.shrunk.outcome);
    const scenarios::Table table = scenarios::parse_table(text, injection);
    EXPECT_LE(table.lines.size(), 8U) << injection << ":\n" << text;
    EXPECT_NE(text.find("# " + found.failure.kind + ": "), std::string::npos) << text;
  }
}

TEST(Shrink, keeps_nothing_that_can_be_left_out) {
  const Found found = find("lifo-queue");
  const Machine machine = machine_with("lifo-queue");
  const Script script = script_of(found.shrunk.outcome);
  ASSERT_FALSE(rehearse(script, found.shrunk.plan, machine).violations.empty());
  for (std::size_t line = 0; line < script.lines.size(); ++line) {
    Script without = script;
    without.lines.erase(without.lines.begin() + static_cast<std::ptrdiff_t>(line));
    EXPECT_TRUE(rehearse(without, found.shrunk.plan, machine).violations.empty()) << "line " << line;
  }
}

TEST(Shrink, shows_what_a_sound_engine_does_not) {
  const Found found = find("wake-two");
  EXPECT_TRUE(rehearse(script_of(found.shrunk.outcome), found.shrunk.plan, sound_machine()).violations.empty());
}

}  // namespace
}  // namespace holdfast::simulate
