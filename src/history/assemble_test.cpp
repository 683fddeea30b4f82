#include "history/assemble.h"

#include <gmock/gmock.h>

#include "history/effects_for_tests.h"

namespace holdfast::history {
namespace {

using core::Loss;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Assemble, tells_who_held_from_when_to_when_from_where_and_why) {
  core::Granted grant = granted("job", "alice", 7, 10);
  grant.note = "nightly";
  grant.waited = std::chrono::milliseconds(1'500);
  const auto found = assemble(entries({grant, released("job", "alice", 7, 40)}));
  ASSERT_THAT(found, SizeIs(1));
  const Holding& one = found[0];
  EXPECT_EQ(one.name, "job");
  EXPECT_EQ(one.token, core::Token{7});
  EXPECT_EQ(one.who, (core::Who{"alice", "alice-1"}));
  EXPECT_EQ(one.since, at(10));
  EXPECT_EQ(one.until, at(40));
  EXPECT_EQ(one.because, Loss::released);
  EXPECT_EQ(one.by.owner, "alice");
  EXPECT_EQ(one.from, "192.0.2.7");
  EXPECT_EQ(one.note, "nightly");
  EXPECT_EQ(one.waited, std::chrono::milliseconds(1'500));
  EXPECT_EQ(one.began, Loss::none);
}

TEST(Assemble, leaves_the_current_holding_open) {
  const auto found = assemble(
      entries({granted("job", "alice", 7, 10), released("job", "alice", 7, 40), granted("job", "bob", 9, 50)}));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_FALSE(found[1].until);
  EXPECT_EQ(found[1].previous, core::Token{7});
}

TEST(Assemble, says_of_a_takeover_who_took_it_and_why_on_both_sides) {
  const core::TakeoverAsked asked{"job",  {7},        {"bob", "bob-1"}, "alice is on holiday", std::chrono::seconds(5),
                                  at(20), "192.0.2.9"};
  const auto found = assemble(entries(
      {granted("job", "alice", 7, 10), asked, taken("job", "bob", 8, 25, Loss::taken_over, "alice is on holiday")}));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].until, at(25));
  EXPECT_EQ(found[0].because, Loss::taken_over);
  EXPECT_EQ(found[0].by, (core::Who{"bob", "bob-1"}));
  EXPECT_EQ(found[0].reason, "alice is on holiday");
  ASSERT_THAT(found[0].steps, SizeIs(1));
  EXPECT_EQ(found[0].steps[0].what, Step::What::takeover_asked);
  EXPECT_EQ(found[0].steps[0].at, at(20));  // In the history before it acted (L9).
  EXPECT_EQ(found[1].began, Loss::taken_over);
  EXPECT_EQ(found[1].began_reason, "alice is on holiday");
  EXPECT_EQ(found[1].taken_from.owner, "alice");
}

TEST(Assemble, says_that_a_takeover_was_dropped) {
  const core::TakeoverAsked asked{"job", {7}, {"bob", "b"}, "why", std::chrono::seconds(5), at(20), ""};
  const core::TakeoverDropped dropped{"job", {7}, {"bob", "b"}, core::Drop::restart, at(22)};
  const auto found = assemble(entries({granted("job", "alice", 7, 10), asked, dropped}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_FALSE(found[0].until);
  ASSERT_THAT(found[0].steps, SizeIs(2));
  EXPECT_EQ(found[0].steps[1].what, Step::What::takeover_dropped);
  EXPECT_EQ(found[0].steps[1].text, "restart");
}

TEST(Assemble, says_of_a_transfer_and_of_a_move_to_whom) {
  const auto found =
      assemble(entries({granted("job", "alice", 7, 10), taken("job", "carol", 8, 20, Loss::transferred, ""),
                        taken("job", "carol", 9, 30, Loss::moved, "")}));
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_EQ(found[0].because, Loss::transferred);
  EXPECT_EQ(found[0].to.owner, "carol");
  EXPECT_EQ(found[0].by.owner, "alice");
  EXPECT_EQ(found[1].because, Loss::moved);
  EXPECT_EQ(found[1].began, Loss::transferred);
  EXPECT_EQ(found[2].began, Loss::moved);
}

TEST(Assemble, says_of_a_taker_who_came_after_the_end_that_nobody_was_displaced) {
  const auto found = assemble(entries({granted("job", "alice", 7, 10), released("job", "alice", 7, 15),
                                       taken("job", "bob", 8, 15, Loss::none, "why")}));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].because, Loss::released);
  EXPECT_EQ(found[1].began, Loss::none);
  EXPECT_EQ(found[1].began_reason, "why");
}

TEST(Assemble, ends_a_shared_holding_with_its_last_session) {
  const core::Joined joined{"job", "alice-2", {7}, std::chrono::seconds(30), at(12), "alice", {}, "192.0.2.8"};
  const core::Released first{"job", "alice-1", {7}, at(20), "alice", false};
  const core::Lapsed second{"job", "alice-2", {7}, at(50), "alice", true};
  const auto found = assemble(entries({granted("job", "alice", 7, 10), joined, first, second}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].until, at(50));
  EXPECT_EQ(found[0].because, Loss::lapsed);
  ASSERT_THAT(found[0].steps, SizeIs(2));
  EXPECT_EQ(found[0].steps[0].what, Step::What::joined);
  EXPECT_EQ(found[0].steps[1].what, Step::What::left);
}

TEST(Assemble, goes_on_with_a_holding_that_was_renewed_after_its_lapse) {
  const core::Revived back{"job", "alice-1", {7}, std::chrono::seconds(30), at(45), "alice"};
  const auto found = assemble(entries({granted("job", "alice", 7, 10), lapsed("job", "alice", 7, 40), back}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_FALSE(found[0].until);
  EXPECT_EQ(found[0].because, Loss::none);
  ASSERT_THAT(found[0].steps, SizeIs(2));
  EXPECT_EQ(found[0].steps[0].what, Step::What::lapsed);
  EXPECT_EQ(found[0].steps[1].what, Step::What::revived);
}

TEST(Assemble, keeps_the_lapse_as_the_end_where_the_right_to_come_back_was_given_up_later) {
  const auto found = assemble(
      entries({granted("job", "alice", 7, 10), lapsed("job", "alice", 7, 40), released("job", "alice", 7, 50, false)}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].until, at(40));
  EXPECT_EQ(found[0].because, Loss::lapsed);
  ASSERT_THAT(found[0].steps, SizeIs(1));
  EXPECT_EQ(found[0].steps[0].what, Step::What::given_up);
}

TEST(Assemble, says_of_a_revocation_by_whom_and_why) {
  const core::Revoked revoked{"job", {7}, {"admin", ""}, "left the team", at(30)};
  const auto found = assemble(entries({granted("job", "alice", 7, 10), revoked}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].because, Loss::revoked);
  EXPECT_EQ(found[0].by.owner, "admin");
  EXPECT_EQ(found[0].reason, "left the team");
}

TEST(Assemble, shows_requests_with_their_message_and_address) {
  const core::Requested asked{"job", {7}, {"bob", ""}, "are you done?", at(15), "192.0.2.9"};
  const auto found = assemble(entries({granted("job", "alice", 7, 10), asked}));
  ASSERT_THAT(found[0].steps, SizeIs(1));
  EXPECT_EQ(found[0].steps[0].what, Step::What::requested);
  EXPECT_EQ(found[0].steps[0].text, "are you done?");
  EXPECT_EQ(found[0].steps[0].from, "192.0.2.9");
}

TEST(Assemble, understands_journals_that_did_not_say_whether_the_holding_ended) {
  core::Released old = released("job", "alice", 7, 40, false);
  old.owner.clear();
  const auto found = assemble(entries({granted("job", "alice", 7, 10), old}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].until, at(40));
  EXPECT_EQ(found[0].because, Loss::released);
  EXPECT_EQ(found[0].by.owner, "alice");
}

TEST(Assemble, tells_what_it_can_of_a_holding_whose_beginning_is_missing) {
  const auto found = assemble(entries({released("job", "alice", 7, 40), granted("job", "bob", 9, 50)}));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_FALSE(found[0].since);
  EXPECT_EQ(found[0].who.owner, "alice");
  EXPECT_EQ(found[0].until, at(40));
}

TEST(Assemble, does_not_make_up_why_a_holding_ended_whose_end_is_missing) {
  const auto found = assemble(entries({granted("job", "alice", 7, 10), granted("job", "bob", 9, 50)}));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].until, at(50));
  EXPECT_EQ(found[0].because, Loss::none);
}

TEST(Assemble, takes_what_a_snapshot_repeats_for_the_holding_it_is) {
  const auto found = assemble(entries({granted("job", "alice", 7, 10), granted("job", "alice", 7, 10)}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].last, core::Position{2});
}

TEST(Doubt, marks_what_seems_open_before_a_gap_and_nothing_else) {
  const auto all =
      entries({granted("job", "alice", 7, 10), released("job", "alice", 7, 20), granted("job", "bob", 8, 30)});
  auto sure = assemble(all);
  doubt(sure, {});
  EXPECT_FALSE(sure[1].uncertain);
  doubt(sure, {Gap{{0}, {1}, {}}});
  EXPECT_FALSE(sure[1].uncertain);
  EXPECT_EQ(sure[1].previous, core::Token{7});
  auto unsure = assemble(all);
  doubt(unsure, {Gap{{5}, {9}, {}}});
  EXPECT_TRUE(unsure[1].uncertain);
  EXPECT_FALSE(unsure[0].uncertain);
}

TEST(Doubt, does_not_name_the_holding_before_across_a_gap) {
  auto found = assemble({{{1}, 0, granted("job", "alice", 7, 10)},
                         {{2}, 0, released("job", "alice", 7, 20)},
                         {{9}, 0, granted("job", "bob", 12, 30)}});
  doubt(found, {Gap{{2}, {8}, {}}});
  EXPECT_EQ(found[1].previous, core::Token{});
  EXPECT_FALSE(found[1].uncertain);
}

TEST(Assemble, of_nothing_is_nothing) {
  EXPECT_THAT(assemble({}), IsEmpty());
}

}  // namespace
}  // namespace holdfast::history
