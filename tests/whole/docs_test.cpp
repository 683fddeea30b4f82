// Pages that say which test shows something name tests that there are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

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

}  // namespace
}  // namespace holdfast
