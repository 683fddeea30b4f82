// The client as other programs get it: installed, found by CMake, compiled as C++20, and run against a real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/held_lease.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::Process;
using support::ScratchDirectory;
using support::ServerProcess;
using testing::HasSubstr;

void carry_out(const std::vector<std::string>& words) {
  Process process(words);
  const support::Ended ended = process.wait(5min);
  ASSERT_EQ(ended.exit_status, 0) << words[1] << '\n' << process.output() << process.errors();
}

class ClientPackage : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = std::make_unique<ScratchDirectory>();
    const std::string prefix = scratch_->path() / "prefix";
    carry_out({HOLDFAST_CMAKE, "--install", HOLDFAST_BUILD, "--component", "client", "--prefix", prefix});
    carry_out({HOLDFAST_CMAKE, "-G", "Ninja", "-S", HOLDFAST_EXAMPLES, "-B", programs(),
               "-DCMAKE_CXX_COMPILER=" HOLDFAST_COMPILER, "-DCMAKE_PREFIX_PATH=" + prefix, "-DCMAKE_CXX_STANDARD=20",
               "-DCMAKE_CXX_STANDARD_REQUIRED=ON", "-DCMAKE_CXX_EXTENSIONS=OFF",
               "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror " HOLDFAST_SANITIZE_FLAGS});
    carry_out({HOLDFAST_CMAKE, "--build", programs(), "-j", "2"});
  }
  static void TearDownTestSuite() { scratch_.reset(); }

  void SetUp() override {
    ASSERT_TRUE(std::filesystem::exists(programs() + "/watch")) << "nothing was built";
    server_ = std::make_unique<ServerProcess>(ServerProcess::How{.arguments = {"--journal", "memory"}});
  }

  static std::string programs() { return scratch_->path() / "build"; }
  std::string address() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  Client client() const { return Client::open({.servers = address(), .owner = "alice"}).value(); }

  Process start(std::vector<std::string> words) const {
    words[0] = programs() + "/" + words[0];
    return Process(words, {{"HOLDFAST_SERVER", address()}});
  }
  static void await(const Process& process, const std::string& words) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (process.output().find(words) == std::string::npos) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << process.output() << process.errors();
      std::this_thread::sleep_for(5ms);
    }
  }
  static std::unique_ptr<ScratchDirectory> scratch_;
  std::unique_ptr<ServerProcess> server_;
};
std::unique_ptr<ScratchDirectory> ClientPackage::scratch_;

TEST_F(ClientPackage, holds_a_lease_for_as_long_as_it_works) {
  Process holding = start({"hold_a_lease", "job", "1"});
  await(holding, "held under token");
  const auto meanwhile = client().acquire({.name = "job"});
  ASSERT_FALSE(meanwhile);
  EXPECT_EQ(meanwhile.problem().holder.note, "an example at work");
  EXPECT_EQ(holding.wait().exit_status, 0) << holding.errors();
  EXPECT_THAT(holding.output(), HasSubstr("released"));
  EXPECT_TRUE(client().acquire({.name = "job"}));
}

TEST_F(ClientPackage, waits_until_the_name_is_free_or_somebody_does_not_want_to_any_more) {
  const auto grant = client().acquire({.name = "job"});
  Process waiting = start({"wait_for_it", "job", "60"});
  Process leaving = start({"wait_for_it", "job", "60"});
  const auto waiting_now = [&] { return client().get("job")->waiting; };
  const auto await_waiting = [&](std::uint64_t count) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (waiting_now() != count) ASSERT_LT(std::chrono::steady_clock::now(), until) << waiting_now();
  };
  await_waiting(2);
  leaving.signal(SIGINT);
  EXPECT_EQ(leaving.wait().exit_status, 2) << leaving.errors();
  await_waiting(1);
  EXPECT_TRUE(client().release(grant->id()));
  EXPECT_EQ(waiting.wait().exit_status, 0) << waiting.errors();
  EXPECT_THAT(waiting.output(), HasSubstr("held under token"));
}

TEST_F(ClientPackage, guards_a_write) {
  const std::string file = scratch_->path() / "guarded";
  Process guarding = start({"guard_a_write", "job", file});
  EXPECT_EQ(guarding.wait().exit_status, 0) << guarding.errors();
  EXPECT_EQ(guarding.output(),
            "the first holder writes: done\nthe second holder writes: done\nthe first one, late, writes: refused\n");
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("from the second"));
}

TEST_F(ClientPackage, takes_a_lease_over) {
  const auto held = client().acquire({.name = "job"});
  Process taking = start({"take_over", "job", "release day"});
  EXPECT_EQ(taking.wait().exit_status, 0) << taking.errors();
  EXPECT_THAT(taking.output(), HasSubstr("held by alice"));
  const auto renewed = client().renew(held->id());
  ASSERT_FALSE(renewed);
  EXPECT_EQ(renewed.problem().because, "taken_over");
}

TEST_F(ClientPackage, watches) {
  Process watching = start({"watch", "jobs", "2"});
  await(watching, "watching");
  const auto grant = client().acquire({.name = "jobs/nightly"});
  EXPECT_TRUE(client().release(grant->id()));
  EXPECT_EQ(watching.wait().exit_status, 0) << watching.errors();
  EXPECT_THAT(watching.output(),
              testing::EndsWith("watching\njobs/nightly granted alice\njobs/nightly released alice\n"));
}

}  // namespace
}  // namespace holdfast
