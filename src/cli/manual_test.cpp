#include "cli/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <regex>

#include "cli/options.h"

namespace holdfast::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string page(const std::string& file) {
  for (const ManualPage& each : manual_pages()) {
    if (each.file == file) return each.text;
  }
  ADD_FAILURE() << "there is no " << file;
  return {};
}

std::string in_troff(const std::string& text) {
  return std::regex_replace(text, std::regex("-"), "\\-");
}

// Whoever adds a verb or an option finds it here without having written it twice.
TEST(Manual, has_a_page_for_each_verb_and_in_it_each_option) {
  const std::string overview = page("holdfast.1");
  std::size_t pages = 1;
  for (const Verb* verb : all_verbs()) {
    if (!verb->run || verb->hidden) continue;
    ++pages;
    const std::string text = page("holdfast-" + std::string{verb->name} + ".1");
    const Declared declared = declared_by(*verb);
    for (const Declared::Item& option : declared.options) {
      for (const std::string& name : option.names) EXPECT_THAT(text, HasSubstr("\\fB" + in_troff(name) + "\\fR"));
    }
    for (const Declared::Item& word : declared.words) EXPECT_THAT(text, HasSubstr("\\fB" + word.names.front()));
    EXPECT_THAT(overview, HasSubstr("\\fB" + in_troff(std::string{verb->name}) + "\\fR"));
  }
  EXPECT_EQ(manual_pages().size(), pages);
}

TEST(Manual, says_nothing_of_the_machine_that_made_it) {
  ::setenv("HOLDFAST_SERVER", "lock.example:1", 1);
  for (const ManualPage& each : manual_pages()) {
    EXPECT_THAT(each.text, Not(HasSubstr("lock.example"))) << each.file;
    EXPECT_THAT(each.text, Not(HasSubstr(in_troff(default_owner())))) << each.file;
  }
  ::unsetenv("HOLDFAST_SERVER");
}

}  // namespace
}  // namespace holdfast::cli
