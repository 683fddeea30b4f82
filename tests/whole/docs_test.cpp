// Pages that say which test shows something name tests that there are, and every bug that can be put back has a row.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "cli/settings.h"

namespace holdfast {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> all_tests() {
  std::set<std::string> out;
  const std::regex test(R"((?:TEST(?:_F|_P)?|RC_GTEST_PROP)\(\s*(\w+),\s*(\w+))");
  for (const char* root : {"tests", "src"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (!entry.path().filename().string().ends_with("_test.cpp")) continue;
      const std::string text = text_of(entry.path());
      for (std::sregex_iterator at(text.begin(), text.end(), test), end; at != end; ++at) {
        out.insert((*at)[1].str() + "." + (*at)[2].str());
      }
    }
  }
  return out;
}

TEST(Docs, name_only_tests_that_there_are) {
  const std::set<std::string> tests = all_tests();
  const std::regex named(R"(`([A-Z]\w+\.[a-z]\w*_\w+)`)");
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("docs")) {
    if (entry.path().extension() != ".md") continue;
    const std::string page = text_of(entry.path());
    for (std::sregex_iterator at(page.begin(), page.end(), named), end; at != end; ++at, ++found) {
      EXPECT_TRUE(tests.contains((*at)[1].str())) << entry.path() << ": there is no test " << (*at)[1].str();
    }
  }
  EXPECT_GT(found, 40U);
}

TEST(Injections, have_each_a_row_that_names_a_test_there_is) {
  const std::vector<std::string> forms = cli::injection_forms();
  ASSERT_GE(forms.size(), 6U) << "built without injected faults";
  const std::set<std::string> tests = all_tests();
  const std::string page = text_of("docs/injections.md");
  for (const std::string& form : forms) {
    const std::size_t at = page.find("\n| `" + form + "` |");
    ASSERT_NE(at, std::string::npos) << form << " has no row";
    const std::string row = page.substr(at + 1, page.find('\n', at + 1) - at - 1);
    const std::regex named(R"(`(\w+\.\w+)`)");
    int found = 0;
    for (std::sregex_iterator test(row.begin(), row.end(), named), end; test != end; ++test, ++found) {
      EXPECT_TRUE(tests.contains((*test)[1].str())) << form << ": there is no test " << (*test)[1].str();
    }
    EXPECT_GT(found, 0) << form << ": no test is named";
  }
}

}  // namespace
}  // namespace holdfast
