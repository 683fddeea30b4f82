// The console in a real browser, against a real server. The tests themselves are JavaScript, beside this file.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/process.h"

namespace holdfast {
namespace {

TEST(Console, keeps_its_promises_in_a_browser) {
  ASSERT_TRUE(std::filesystem::exists(HOLDFAST_CONSOLE_TESTS "/node_modules/installed.json"))
      << "tools/setup test installs what is needed here";
  support::Process node({"node", HOLDFAST_CONSOLE_TESTS "/run.js"},
                        {{"HOLDFAST", HOLDFAST_PROGRAM}, {"HOLDFAST_DISK_SHIM", HOLDFAST_DISK_SHIM}});
  EXPECT_EQ(node.wait(std::chrono::minutes(9)).exit_status, 0) << node.output() << node.errors();
}

}  // namespace
}  // namespace holdfast
