#include "engine/session_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "base/seeded_for_tests.h"
#include "core/desk_for_tests.h"

namespace holdfast::engine {
namespace {

using core::Acquire;
using core::Who;
using testing::ElementsAre;
using namespace std::chrono_literals;

void look_at_all(const core::State& state, SessionPage& page) {
  for (std::size_t shard = 0; shard < core::State::shards; ++shard) {
    state.for_each_in(shard, [&](const core::Lease& lease) { page.look(lease); });
  }
}

std::vector<SessionLine> lines(const core::Desk& desk, const Who& after = {}, const std::string& owner = {},
                               std::size_t limit = 100) {
  SessionPage page(after, owner, limit);
  look_at_all(desk.state, page);
  return page.take();
}

TEST(SessionPage, shows_the_first_ten_names_and_counts_all) {
  core::Desk desk;
  for (int i = 0; i < 15; ++i) desk.grant("job/" + std::to_string(10 + i), core::alice);
  const std::vector<SessionLine> all = lines(desk);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].leases, 15U);
  EXPECT_THAT(all[0].names, ElementsAre("job/10", "job/11", "job/12", "job/13", "job/14", "job/15", "job/16", "job/17",
                                        "job/18", "job/19"));
}

TEST(SessionPage, shows_nobody_whose_lease_has_lapsed_or_was_released) {
  core::Desk desk;
  desk.grant("lapses", core::alice, 1s);
  const core::Token token = desk.grant("released", core::bob);
  desk.ask(core::Release{"released", token, core::bob});
  desk.now = 2s;
  desk.tick();
  EXPECT_TRUE(lines(desk).empty());
}

TEST(SessionPage, shows_who_takes_over_as_waiting_until_the_window_is_over) {
  core::Desk desk;
  const core::Token token = desk.grant("job", core::alice);
  desk.submit(
      core::Takeover{
          .want = {.name = "job", .who = core::bob, .ttl = 10s}, .token = token, .flush = 5s, .reason = "the test"},
      {4, 1});
  const std::vector<SessionLine> all = lines(desk);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].who, core::bob);
  EXPECT_EQ(all[1].waits, 1U);
  EXPECT_EQ(all[1].clients.front(), 4U);
}

TEST(SessionPage, knows_the_connections_of_a_session_each_once_and_first_the_one_by_which_it_waits) {
  core::Desk desk;
  desk.grant("wanted", core::bob);
  for (std::uint64_t i = 0; i < SessionPage::clients_max + 5; ++i) {
    const std::string name = "job/" + std::to_string(i / 2);
    desk.submit(Acquire{.name = name + (i % 2 == 0 ? "a" : "b"), .who = core::alice, .ttl = 10s}, {100 + i / 2, i});
  }
  desk.submit(Acquire{.name = "wanted", .who = core::alice, .ttl = 10s, .wait = 60s}, {7, 1});
  const std::vector<SessionLine> all = lines(desk, {}, "alice");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].clients.front(), 7U);
  EXPECT_EQ(all[0].clients.size(), (SessionPage::clients_max + 5 + 1) / 2 + 1);
  EXPECT_EQ(std::set<std::uint64_t>(all[0].clients.begin(), all[0].clients.end()).size(), all[0].clients.size());
}

TEST(SessionPage, knows_so_many_connections_of_a_session_and_no_more) {
  core::Desk desk;
  desk.grant("wanted", core::bob);
  for (std::uint64_t i = 0; i < SessionPage::clients_max + 5; ++i) {
    desk.submit(Acquire{.name = "job/" + std::to_string(i), .who = core::alice, .ttl = 10s}, {100 + i, 1});
  }
  desk.submit(Acquire{.name = "wanted", .who = core::alice, .ttl = 10s, .wait = 60s}, {7, 1});
  const std::vector<SessionLine> all = lines(desk, {}, "alice");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].clients.size(), SessionPage::clients_max);
  EXPECT_EQ(std::ranges::count(all[0].clients, 7U), 1);
}

RC_GTEST_PROP(SessionPages, show_every_session_once_with_all_that_it_holds, ()) {
  core::Desk desk;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> expected;
  const auto count = *rc::gen::inRange(0, 60);
  for (int i = 0; i < count; ++i) {
    const Who who{std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, 3))),
                  std::string(1, static_cast<char>('0' + *rc::gen::inRange(0, 5)))};
    const std::string name = "job/" + std::to_string(*rc::gen::inRange(0, 40));
    if (desk.ask(Acquire{.name = name, .who = who, .ttl = 10s}).value().code != ErrorCode::none) continue;
    expected[{who.owner, who.session}].insert(name);
  }
  const auto limit = *rc::gen::inRange<std::size_t>(1, 6);
  const std::string owner = *rc::gen::element<std::string>("", "b");
  Who after;
  while (true) {
    SessionPage page(after, owner, limit);
    look_at_all(desk.state, page);
    const std::vector<SessionLine> lines = page.take();
    RC_ASSERT(lines.size() <= limit);
    for (const SessionLine& line : lines) {
      RC_ASSERT(std::tie(after.owner, after.session) < std::tie(line.who.owner, line.who.session));
      const auto found = expected.find({line.who.owner, line.who.session});
      RC_ASSERT(found != expected.end());
      RC_ASSERT(line.leases == found->second.size());
      const std::vector<std::string> names(found->second.begin(), found->second.end());
      RC_ASSERT(line.names == std::vector<std::string>(
                                  names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                                     names.size(), SessionPage::names_max))));
      expected.erase(found);
      after = line.who;
    }
    if (!page.more()) break;
  }
  if (!owner.empty()) std::erase_if(expected, [&](const auto& each) { return each.first.first != owner; });
  RC_ASSERT(expected.empty());
}

}  // namespace
}  // namespace holdfast::engine
