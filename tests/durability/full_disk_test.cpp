// A full disk: nobody new becomes an owner, everything else goes on, and it is over when there is room again. Needs
// root, for a disk of its own.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/durability/crowd.h"
#include "tests/durability/here.h"
#include "tests/durability/loop_disk.h"
#include "tests/support/http_talk.h"

namespace holdfast::durability {
namespace {

using namespace std::chrono_literals;
using support::Response;
using support::ServerProcess;
using support::Talk;
using testing::HasSubstr;

constexpr Small mebibytes{.segment_bytes = 1 << 20};
constexpr Small unfolded{.segment_bytes = 64 << 10};

class FullDisk : public testing::Test {
 protected:
  FullDisk() {
    if (is_root()) disk_.emplace();
  }
  void SetUp() override {
    if (!disk_) GTEST_SKIP() << "needs root, for a disk of its own";
  }

  Store store() const { return Store(disk_->path() / "data"); }
  /// Until not a byte more fits.
  void fill() {
    const int fd = ::open(filler().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    const std::string zeros(64 << 10, '\0');
    for (std::size_t size = zeros.size(); size > 0;) {
      const ssize_t written = ::write(fd, zeros.data(), size);
      if (written < 0) size /= 2;
    }
    ASSERT_EQ(::fsync(fd), 0);
    ::close(fd);
  }
  void make_room() { std::filesystem::remove(filler()); }

 private:
  std::filesystem::path filler() const { return disk_->path() / "filler"; }
  std::optional<LoopDisk> disk_;
};

std::uint64_t metric(Talk& talk, const std::string& name) {
  const std::string text = talk.get("/metrics").body;
  const std::size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
}

std::string renewal(std::uint64_t token) {
  return fmt::format(R"({{"owner":"holder","token":{}}})", token);
}

TEST_F(FullDisk, refuses_new_owners_keeps_the_old_ones_and_goes_on_by_itself) {
  const std::uint64_t seed = fresh_seed();
  const Store on_disk = store();
  Ledger ledger;
  Crowd crowd(ledger, seed, {.clients = 8, .shared = 4, .own = 20, .note = 1000});
  std::optional<ServerProcess> server;
  server.emplace(ServerProcess::How{.arguments = on_disk.arguments(mebibytes)});
  std::optional<Talk> talk(server->port());
  const std::string lease = R"({"owner":"holder","session":"h","ttl_ms":3600000})";
  const std::uint64_t kept = talk->post("/v1/acquire/kept", lease).token();
  const std::uint64_t ended = talk->post("/v1/acquire/ended", lease).token();
  Talk waiter(server->port());
  waiter.send(support::request_text("POST", "/v1/acquire/kept", R"({"owner":"waiter","wait_ms":600000})"));

  crowd.start(server->port());
  ASSERT_TRUE(crowd.await_answers(300));
  fill();
  await("refusals", [&] { return crowd.refused_full() > 100; });

  const Response refused = talk->post("/v1/acquire/new", lease);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("code"), "disk_full");
  EXPECT_EQ(refused.field("fate"), "not_done");
  EXPECT_TRUE(refused.headers.contains("retry-after"));
  EXPECT_EQ(waiter.receive().field("code"), "disk_full");
  EXPECT_EQ(talk->post("/v1/renew/kept", renewal(kept)).status, 200);
  EXPECT_EQ(talk->post("/v1/acquire/kept", lease).token(), kept) << "asking again is no new owner";
  EXPECT_EQ(talk->get("/v1/leases/kept").field("owner"), "holder");
  EXPECT_EQ(talk->post("/v1/release/ended", renewal(ended)).status, 200);
  const Response ready = talk->get("/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_THAT(ready.body, HasSubstr("the disk is full"));
  EXPECT_EQ(metric(*talk, "holdfast_journal_full"), 1U);
  EXPECT_GT(metric(*talk, "holdfast_refused_full_total"), 0U);
  EXPECT_THAT(server->process().errors(), HasSubstr("the disk is full: nothing new can be owned"));

  // It can start on a full disk too, and knows everything.
  server->kill();
  crowd.join();
  talk.reset();
  server.emplace(ServerProcess::How{.arguments = on_disk.arguments(mebibytes)});
  talk.emplace(server->port());
  ledger.audit(server->port());
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
  EXPECT_EQ(talk->post("/v1/renew/kept", renewal(kept)).status, 200);
  await("a refusal", [&] { return talk->post("/v1/acquire/new", lease).field("code") == "disk_full"; });

  make_room();
  await("a grant", [&] { return talk->post("/v1/acquire/new", lease).status == 200; });
  await("/readyz", [&] { return talk->get("/readyz").body == "ok\n"; });
  EXPECT_THAT(server->process().errors(), HasSubstr("there is room on the disk again"));
  crowd.start(server->port());
  ASSERT_TRUE(crowd.await_answers(2000)) << server->process().errors();
  server->kill();
  crowd.join();
  const ServerProcess again({.arguments = on_disk.arguments(mebibytes)});
  ledger.audit(again.port());
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
}

// What is kept aside is for the ends of what is owned. Where even that is used up they wait, as with a slow disk.
TEST_F(FullDisk, lets_what_no_longer_fits_wait_and_neither_ends_nor_lies) {
  const Store on_disk = store();
  ServerProcess server({.arguments = on_disk.arguments(unfolded)});
  Talk owner(server.port()), other(server.port());
  std::vector<std::uint64_t> tokens;
  for (int i = 0; i < 2000; ++i) {
    tokens.push_back(
        owner.post(fmt::format("/v1/acquire/n/{}", i), R"({"owner":"holder","session":"h","ttl_ms":3600000})").token());
  }
  fill();
  std::size_t released = 0;
  const auto release = [&](std::size_t i) {
    owner.send(support::request_text("POST", fmt::format("/v1/release/n/{}", i), renewal(tokens[i])));
  };
  for (release(0); released < tokens.size() && owner.answered_within(1s); release(released)) {
    ASSERT_EQ(owner.receive().status, 200);
    ++released;
  }
  ASSERT_LT(released, tokens.size()) << "all of it fitted";
  EXPECT_GT(released, 100U) << "something is kept aside for releases";

  EXPECT_EQ(other.get("/livez").status, 200);
  EXPECT_EQ(other.post("/v1/renew/n/1999", renewal(tokens.back())).status, 200);
  await("to be behind", [&] { return other.get("/v1/leases/n/1999").field("code") == "journal_behind"; });
  EXPECT_TRUE(server.process().running());
  EXPECT_FALSE(owner.answered_within(0ms)) << "told of what is not durable";
  make_room();
  EXPECT_EQ(owner.receive().status, 200);
  server.kill();
  const ServerProcess again({.arguments = on_disk.arguments(unfolded)});
  EXPECT_EQ(Talk(again.port()).get(fmt::format("/v1/leases/n/{}", released)).field("held"), "false");
  EXPECT_EQ(Talk(again.port()).get("/v1/leases/n/1999").field("held"), "true");
}

}  // namespace
}  // namespace holdfast::durability
