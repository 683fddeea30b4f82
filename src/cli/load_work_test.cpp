#include "cli/load_work.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

TEST(LoadWork, acquire_release_gives_back_the_name_it_has_before_it_takes_another) {
  Names names(LoadKind::acquire_release, 1'000);
  Work work(names, 0);
  const Ask acquire = *work.next();
  EXPECT_EQ(acquire.op, LoadOp::acquire);
  work.answered(acquire, 200, 17);
  const Ask release = *work.next();
  EXPECT_EQ(release.op, LoadOp::release);
  EXPECT_EQ(release.name, acquire.name);
  EXPECT_EQ(release.token, 17U);
  work.answered(release, 200, 0);
  EXPECT_EQ(work.next()->op, LoadOp::acquire);
}

TEST(LoadWork, a_refused_acquire_leaves_nothing_to_release) {
  Names names(LoadKind::acquire_release, 1'000);
  Work work(names, 0);
  work.answered(*work.next(), 409, 17);
  EXPECT_EQ(work.holds(), 0U);
  EXPECT_EQ(work.next()->op, LoadOp::acquire);
  EXPECT_FALSE(work.clean_up());
}

TEST(LoadWork, acquire_takes_each_name_once_whoever_asks_and_then_ends) {
  Names names(LoadKind::acquire, 100);
  Work one(names, 0);
  Work other(names, 1);
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    seen.insert(one.next()->name);
    seen.insert(other.next()->name);
  }
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_FALSE(one.next());
  EXPECT_FALSE(other.next());
}

TEST(LoadWork, cleaning_up_releases_everything_once_even_where_a_release_is_refused) {
  Names names(LoadKind::acquire, 3);
  Work work(names, 0);
  std::set<std::string> held;
  while (const auto ask = work.next()) {
    held.insert(ask->name);
    work.answered(*ask, 200, 5);
  }
  while (const auto ask = work.clean_up()) {
    EXPECT_EQ(ask->op, LoadOp::release);
    EXPECT_EQ(held.erase(ask->name), 1U);
    work.answered(*ask, held.size() == 1 ? 409 : 200, 0);
  }
  EXPECT_TRUE(held.empty());
  EXPECT_EQ(work.holds(), 0U);
}

TEST(LoadWork, renew_acquires_before_the_measuring_and_stops_when_its_lease_is_lost) {
  Names names(LoadKind::renew, 1);
  Work work(names, 3);
  EXPECT_FALSE(work.next());
  const Ask first = *work.prepare();
  EXPECT_EQ(first.op, LoadOp::acquire);
  work.answered(first, 200, 8);
  EXPECT_FALSE(work.prepare());
  const Ask renew = *work.next();
  EXPECT_EQ(renew.op, LoadOp::renew);
  EXPECT_EQ(renew.token, 8U);
  work.answered(renew, 200, 8);
  EXPECT_EQ(work.next()->op, LoadOp::renew);
  work.answered(renew, 409, 0);
  EXPECT_FALSE(work.next());
}

TEST(LoadWork, contending_clients_wait_for_the_same_name) {
  Names names(LoadKind::contend, 1'000);
  Work one(names, 0);
  Work other(names, 1);
  EXPECT_EQ(one.next()->name, other.next()->name);
  EXPECT_GT(one.next()->wait, 0s);
}

TEST(LoadWork, every_kind_is_spelled_as_it_is_parsed) {
  for (const LoadKind kind :
       {LoadKind::acquire_release, LoadKind::acquire, LoadKind::renew, LoadKind::livez, LoadKind::contend}) {
    EXPECT_EQ(parse_kind(word(kind)), kind);
  }
  EXPECT_FALSE(parse_kind("everything"));
}

TEST(RequestText, is_http_with_the_length_of_its_body) {
  RequestText text("127.0.0.1:7420", "al\"ice", "s", 30s);
  EXPECT_EQ(std::string(text.of({LoadOp::acquire, "bench/1", 0, 2s}, 4)),
            "POST /v1/acquire/bench/1 HTTP/1.1\r\nhost: 127.0.0.1:7420\r\ncontent-type: application/json\r\n"
            "content-length: 65\r\n\r\n"
            R"({"owner":"al\"ice","session":"s-4","ttl_ms":30000,"wait_ms":2000})");
  EXPECT_EQ(std::string(text.of({LoadOp::livez, {}, 0, {}}, 0)), "GET /livez HTTP/1.1\r\nhost: 127.0.0.1:7420\r\n\r\n");
}

}  // namespace
}  // namespace holdfast::cli
