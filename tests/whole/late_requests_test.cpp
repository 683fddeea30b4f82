// Requests that come twice, late, or in another order than they were sent: what a network does to a client that asks
// again. None of them changes what belongs to somebody else, and asking again gives the same.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using support::Response;
using support::ServerProcess;
using support::Talk;

class LateRequests : public testing::Test {
 protected:
  static std::string about(const std::string& owner, std::uint64_t token) {
    return fmt::format(R"({{"owner":"{0}","session":"{0}","token":{1}}})", owner, token);
  }
  static std::string wants(const std::string& owner, int ttl_ms = 60'000) {
    return fmt::format(R"({{"owner":"{0}","session":"{0}","ttl_ms":{1}}})", owner, ttl_ms);
  }
  void expect_held_by(const std::string& owner, std::uint64_t token) {
    const Response shown = look.get("/v1/leases/job");
    EXPECT_EQ(shown.field("owner"), owner) << shown.body;
    EXPECT_EQ(shown.token(), token) << shown.body;
  }
  void await_free() {
    while (look.get("/v1/leases/job").field("held") == "true") ::usleep(5'000);
  }

  ServerProcess server{{.arguments = {"--journal", "memory"}}};
  Talk alice{server.port()}, bob{server.port()}, look{server.port()};
};

TEST_F(LateRequests, an_acquire_that_comes_twice_gives_the_same_grant) {
  Talk copy(server.port());
  const Response first = alice.post("/v1/acquire/job", wants("alice"));
  const Response second = copy.post("/v1/acquire/job", wants("alice"));
  ASSERT_EQ(first.status, 200);
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(first.token(), second.token());
}

TEST_F(LateRequests, a_release_that_comes_late_frees_nobody_elses_lease) {
  const Response old = alice.post("/v1/acquire/job", wants("alice"));
  ASSERT_EQ(alice.post("/v1/release/job", about("alice", old.token())).status, 200);
  const Response held = bob.post("/v1/acquire/job", wants("bob"));
  ASSERT_EQ(held.status, 200);
  const Response late = alice.post("/v1/release/job", about("alice", old.token()));
  EXPECT_EQ(late.status, 409) << late.body;
  EXPECT_EQ(late.field("code"), "stale");
  expect_held_by("bob", held.token());
}

TEST_F(LateRequests, a_renewal_that_comes_late_brings_nothing_back_that_somebody_else_has) {
  const Response old = alice.post("/v1/acquire/job", wants("alice", 100));
  await_free();
  const Response held = bob.post("/v1/acquire/job", wants("bob"));
  ASSERT_EQ(held.status, 200);
  const Response late = alice.post("/v1/renew/job", about("alice", old.token()));
  EXPECT_EQ(late.status, 409) << late.body;
  EXPECT_EQ(late.field("because"), "lapsed");
  expect_held_by("bob", held.token());
}

TEST_F(LateRequests, a_renewal_that_overtakes_its_release_does_not_undo_it) {
  const Response old = alice.post("/v1/acquire/job", wants("alice"));
  ASSERT_EQ(alice.post("/v1/release/job", about("alice", old.token())).status, 200);
  const Response late = alice.post("/v1/renew/job", about("alice", old.token()));
  EXPECT_EQ(late.status, 409) << late.body;
  EXPECT_EQ(look.get("/v1/leases/job").field("held"), "false");
}

TEST_F(LateRequests, an_acquire_of_a_session_that_was_released_meanwhile_is_a_new_holding) {
  const Response old = alice.post("/v1/acquire/job", wants("alice"));
  ASSERT_EQ(alice.post("/v1/release/job", about("alice", old.token())).status, 200);
  const Response late = alice.post("/v1/acquire/job", wants("alice"));  // The copy of the first one.
  ASSERT_EQ(late.status, 200);
  EXPECT_GT(late.token(), old.token());
  EXPECT_EQ(late.field("previous"), std::to_string(old.token())) << "so whoever asks again can see what it missed";
}

TEST_F(LateRequests, what_a_client_left_behind_that_gave_up_is_not_held_beyond_its_ttl) {
  {
    Talk gone(server.port());
    gone.send(support::request_text("POST", "/v1/acquire/job", wants("gone", 300)));
    gone.close();  // It does not wait for the answer, and will never know that it is an owner.
  }
  // Whether it was granted or not: at most one ttl later it is somebody else's.
  const auto began = std::chrono::steady_clock::now();
  const Response next = bob.post("/v1/acquire/job", R"({"owner":"bob","session":"bob","ttl_ms":60000,"wait_ms":5000})");
  ASSERT_EQ(next.status, 200) << next.body;
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
  expect_held_by("bob", next.token());
}

}  // namespace
}  // namespace holdfast
