// The client for browsers and Node.js: its own tests against a real server, under each version of Node.js that it is
// for, and what would be published. They are written in its own language, in sdk/typescript/test.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/process.h"

namespace holdfast {
namespace {

class TypeScriptClient : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(std::filesystem::exists(HOLDFAST_TYPESCRIPT "/node_modules/installed.json"))
        << "tools/setup test installs what is needed here";
    does("build");
  }

  static void does(const std::string& what, const std::string& version = "this") {
    support::Process node({"node", HOLDFAST_TYPESCRIPT "/tools/test.mjs", what, version},
                          {{"HOLDFAST", HOLDFAST_PROGRAM}});
    EXPECT_EQ(node.wait(std::chrono::minutes(3)).exit_status, 0) << node.output() << node.errors();
  }
};

TEST_F(TypeScriptClient, keeps_its_promises_under_node_18) {
  does("run", "18");
}
TEST_F(TypeScriptClient, keeps_its_promises_under_node_20) {
  does("run", "20");
}
TEST_F(TypeScriptClient, can_be_published) {
  does("package");
}

}  // namespace
}  // namespace holdfast
