// A disk that takes a quarter of a second for each sync: whoever needs it waits for it, all of them together, and
// nobody else does.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "tests/durability/here.h"
#include "tests/support/http_talk.h"

namespace holdfast::durability {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using support::Response;
using support::ServerProcess;
using support::Talk;

constexpr auto one_sync = 250ms;

TEST(SlowDisk, is_waited_for_by_all_at_once_and_holds_nobody_up_who_needs_nothing_of_it) {
  const Store store;
  const ServerProcess server({.arguments = store.arguments({}),
                              .environment = {{"LD_PRELOAD", HOLDFAST_DISK_SHIM}, {"HOLDFAST_DISK", "slow"}}});
  Talk holder(server.port());
  const Response grant = holder.post("/v1/acquire/held", R"({"owner":"h","session":"h","ttl_ms":1000})");
  ASSERT_EQ(grant.status, 200);
  const std::string renewal = fmt::format(R"({{"owner":"h","session":"h","token":{}}})", grant.token());

  constexpr int crowd = 200;
  std::vector<Talk> talks;
  for (int i = 0; i < crowd; ++i) talks.emplace_back(server.port());
  const auto began = Clock::now();
  for (int i = 0; i < crowd; ++i) {
    talks[static_cast<std::size_t>(i)].send(
        support::request_text("POST", fmt::format("/v1/acquire/n/{}", i), R"({"owner":"o","ttl_ms":60000})"));
  }
  // Renewals write nothing: there are many of them before the disk has done with the first of the others.
  int renewals = 0;
  for (; !talks.front().answered_within(0ms); ++renewals) {
    const Response renewed = holder.post("/v1/renew/held", renewal);
    ASSERT_EQ(renewed.status, 200) << renewed.body;
  }
  EXPECT_GT(renewals, 10) << "renewals waited for the disk";
  for (Talk& talk : talks) EXPECT_EQ(talk.receive().status, 200);
  EXPECT_GE(Clock::now() - began, one_sync) << "the disk was not slow";
  EXPECT_LT(Clock::now() - began, 8 * one_sync) << "they did not share their syncs";
  EXPECT_EQ(holder.get("/readyz").status, 200);
}

}  // namespace
}  // namespace holdfast::durability
