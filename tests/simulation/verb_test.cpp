// `holdfast simulate` as a person runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/whole/cli_process.h"

namespace holdfast {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::uint16_t no_server = 1;

whole::Outcome simulate(std::vector<std::string> words) {
  words.insert(words.begin(), "simulate");
  return whole::run(no_server, std::move(words));
}

TEST(SimulateVerb, ends_with_0_and_says_what_was_covered_where_nothing_is_found) {
  const whole::Outcome outcome = simulate({"--seed", "5", "--seeds", "3"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("in 3 worlds"), HasSubstr("verdict: holds"), HasSubstr("power cuts")));
}

TEST(SimulateVerb, simulates_as_many_hours_as_it_is_told) {
  const whole::Outcome outcome = simulate({"--hours", "1", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\"verdict\":\"holds\""), HasSubstr("\"simulated_hours\":1.")));
}

TEST(SimulateVerb, says_what_a_seed_expands_to) {
  EXPECT_THAT(simulate({"--seed", "8812"}).out, AllOf(HasSubstr("seed 8812: "), HasSubstr("a fault every")));
}

TEST(SimulateVerb, ends_with_1_and_names_the_seed_the_command_and_a_short_story_where_something_is_found) {
  const std::string page = testing::TempDir() + "simulate_verb_test.html";
  const whole::Outcome outcome = simulate({"--seeds", "50", "--inject", "wake-two", "--html", page});
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("shows what must not be (two_holders)"), HasSubstr("again: holdfast simulate --seed "),
                    HasSubstr(" --inject wake-two\n"), HasSubstr("at 0s "), HasSubstr("verdict: violated")));
  std::ifstream file(page);
  const std::string html{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(html, HasSubstr("<svg"));
  std::filesystem::remove(page);
}

TEST(SimulateVerb, finds_the_same_again_by_the_command_that_it_names) {
  const std::string first = simulate({"--seeds", "50", "--inject", "renewal-forgotten"}).out;
  const std::size_t at = first.find("--seed ") + 7;
  const std::string seed = first.substr(at, first.find(' ', at) - at);
  const std::string again = simulate({"--seed", seed, "--inject", "renewal-forgotten"}).out;
  const auto story = [](const std::string& said) { return said.substr(said.find("shows what must not be")); };
  EXPECT_EQ(story(first), story(again));
}

TEST(SimulateVerb, refuses_a_bug_that_it_does_not_know) {
  EXPECT_EQ(simulate({"--inject", "no-such-bug"}).status, 64);
}

}  // namespace
}  // namespace holdfast
