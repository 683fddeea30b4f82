// Time that does what it should not: a server that is stopped for longer than a ttl, and a wall clock that is set.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/durability/here.h"
#include "tests/support/http_talk.h"

namespace holdfast::durability {
namespace {

using support::Response;
using support::ServerProcess;
using support::Talk;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string about_alice(std::uint64_t token) {
  return fmt::format(R"({{"owner":"alice","session":"a","token":{}}})", token);
}

/// The figure of a metric without labels.
std::string metric(Talk& talk, const std::string& name) {
  const std::string text = talk.get("/metrics").body;
  const std::size_t at = text.find("\n" + name + " ");
  if (at == std::string::npos) return "none";
  const std::size_t begin = at + name.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

TEST(Pause, for_longer_than_a_ttl_ends_no_lease) {
  const Store store;
  ServerProcess server({.arguments = store.arguments({})});
  Talk alice(server.port());
  const Response grant = alice.post("/v1/acquire/job", R"({"owner":"alice","session":"a","ttl_ms":3000})");
  ASSERT_EQ(grant.status, 200);
  Talk bob(server.port());
  bob.send(support::request_text("POST", "/v1/acquire/job", R"({"owner":"bob","wait_ms":600000})"));
  await("bob to wait", [&] { return alice.get("/v1/leases/job").field("waiting") == "1"; });

  server.process().signal(SIGSTOP);
  ::usleep(4'000'000);  // It is time itself that this waits for.
  server.process().signal(SIGCONT);

  const Response shown = alice.get("/v1/leases/job");
  EXPECT_EQ(shown.field("held"), "true") << shown.body;
  EXPECT_EQ(shown.token(), grant.token());
  const Response renewed = alice.post("/v1/renew/job", about_alice(grant.token()));
  EXPECT_EQ(renewed.status, 200) << renewed.body;
  EXPECT_EQ(renewed.token(), grant.token());
  EXPECT_EQ(metric(alice, "holdfast_lapses_total"), "0");  // L6 would have made a lapse look like this, too.

  EXPECT_EQ(alice.post("/v1/release/job", about_alice(grant.token())).status, 200);
  const Response next = bob.receive();
  EXPECT_EQ(next.status, 200);
  EXPECT_GT(next.token(), grant.token());
}

/// A server whose wall clock is set by writing a file; its other clocks go on as they are.
class WallClock {
 public:
  WallClock() { set("+0d"); }
  /// As libfaketime reads it: `+1d`, `-365d`.
  void set(const std::string& offset) const {
    std::ofstream(file() += ".new") << offset << "\n";
    std::filesystem::rename(file() += ".new", file());  // Never half a line.
  }
  ServerProcess::How server(const Store& store) const {
    return {.arguments = store.arguments({}),
            .environment = {{"LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1"},
                            {"FAKETIME_TIMESTAMP_FILE", file()},
                            {"FAKETIME_NO_CACHE", "1"},
                            {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                            {"DONT_FAKE_MONOTONIC", "1"}}};  // What older versions call it.
  }

 private:
  std::filesystem::path file() const { return scratch_.path() / "clock"; }
  support::ScratchDirectory scratch_;
};

/// The date of a new grant, as the server sees it.
std::string today(Talk& talk) {
  const Response grant = talk.post("/v1/acquire/date", R"({"owner":"clock","session":"c"})");
  talk.post("/v1/release/date", fmt::format(R"({{"owner":"clock","session":"c","token":{}}})", grant.token()));
  return grant.field("since").substr(0, 10);
}

/// What is wrong with a lease of a minute and with new tokens while the clock of a running server is set; empty if
/// nobody notices.
std::vector<std::string> faults_while_the_clock_is_set(const std::vector<const char*>& offsets,
                                                       const std::vector<std::string>& more = {}) {
  const Store store;
  const WallClock clock;
  ServerProcess::How how = clock.server(store);
  how.arguments.insert(how.arguments.end(), more.begin(), more.end());
  const ServerProcess server(how);
  Talk alice(server.port());
  const Response grant = alice.post("/v1/acquire/job", R"({"owner":"alice","session":"a","ttl_ms":60000})");
  EXPECT_EQ(grant.status, 200);
  std::vector<std::string> faults;
  std::string before = today(alice);
  std::uint64_t last = grant.token();
  for (const char* offset : offsets) {
    clock.set(offset);
    const std::string now = today(alice);
    EXPECT_NE(now, before) << "the clock was not set to " << offset;
    before = now;
    const auto expect = [&](bool good, const char* what, const Response& response) {
      if (!good) faults.push_back(fmt::format("at {}: {}: {}", offset, what, response.body));
    };
    const Response shown = alice.get("/v1/leases/job");
    expect(shown.field("held") == "true", "not held", shown);
    const std::string left = shown.field("deadline_in_ms");
    const bool in_time = !left.empty() && std::stoll(left) > 0 && std::stoll(left) <= 60'060;
    expect(in_time, "the deadline was moved", shown);
    const Response renewed = alice.post("/v1/renew/job", about_alice(grant.token()));
    expect(renewed.status == 200 && renewed.token() == grant.token(), "not renewed", renewed);
    const Response other = alice.post(fmt::format("/v1/acquire/at{}", offset), R"({"owner":"alice"})");
    expect(other.token() > last, "a token that is not new", other);
    last = std::max(last, other.token());
  }
  if (metric(alice, "holdfast_lapses_total") != "0") faults.emplace_back("something lapsed");
  return faults;
}

TEST(WallClock, set_a_day_on_and_back_ends_no_lease) {
  EXPECT_THAT(faults_while_the_clock_is_set({"+1d", "-1d", "+365d", "-365d", "+0d"}), IsEmpty());
}

TEST(InjectedLapseByWallClock, is_caught_by_the_very_same_test) {
  EXPECT_THAT(faults_while_the_clock_is_set({"+1d"}, {"--inject", "lapse-by-wall-clock"}),
              Contains(HasSubstr("not held")));
}

TEST(InjectedTokenFromClock, is_caught_by_the_very_same_test) {
  EXPECT_THAT(faults_while_the_clock_is_set({"-1d"}, {"--inject", "token-from-clock"}),
              Contains(HasSubstr("a token that is not new")));
}

// A jump would count for 100 ms at most, as any gap does: a hundred of them outlast the lease.
TEST(WallClock, set_on_a_hundred_times_ends_no_lease) {
  const Store store;
  const WallClock clock;
  const ServerProcess server(clock.server(store));
  Talk alice(server.port());
  ASSERT_EQ(alice.post("/v1/acquire/job", R"({"owner":"alice","session":"a","ttl_ms":8000})").status, 200);
  const std::string before = today(alice);
  for (int days = 1; days <= 100; ++days) {
    clock.set(fmt::format("+{}d", days));
    ASSERT_EQ(alice.get("/v1/leases/job").field("held"), "true") << "after " << days << " days";
  }
  EXPECT_NE(today(alice), before) << "the clock was not set";
  EXPECT_EQ(metric(alice, "holdfast_lapses_total"), "0");
}

/// Tokens that were not greater than all before them, while servers come and go and the clock is set in between.
std::vector<std::string> tokens_given_again(const std::vector<std::string>& more = {}) {
  const Store store;
  const WallClock clock;
  std::vector<std::string> faults;
  std::uint64_t last = 0;
  std::uint64_t held = 0;
  for (const char* offset : {"+1d", "-1d", "-365d", "+0d", "+365d", "-3650d"}) {
    clock.set(offset);
    ServerProcess::How how = clock.server(store);
    how.arguments.insert(how.arguments.end(), more.begin(), more.end());
    ServerProcess server(how);
    Talk talk(server.port());
    const Response kept = talk.post("/v1/acquire/kept", R"({"owner":"alice","session":"a","ttl_ms":60000})");
    EXPECT_EQ(kept.token(), held == 0 ? kept.token() : held) << offset;
    held = kept.token();
    last = std::max(last, held);
    for (int grant = 0; grant < 3; ++grant) {
      const Response response = talk.post("/v1/acquire/job", R"({"owner":"alice","session":"a"})");
      if (response.token() <= last) faults.push_back(fmt::format("at {}: {}", offset, response.body));
      last = std::max(last, response.token());
      talk.post("/v1/release/job", about_alice(response.token()));
    }
    server.kill();
  }
  return faults;
}

TEST(WallClock, set_back_while_the_server_is_down_gives_no_token_again) {
  EXPECT_THAT(tokens_given_again(), IsEmpty());
}

TEST(InjectedTokenFromClock, is_caught_over_starts_by_the_very_same_test) {
  EXPECT_THAT(tokens_given_again({"--inject", "token-from-clock"}), Not(IsEmpty()));
}

/// A start of a server whose clocks since boot are another machine's: of one that booted `since` ago.
ServerProcess::How booted(const Store& store, const std::string& since) {
  return {.arguments = store.arguments({}),
          .wrapper = {"unshare", "--time", "--monotonic", since, "--boottime", since}};
}

TEST(BootClock, that_is_another_one_after_a_restart_ends_no_lease_early_and_gives_no_token_again) {
  if (!is_root()) GTEST_SKIP() << "a time namespace needs root";
  const Store store;
  std::uint64_t token = 0;
  {
    ServerProcess server({.arguments = store.arguments({})});
    Talk alice(server.port());
    token = alice.post("/v1/acquire/job", R"({"owner":"alice","session":"a","ttl_ms":3000})").token();
    server.kill();
  }
  for (const char* since : {"864000", "86400", "3600"}) {  // Later, and then earlier and earlier.
    ServerProcess server(booted(store, since));
    Talk alice(server.port());
    const auto began = std::chrono::steady_clock::now();
    const Response shown = alice.get("/v1/leases/job");
    EXPECT_EQ(shown.field("held"), "true") << since << ": " << shown.body;
    EXPECT_EQ(shown.token(), token);
    // In full, from the start on (L4): neither sooner nor much later.
    while (alice.get("/v1/leases/job").field("held") == "true") ::usleep(10'000);
    const auto lasted = std::chrono::steady_clock::now() - began;
    EXPECT_GT(lasted, std::chrono::milliseconds(2'700)) << since;
    EXPECT_LT(lasted, std::chrono::milliseconds(4'000)) << since;
    const Response next = alice.post("/v1/acquire/job", R"({"owner":"alice","session":"a","ttl_ms":3000})");
    EXPECT_GT(next.token(), token) << since;
    token = next.token();
    server.kill();
  }
}

}  // namespace
}  // namespace holdfast::durability
