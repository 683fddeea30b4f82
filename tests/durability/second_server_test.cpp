// Two servers on one data directory: the second is turned away, and the first does not notice.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/durability/here.h"
#include "tests/support/http_talk.h"

namespace holdfast::durability {
namespace {

using support::ServerProcess;
using support::Talk;
using testing::HasSubstr;

void expect_turned_away(const Store& store, ServerProcess& first) {
  Talk talk(first.port());
  const std::uint64_t token = talk.post("/v1/acquire/job", R"({"owner":"alice","session":"a"})").token();
  const auto before = store.files();

  ServerProcess second({.arguments = store.arguments({}), .await_ready = false});
  EXPECT_FALSE(second.await_listening());
  EXPECT_EQ(second.process().wait().exit_status, 1);
  EXPECT_THAT(second.process().errors(), HasSubstr(store.data().string()));
  EXPECT_THAT(second.process().errors(), HasSubstr(fmt::format("process {}", first.process().pid())));
  EXPECT_EQ(store.files(), before);

  EXPECT_EQ(talk.post("/v1/acquire/job", R"({"owner":"alice","session":"a"})").token(), token);
  EXPECT_EQ(talk.post("/v1/acquire/other", R"({"owner":"alice"})").status, 200);
}

TEST(SecondServer, is_told_who_has_the_directory_and_ends) {
  const Store store;
  ServerProcess first({.arguments = store.arguments({})});
  store.await_prepared();
  expect_turned_away(store, first);
}

TEST(SecondServer, is_turned_away_too_when_somebody_deleted_the_lock_file) {
  const Store store;
  ServerProcess first({.arguments = store.arguments({})});
  store.await_prepared();
  std::filesystem::remove(store.data() / "lock");
  ServerProcess second({.arguments = store.arguments({}), .await_ready = false});
  EXPECT_FALSE(second.await_listening());
  EXPECT_EQ(second.process().wait().exit_status, 1);
  EXPECT_THAT(second.process().errors(), HasSubstr(store.data().string()));
}

TEST(SecondServer, is_turned_away_by_one_that_is_stopped) {
  const Store store;
  ServerProcess first({.arguments = store.arguments({})});
  first.process().signal(SIGSTOP);
  ServerProcess second({.arguments = store.arguments({}), .await_ready = false});
  EXPECT_FALSE(second.await_listening());
  EXPECT_EQ(second.process().wait().exit_status, 1);
  first.process().signal(SIGCONT);
  EXPECT_EQ(Talk(first.port()).post("/v1/acquire/job", R"({"owner":"alice"})").status, 200);
}

TEST(SecondServer, gets_the_directory_when_the_first_was_killed) {
  const Store store;
  ServerProcess first({.arguments = store.arguments({})});
  first.kill();
  const ServerProcess second({.arguments = store.arguments({})});
  EXPECT_EQ(Talk(second.port()).post("/v1/acquire/job", R"({"owner":"alice"})").status, 200);
}

}  // namespace
}  // namespace holdfast::durability
