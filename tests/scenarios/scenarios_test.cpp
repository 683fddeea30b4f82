// Every table, on every subject, as it stands and with a crash between any two of its lines.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "base/error.h"
#include "tests/scenarios/runner.h"

namespace holdfast::scenarios {
namespace {

struct Case {
  std::filesystem::path file;
  NamedSubject subject;
};

bool can_run(const Subject& subject, const Table& table) {
  return std::ranges::all_of(table.needs, [&](const std::string& need) { return subject.can(need); }) &&
         std::ranges::all_of(table.options, [&](const auto& bound) { return subject.can("bound " + bound.first); });
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const NamedSubject& named : subjects()) {
    const std::unique_ptr<Subject> subject = named.make({});
    for (const std::filesystem::path& file : all_tables()) {
      if (can_run(*subject, read_table(file))) all.push_back({file, named});
    }
  }
  return all;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.file.stem().string() + "_on_" + info.param.subject.name;
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

std::string lines_of(const std::vector<std::string>& failures) {
  std::string text;
  for (const std::string& failure : failures) text += "\n  " + failure;
  return text;
}

class Scenario : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override { table_ = read_table(GetParam().file); }
  Table table_;
};

TEST_P(Scenario, is_answered_as_the_table_says) {
  const std::vector<std::string> failures = run(table_, GetParam().subject.make);
  EXPECT_TRUE(failures.empty()) << lines_of(failures);
}

TEST_P(Scenario, loses_nothing_in_a_crash_between_any_two_lines) {
  // On files a crash costs real fsyncs: every third place is enough, the rules above them are the same.
  const std::size_t step = GetParam().subject.name.ends_with("on_files") ? 3 : 1;
  for (std::size_t place = 0; place < crash_places(table_); place += step) {
    const std::vector<std::string> failures = run_with_crash(table_, GetParam().subject.make, place);
    EXPECT_TRUE(failures.empty()) << "with a crash before line " << place << " of the table:" << lines_of(failures);
    if (!failures.empty()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, Scenario, testing::ValuesIn(cases()), name_of);

// --- Nothing is left off.

std::vector<Table> tables() {
  std::vector<Table> all;
  for (const std::filesystem::path& file : all_tables()) all.push_back(read_table(file));
  return all;
}

TEST(ScenarioCoverage, some_subject_runs_every_table) {
  for (const Table& table : tables()) {
    const bool runs =
        std::ranges::any_of(subjects(), [&](const NamedSubject& named) { return can_run(*named.make({}), table); });
    EXPECT_TRUE(runs) << table.title;
  }
}

TEST(ScenarioCoverage, every_promise_of_this_version_has_a_scenario) {
  std::set<std::string> kept;
  for (const Table& table : tables()) kept.insert(table.keeps.begin(), table.keeps.end());
  for (const char* promise :
       {"L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9", "L11", "L12", "L13", "B1", "B2", "B4"}) {
    EXPECT_TRUE(kept.contains(promise)) << promise << " is in no scenario";
  }
}

TEST(ScenarioCoverage, every_refusal_that_the_rules_and_the_engine_give_is_reached) {
  std::set<std::string> expected;
  for (const Table& table : tables()) {
    for (const Line& line : table.lines) expected.insert(line.expected.word);
  }
  // Which codes those are is read from their sources, so that a new one cannot be forgotten.
  const std::filesystem::path src = std::filesystem::path(HOLDFAST_SCENARIOS) / "../../src";
  std::vector<std::filesystem::path> sources{src / "engine/engine.cpp"};
  for (const auto& entry : std::filesystem::directory_iterator(src / "core")) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".cpp") && !name.ends_with("_test.cpp")) sources.push_back(entry.path());
  }
  std::set<std::string> given;
  const std::regex code("ErrorCode::(\\w+)");
  for (const std::filesystem::path& source : sources) {
    std::ifstream in(source);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (std::sregex_iterator it(text.begin(), text.end(), code), end; it != end; ++it) given.insert((*it)[1]);
  }
  given.erase("none");
  EXPECT_GE(given.size(), 15U);
  for (const std::string& each : given) EXPECT_TRUE(expected.contains(each)) << each << " is expected by no scenario";
}

// --- The runner itself: a table that is wrong fails, and says where.

TEST(ScenarioRunner, names_file_and_line_of_what_did_not_come) {
  const Table table = parse_table(
      "keeps L1\n"
      "at 0s alice acquire job ttl=10s -> granted token=A\n"
      "at 1s bob acquire job ttl=10s -> granted token=B\n",
      "wrong.scenario");
  const std::vector<std::string> failures = run(table, subjects().front().make);
  ASSERT_FALSE(failures.empty());
  EXPECT_TRUE(failures.front().starts_with("wrong.scenario:3: expected granted, but got: held")) << failures.front();
}

TEST(ScenarioRunner, does_not_let_an_answer_pass_that_no_line_expects) {
  const Table table = parse_table(
      "keeps L8\n"
      "at 0s alice acquire job ttl=10s -> granted token=A\n"
      "at 1s bob acquire job ttl=10s wait=60s -> waits\n"
      "at 2s alice release job token=A -> released\n"
      "at 3s carol get job -> held by=bob\n",
      "quiet.scenario");
  const std::vector<std::string> failures = run(table, subjects().front().make);
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_TRUE(failures.front().starts_with("quiet.scenario:5 (before): not expected: bob/main")) << failures.front();
}

TEST(ScenarioRunner, wants_greater_letters_to_be_greater_tokens) {
  const Table table = parse_table(
      "keeps L2\n"
      "at 0s alice acquire job -> granted token=B\n"
      "at 1s bob acquire other -> granted token=A\n",
      "order.scenario");
  EXPECT_EQ(run(table, subjects().front().make).size(), 1U);
}

TEST(ScenarioTable, refuses_what_it_does_not_understand_and_says_where) {
  for (const char* text : {"keeps L1\nat 0s alice steal job -> granted\n", "keeps L1\nat noon alice get job -> free\n",
                           "keeps L1\nat 2s a get j -> free\nat 1s a get j -> free\n",
                           "keeps L1\nat 0s alice get job\n", "keeps L1\nsometimes\n", "at 0s crash\n"}) {
    EXPECT_THROW(parse_table(text, "bad.scenario"), std::runtime_error) << text;
  }
}

}  // namespace
}  // namespace holdfast::scenarios
