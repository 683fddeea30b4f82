// Every bug that can be put back has a row in docs/injections.md, and the test that the row names is there.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "cli/settings.h"

namespace holdfast {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// `Suite.name` of every test below `tests/`.
std::vector<std::string> all_tests() {
  std::vector<std::string> out;
  const std::regex test(R"(TEST(?:_F|_P)?\((\w+),\s*(\w+)\))");
  for (const auto& entry : std::filesystem::recursive_directory_iterator("tests")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = text_of(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), test), end; at != end; ++at) {
      out.push_back((*at)[1].str() + "." + (*at)[2].str());
    }
  }
  return out;
}

TEST(Injections, have_each_a_row_that_names_a_test_there_is) {
  const std::vector<std::string> forms = cli::injection_forms();
  ASSERT_GE(forms.size(), 6U) << "built without injected faults";
  const std::vector<std::string> tests = all_tests();
  const std::string page = text_of("docs/injections.md");
  for (const std::string& form : forms) {
    const std::size_t at = page.find("\n| `" + form + "` |");
    ASSERT_NE(at, std::string::npos) << form << " has no row";
    const std::string row = page.substr(at + 1, page.find('\n', at + 1) - at - 1);
    const std::regex named(R"(`(\w+\.\w+)`)");
    int found = 0;
    for (std::sregex_iterator test(row.begin(), row.end(), named), end; test != end; ++test, ++found) {
      EXPECT_THAT(tests, testing::Contains((*test)[1].str())) << form;
    }
    EXPECT_GT(found, 0) << form << ": no test is named";
  }
}

}  // namespace
}  // namespace holdfast
