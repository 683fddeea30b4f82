// A backup of a server under load, and what a server on the restored directory knows.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/durability/crowd.h"
#include "tests/durability/here.h"

namespace holdfast::durability {
namespace {

using support::Process;
using support::Response;
using support::ServerProcess;
using support::Talk;

void journal_verb(std::vector<std::string> words) {
  words.insert(words.begin(), {HOLDFAST_PROGRAM, "journal"});
  Process process(words);
  ASSERT_EQ(process.wait().exit_status, 0) << process.errors();
}

TEST(BackupUnderLoad, holds_every_grant_that_was_answered_before_and_tokens_go_on_above) {
  const std::uint64_t seed = fresh_seed();
  const Store store;
  Ledger ledger;
  Crowd crowd(ledger, seed, {.clients = 8, .shared = 4, .own = 20, .note = 1000});
  ServerProcess server({.arguments = store.arguments(tiny)});
  Talk talk(server.port());
  crowd.start(server.port());
  std::uint64_t newest = 0;
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(crowd.await_answers(300));
    std::vector<std::uint64_t> tokens;
    for (int i = 0; i < 20; ++i) {
      const Response granted = talk.post(fmt::format("/v1/acquire/mine/{}/{}", round, i),
                                         R"({"owner":"me","session":"s","ttl_ms":3600000})");
      tokens.push_back(granted.token());
    }
    const std::filesystem::path to = store.scratch() / fmt::format("backup{}", round);
    const std::filesystem::path data = store.scratch() / fmt::format("restored{}", round);
    journal_verb({"backup", store.data(), "--to", to});
    journal_verb({"restore", to, "--data", data});

    ServerProcess restored({.arguments = {"--data", data}});
    Talk there(restored.port());
    for (int i = 0; i < 20; ++i) {
      const Response look = there.get(fmt::format("/v1/leases/mine/{}/{}", round, i));
      EXPECT_EQ(look.token(), tokens[static_cast<std::size_t>(i)]) << look.body;
      EXPECT_EQ(look.field("owner"), "me");
    }
    newest = talk.post("/v1/acquire/last", R"({"owner":"me","session":"s"})").token();
    EXPECT_GT(there.post("/v1/acquire/another", R"({"owner":"me"})").token(), newest) << "L3";
    restored.stop();
  }
  server.kill();
  crowd.join();
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
}

}  // namespace
}  // namespace holdfast::durability
