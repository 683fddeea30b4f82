#include "cli/candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options.h"

namespace holdfast::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> words_after(const Words& typed) {
  std::vector<std::string> out;
  for (const Candidate& each : candidates(typed)) out.push_back(each.word);
  return out;
}

TEST(Candidates, are_the_verbs_in_the_first_place_and_behind_help) {
  EXPECT_THAT(words_after({"rel"}), ElementsAre("release"));
  EXPECT_THAT(words_after({"help", "acq"}), ElementsAre("acquire"));
  EXPECT_THAT(words_after({"--he"}), ElementsAre("--help"));
  EXPECT_THAT(words_after({""}), Not(Contains("reference"))) << "hidden";
  EXPECT_THAT(words_after({""}), Not(Contains("audit"))) << "not in this version";
  EXPECT_THAT(words_after({"aquire", ""}), IsEmpty());
}

// What a verb declares is what is offered: nothing has to be added here, or in any script, for a new one.
TEST(Candidates, hold_every_option_of_every_verb) {
  for (const Verb* verb : all_verbs()) {
    if (!verb->run) continue;
    const Declared declared = declared_by(*verb);
    EXPECT_NE(declared.option("--help"), nullptr) << verb->name;
    const std::vector<std::string> offered = words_after({std::string{verb->name}, "-"});
    for (const Declared::Item& option : declared.options) {
      for (const std::string& name : option.names) EXPECT_THAT(offered, Contains(name)) << verb->name;
      for (const std::string& value : option.values) {
        EXPECT_THAT(words_after({std::string{verb->name}, option.names.front(), ""}),
                    Contains(value.substr(0, value.find('['))));
      }
    }
  }
}

TEST(Candidates, are_the_values_of_an_option_that_has_a_few_however_it_is_typed) {
  EXPECT_THAT(words_after({"serve", "--log-level", ""}), ElementsAre("debug", "info", "warn", "error"));
  EXPECT_THAT(words_after({"serve", "--log-level", "w"}), ElementsAre("warn"));
  EXPECT_THAT(words_after({"serve", "--log-level=w"}), ElementsAre("--log-level=warn"));
  EXPECT_THAT(words_after({"serve", "--log-level", "=", "w"}), ElementsAre("warn")) << "as bash splits it";
  EXPECT_THAT(words_after({"serve", "--log-level", "="}), ElementsAre("debug", "info", "warn", "error"));
  EXPECT_THAT(words_after({"serve", "--listen", ""}), IsEmpty());
}

TEST(Candidates, leave_files_directories_and_commands_to_the_shell) {
  EXPECT_THAT(words_after({"serve", "--config", "holdf"}), ElementsAre(":files"));
  EXPECT_THAT(words_after({"serve", "--data", ""}), ElementsAre(":directories"));
  EXPECT_THAT(words_after({"run", "job", "--", "sl"}), ElementsAre(":commands"));
  EXPECT_THAT(words_after({"run", "job", "--", "cat", ""}), ElementsAre(":files"));
  EXPECT_THAT(words_after({"run", "job", ""}), ElementsAre("--"));
}

TEST(Candidates, are_the_words_that_a_verb_wants_and_no_more_once_they_are_there) {
  EXPECT_THAT(words_after({"journal", ""}), ElementsAre("show", "verify", "backup", "restore", "repair"));
  EXPECT_THAT(words_after({"journal", "--json", "v"}), ElementsAre("verify"));
  EXPECT_THAT(words_after({"journal", "verify", ""}), ElementsAre(":directories"));
  EXPECT_THAT(words_after({"journal", "verify", "here", ""}), IsEmpty());
  EXPECT_THAT(words_after({"completion", "b"}), ElementsAre("bash"));
}

TEST(Candidates, do_not_offer_again_what_was_given_unless_it_may_be_repeated) {
  EXPECT_THAT(words_after({"serve", "--data", "d", "--da"}), IsEmpty());
  EXPECT_THAT(words_after({"serve", "--inject", "release-by-name", "--inj"}), ElementsAre("--inject"));
  EXPECT_THAT(words_after({"acquire", "-w", "5s", "--wa"}), IsEmpty()) << "another name of the same";
}

}  // namespace
}  // namespace holdfast::cli
