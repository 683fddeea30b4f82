// SIGTERM under load: those who wait are told, what was answered is durable, and it does not take long.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "tests/durability/crowd.h"
#include "tests/durability/here.h"

namespace holdfast::durability {
namespace {

using support::Response;
using support::ServerProcess;
using support::Talk;

constexpr std::size_t waiters = 20;

TEST(Stop, tells_who_waits_keeps_what_was_answered_and_is_done_within_five_seconds) {
  const std::uint64_t seed = fresh_seed();
  const Store store;
  Ledger ledger;
  Crowd crowd(ledger, seed);
  for (int stop = 0; stop < 5; ++stop) {
    ServerProcess server({.arguments = store.arguments({})});
    ledger.audit(server.port());
    Talk holder(server.port());
    ASSERT_EQ(holder.post("/v1/acquire/busy", R"({"owner":"holder","session":"h","ttl_ms":3600000})").status, 200);
    std::vector<Talk> waiting;
    for (std::size_t number = 0; number < waiters; ++number) {
      waiting.emplace_back(server.port());
      waiting.back().send(support::request_text("POST", "/v1/acquire/busy",
                                                fmt::format(R"({{"owner":"waiter{}","wait_ms":600000}})", number)));
    }
    await("all to wait", [&] { return holder.get("/v1/leases/busy").field("waiting") == std::to_string(waiters); });
    crowd.start(server.port());
    ASSERT_TRUE(crowd.await_answers(500));

    const auto began = std::chrono::steady_clock::now();
    const support::Ended ended = server.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
    EXPECT_EQ(ended.exit_status, 0) << server.process().errors();
    crowd.join();
    for (Talk& talk : waiting) {
      const Response response = talk.receive();
      EXPECT_EQ(response.status, 503);
      EXPECT_EQ(response.field("code"), "stopping") << response.body;
      EXPECT_EQ(response.field("fate"), "not_done") << response.body;
    }
    ASSERT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
  }
  const ServerProcess server({.arguments = store.arguments({})});
  ledger.audit(server.port());
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
}

}  // namespace
}  // namespace holdfast::durability
