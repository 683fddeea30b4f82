// `holdfast watch` as people and scripts use it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/http_talk.h"
#include "tests/whole/cli_process.h"

namespace holdfast::whole {
namespace {

using support::Process;
using support::ServerProcess;
using support::Talk;
using testing::HasSubstr;
using testing::MatchesRegex;

void await(Process& process, const std::string& words) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while ((process.output() + process.errors()).find(words) == std::string::npos) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("never said: " + words);
    ::usleep(2'000);  // Its words are in a file.
  }
}

TEST(WatchVerb, prints_a_line_for_each_event_as_it_happens) {
  ServerProcess server({.arguments = {"--journal", "memory"}});
  Process watch = start(server.port(), {"watch", "deploy", "--limit", "2"});
  await(watch, "watching from");
  Talk talk(server.port());
  const std::uint64_t token =
      talk.post("/v1/acquire/deploy/web", R"({"owner":"alice","session":"s1","note":"v2"})").token();
  await(watch, "deploy/web  granted to alice (session s1) for 30 s. Note: v2\n");
  talk.post("/v1/acquire/deployment", R"({"owner":"alice"})");
  talk.post("/v1/release/deploy/web", fmt::format(R"({{"owner":"alice","token":{}}})", token));
  const Outcome outcome = outcome_of(watch);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, MatchesRegex("[0-9:]+  deploy/web  granted .*\n[0-9:]+  deploy/web  released by alice "
                                        "\\(session s1\\)\n"));
}

TEST(WatchVerb, takes_one_name_only_where_asked) {
  ServerProcess server({.arguments = {"--journal", "memory"}});
  Talk talk(server.port());
  const std::string before = talk.get("/v1/leases/a").field("position");
  talk.post("/v1/acquire/a/b", R"({"owner":"alice"})");
  talk.post("/v1/acquire/a", R"({"owner":"alice"})");
  const Outcome outcome = run(server.port(), {"watch", "a", "--for-name", "--after", before, "--limit", "1"});
  EXPECT_THAT(outcome.out, HasSubstr("  a  granted"));
}

TEST(WatchVerb, gives_scripts_one_object_a_line_and_goes_on_over_a_restart) {
  support::ScratchDirectory scratch;
  const auto how = [&](std::uint16_t port) {
    return ServerProcess::How{.arguments = {"--data", scratch.path() / "data"}, .port = port};
  };
  auto server = std::make_unique<ServerProcess>(how(0));
  const std::uint16_t port = server->port();
  Process watch = start(port, {"watch", "--json", "--limit", "2"});
  await(watch, R"("type":"begin")");
  Talk(port).post("/v1/acquire/a", R"({"owner":"alice"})");
  await(watch, R"("name":"a")");
  server->kill();
  await(watch, "not connected");
  server = std::make_unique<ServerProcess>(how(port));
  Talk(port).post("/v1/acquire/b", R"({"owner":"alice"})");
  const Outcome outcome = outcome_of(watch);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 3) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr(R"("name":"b")"));
}

TEST(WatchVerb, says_where_there_is_a_gap) {
  ServerProcess server({.arguments = {"--journal", "memory"}});
  Process watch = start(server.port(), {"watch", "--after", "1.1", "--limit", "1"});
  await(watch, "GAP");
  Talk(server.port()).post("/v1/acquire/a", R"({"owner":"alice"})");
  const Outcome outcome = outcome_of(watch);
  EXPECT_THAT(outcome.out, testing::StartsWith("GAP"));
  EXPECT_THAT(outcome.out, HasSubstr("position_foreign"));
}

TEST(WatchVerb, ends_with_what_is_wrong) {
  ServerProcess server({.arguments = {"--journal", "memory"}});
  EXPECT_EQ(run(server.port(), {"watch", "--after", "yesterday"}).status, 64);
  EXPECT_EQ(run(server.port(), {"watch", "--for-name"}).status, 64);
  const std::uint16_t port = server.port();
  server.stop();
  EXPECT_EQ(run(port, {"watch"}).status, 69);
}

}  // namespace
}  // namespace holdfast::whole
