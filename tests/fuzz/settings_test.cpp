// What an operator may have typed: a configuration is taken as a whole, or refused with the file's name and a reason.
#include <gtest/gtest.h>

#include <fstream>

#include "cli/settings.h"
#include "tests/fuzz/mutate.h"
#include "tests/support/process.h"

namespace holdfast::fuzz {
namespace {

TEST(FuzzSettings, are_taken_whole_or_refused_with_a_reason) {
  const support::ScratchDirectory scratch;
  const std::string path = scratch.path() / "holdfast.toml";
  cli::Settings other;
  other.listen = "[::1]:0";
  other.names = {"one", "t\"wo"};
  other.insecure = true;
  other.io_threads = 3;
  Mutator mutator({cli::to_toml(cli::Settings{}), cli::to_toml(other), "# nothing\n", "listen = \":7420\"\n"});
  int accepted = 0, refused = 0;
  for (int round = 0; round < 500; ++round) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << mutator.next();
    cli::Settings settings;
    const Result<void> read = cli::read_file(path, settings);
    if (!read) {
      ++refused;
      ASSERT_EQ(read.error().code, ErrorCode::bad_configuration);
      ASSERT_NE(read.error().where.find("holdfast.toml"), std::string::npos) << read.error().where;
      continue;
    }
    ++accepted;
    // What is printed gives the same again.
    const std::string printed = cli::to_toml(settings);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << printed;
    cli::Settings again;
    ASSERT_TRUE(cli::read_file(path, again)) << printed;
    ASSERT_EQ(cli::to_toml(again), printed);
    const Result<void> checked = cli::check(settings);
    ASSERT_TRUE(checked || checked.error().code == ErrorCode::bad_configuration);
  }
  EXPECT_GT(accepted, 20);
  EXPECT_GT(refused, 20);
}

TEST(FuzzListen, is_a_host_and_a_port_or_refused) {
  Mutator mutator({"127.0.0.1:7420", "[::1]:80", ":0", "localhost:65535"});
  for (int round = 0; round < 50'000; ++round) {
    const std::string text = mutator.next();
    const Result<cli::Listen> listen = cli::parse_listen(text);
    if (!listen) {
      ASSERT_EQ(listen.error().code, ErrorCode::bad_configuration);
    } else {
      ASSERT_TRUE(text.ends_with(std::to_string(listen->port)) || text.find('0') != std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace holdfast::fuzz
