#include "cli/verbs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace holdfast::cli {
namespace {

struct Said {
  explicit Said(const Words& words) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    end = main_with(words);
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
  }
  int end = -1;
  std::string out, err;
};

std::vector<const Verb*> verbs_in_use() {
  std::vector<const Verb*> out;
  for (const Verb* verb : all_verbs()) {
    if (verb->run) out.push_back(verb);
  }
  return out;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  return longest;
}

TEST(Verbs, have_names_of_their_own) {
  std::set<std::string_view> names;
  for (const Verb* verb : all_verbs()) names.insert(verb->name);
  EXPECT_EQ(names.size(), all_verbs().size());
  EXPECT_GE(verbs_in_use().size(), 12u);
}

TEST(Verbs, are_summed_up_in_one_line) {
  for (const Verb* verb : all_verbs()) {
    EXPECT_FALSE(verb->summary.empty()) << verb->name;
    EXPECT_EQ(verb->summary.find('\n'), std::string::npos) << verb->name;
    EXPECT_LE(verb->summary.size(), 85u) << verb->name << ": the rest belongs into details";
    EXPECT_TRUE(verb->summary.ends_with('.') || verb->summary.ends_with('?')) << verb->name;
  }
}

TEST(Verbs, say_how_they_are_used_and_give_an_example) {
  for (const Verb* verb : verbs_in_use()) {
    const std::string begin = "holdfast " + std::string{verb->name};
    EXPECT_TRUE(verb->usage.starts_with(begin)) << verb->usage;
    EXPECT_EQ(verb->usage.find('\n'), std::string::npos) << verb->name;
    EXPECT_FALSE(verb->examples.empty()) << verb->name;
    EXPECT_FALSE(verb->examples.ends_with('\n')) << verb->name;
    std::istringstream lines{std::string{verb->examples}};
    for (std::string line; std::getline(lines, line);) {
      EXPECT_NE(line.find(begin), std::string::npos) << "not an example of " << verb->name << ": " << line;
    }
  }
}

/// The options among `words`, up to a `--` that stands alone; without brackets and values.
std::set<std::string> options_in(const std::string& words) {
  std::set<std::string> out;
  std::istringstream stream(words);
  for (std::string word; stream >> word && word != "--" && word != "#";) {
    word.erase(0, word.find_first_not_of('['));
    word = word.substr(0, word.find_first_of("=]"));
    if (word.size() > 1 && word[0] == '-') out.insert(word);
  }
  return out;
}

TEST(Verbs, explain_in_their_help_every_option_of_their_usage_and_examples) {
  for (const Verb* verb : verbs_in_use()) {
    const Said help({std::string{verb->name}, "--help"});
    EXPECT_EQ(help.end, 0) << verb->name;
    EXPECT_EQ(help.err, "") << verb->name;
    std::set<std::string> named = options_in(std::string{verb->usage});
    std::istringstream lines{std::string{verb->examples}};
    for (std::string line; std::getline(lines, line);) {
      if (line.find('|') == std::string::npos) named.merge(options_in(line));
    }
    for (const std::string& option : named) {
      const bool explained =
          help.out.find("  " + option) != std::string::npos || help.out.find("," + option) != std::string::npos;
      EXPECT_TRUE(explained) << verb->name << " does not explain " << option << "\n" << help.out;
    }
  }
}

TEST(Verbs, end_their_help_with_the_examples) {
  for (const Verb* verb : verbs_in_use()) {
    const Said help({std::string{verb->name}, "--help"});
    EXPECT_TRUE(help.out.starts_with(verb->summary)) << help.out;
    const std::string last{verb->examples.substr(verb->examples.rfind('\n') + 1)};
    EXPECT_TRUE(help.out.ends_with("  " + last + "\n")) << help.out;
    EXPECT_EQ(help.out.find("\n\n\n"), std::string::npos) << help.out;
    EXPECT_EQ(help.out, Said({"help", std::string{verb->name}}).out);
    EXPECT_EQ(help.out, Said({"--help", std::string{verb->name}}).out);
  }
}

TEST(Overview, has_one_line_for_each_verb) {
  const std::string text = overview();
  for (const Verb* verb : all_verbs()) {
    if (verb->hidden) {
      EXPECT_EQ(text.find("  " + std::string{verb->name} + " "), std::string::npos) << verb->name;
    } else if (verb->run) {
      EXPECT_NE(text.find("\n  " + std::string{verb->name} + " "), std::string::npos) << verb->name;
      EXPECT_NE(text.find(std::string{verb->summary} + "\n"), std::string::npos) << verb->name;
    } else {
      const std::size_t later = text.find("Not in this version yet: ");
      EXPECT_NE(text.find(std::string{verb->name}, later), std::string::npos) << verb->name;
    }
  }
  EXPECT_LE(longest_line(text), 100u) << text;
}

TEST(Overview, is_asked_for_on_stdout_and_else_is_a_mistake_on_stderr) {
  for (const char* word : {"--help", "-h", "help"}) {
    const Said asked({word});
    EXPECT_EQ(asked.end, 0);
    EXPECT_EQ(asked.out, overview());
    EXPECT_EQ(asked.err, "");
  }
  const Said not_asked({});
  EXPECT_EQ(not_asked.end, 64);
  EXPECT_EQ(not_asked.out, "");
  EXPECT_EQ(not_asked.err, overview());
}

TEST(Main, names_a_verb_that_is_not_there) {
  for (const Words& words : {Words{"aquire", "job"}, Words{"help", "aquire"}, Words{"--help", "aquire"}}) {
    const Said said(words);
    EXPECT_EQ(said.end, 64);
    EXPECT_EQ(said.out, "");
    EXPECT_NE(said.err.find("'aquire'"), std::string::npos) << said.err;
  }
}

TEST(Main, says_that_a_verb_is_planned_rather_than_do_something_else) {
  const Said said({"audit", "job"});
  EXPECT_EQ(said.end, 64);
  EXPECT_NE(said.err.find("not in this version yet"), std::string::npos) << said.err;
}

TEST(Main, says_which_version_it_is) {
  const Said said({"--version"});
  EXPECT_EQ(said.end, 0);
  EXPECT_TRUE(said.out.starts_with("holdfast " HOLDFAST_VERSION)) << said.out;
  EXPECT_EQ(said.out, Said({"version"}).out);
}

TEST(Wrapped, breaks_lines_at_words_and_keeps_paragraphs_apart) {
  EXPECT_EQ(wrapped("one two three", 7), "one two\nthree\n");
  EXPECT_EQ(wrapped("one\n\ntwo three", 80), "one\n\ntwo three\n");
  EXPECT_EQ(wrapped("a-word-that-is-too-long for it", 8), "a-word-that-is-too-long\nfor it\n");
  EXPECT_EQ(wrapped("", 8), "\n");
}

}  // namespace
}  // namespace holdfast::cli
