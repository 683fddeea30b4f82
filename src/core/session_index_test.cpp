#include "core/session_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/lease.h"

namespace holdfast::core {
namespace {

/// Leases with parts, as a state would hand them to the index.
class SessionIndexTest : public testing::Test {
 protected:
  Lease& lease(std::size_t number) {
    while (leases_.size() <= number) leases_.push_back(std::make_unique<Lease>(std::to_string(leases_.size())));
    return *leases_[number];
  }
  void add(const std::string& session, std::size_t number) {
    lease(number).parts.push_back(Part{session});
    index.add("alice", session, lease(number));
  }
  void remove(const std::string& session, std::size_t number) {
    Lease& of = lease(number);
    index.remove("alice", session, of);
    of.parts.erase(of.parts.begin() + (of.part_of(session) - of.parts.data()));
  }
  /// The numbers of the leases that the index gives for `session`: each once.
  std::set<std::string> found(const std::string& session) const {
    std::set<std::string> names;
    for (std::size_t slot = 0; slot < index.count("alice", session); ++slot) {
      EXPECT_TRUE(names.insert(index.at("alice", session, slot).name).second) << "twice";
    }
    return names;
  }

  SessionIndex index;

 private:
  std::vector<std::unique_ptr<Lease>> leases_;
};

TEST_F(SessionIndexTest, knows_nothing_of_a_session_without_leases) {
  EXPECT_EQ(index.count("alice", "a1"), 0U);
  add("a1", 0);
  remove("a1", 0);
  EXPECT_EQ(index.count("alice", "a1"), 0U);
}

TEST_F(SessionIndexTest, tells_sessions_of_the_same_name_apart_by_their_owner) {
  add("a1", 0);
  EXPECT_EQ(index.count("alice", "a1"), 1U);
  EXPECT_EQ(index.count("bob", "a1"), 0U);
  EXPECT_EQ(index.count("alicea", "1"), 0U);
  EXPECT_EQ(index.count("a1", "alice"), 0U);
}

TEST_F(SessionIndexTest, keeps_each_session_of_a_shared_lease) {
  for (const char* session : {"a1", "a2", "a3"}) {
    add(session, 0);
    add(session, 1);
  }
  remove("a2", 0);
  EXPECT_EQ(found("a1"), (std::set<std::string>{"0", "1"}));
  EXPECT_EQ(found("a2"), (std::set<std::string>{"1"}));
  EXPECT_EQ(found("a3"), (std::set<std::string>{"0", "1"}));
}

TEST_F(SessionIndexTest, gives_back_what_is_left_in_whatever_order_leases_go) {
  std::mt19937 chance(8812);
  std::vector<std::pair<std::string, std::size_t>> all;
  for (std::size_t session = 0; session < 20; ++session) {
    for (std::size_t number = 0; number < 30; ++number) all.emplace_back("s" + std::to_string(session), number);
  }
  std::ranges::shuffle(all, chance);
  std::map<std::string, std::set<std::string>> expected;
  const auto check = [&] {
    for (const auto& [session, names] : expected) ASSERT_EQ(found(session), names);
  };
  for (const auto& [session, number] : all) {
    add(session, number);
    expected[session].insert(std::to_string(number));
  }
  check();
  std::ranges::shuffle(all, chance);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [session, number] = all[i];
    remove(session, number);
    expected[session].erase(std::to_string(number));
    if (i % 3 == 0 && i + 3 < all.size()) {  // Some come back in between.
      add(session, number);
      remove(session, number);
    }
    if (i % 29 == 0) check();
  }
  for (std::size_t session = 0; session < 20; ++session) {
    EXPECT_EQ(index.count("alice", "s" + std::to_string(session)), 0U);
  }
}

TEST_F(SessionIndexTest, moves_only_the_last_one_when_another_goes) {  // What a walk downwards counts on.
  for (std::size_t number = 0; number < 5; ++number) add("a1", number);
  remove("a1", 1);
  EXPECT_EQ(index.at("alice", "a1", 0).name, "0");
  EXPECT_EQ(index.at("alice", "a1", 1).name, "4");
  EXPECT_EQ(index.at("alice", "a1", 2).name, "2");
  EXPECT_EQ(index.at("alice", "a1", 3).name, "3");
}

TEST_F(SessionIndexTest, goes_on_for_very_many_sessions) {
  constexpr std::size_t sessions = 50'000;
  for (std::size_t i = 0; i < sessions; ++i) add("s" + std::to_string(i), i % 10);
  for (std::size_t i = 0; i < sessions; i += 997) {
    ASSERT_EQ(found("s" + std::to_string(i)), (std::set<std::string>{std::to_string(i % 10)}));
  }
}

using SessionIndexDeathTest = SessionIndexTest;
TEST_F(SessionIndexDeathTest, stops_rather_than_lose_what_it_never_had) {
  EXPECT_DEATH(index.remove("alice", "a1", lease(0)), "at != shard.end");
  add("a1", 0);
  lease(1).parts.push_back(Part{"a1"});
  EXPECT_DEATH(index.remove("alice", "a1", lease(1)), "entry.only == &lease");
  EXPECT_DEATH(index.at("alice", "a1", 1), "slot == 0");
}

}  // namespace
}  // namespace holdfast::core
