#include "core/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/desk_for_tests.h"

namespace holdfast::core {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

Acquire acquire(const Who& who, Duration ttl, Duration wait = {}, HolderKind holder = HolderKind::session) {
  return {.name = "job", .who = who, .ttl = ttl, .wait = wait, .holder = holder};
}

// --- L5: lapse is looked at first, by whatever meets it.

class LapseFirst : public testing::Test {
 protected:
  LapseFirst() {
    token = desk.grant("job", alice, 10s);
    desk.now = 11s;  // No tick has come.
  }
  void expect_lapsed_once() {
    const Effect lapse = Lapsed{"job", "a1", token, at(11s).wall, "alice", true};
    EXPECT_THAT(desk.effects, testing::Contains(lapse).Times(1));
    EXPECT_EQ(desk.lateness, std::vector<Duration>{11s - 10s - 10ms});
  }
  Desk desk;
  Token token;
};

TEST_F(LapseFirst, by_an_acquire) {
  const Reply got = desk.ask(acquire(bob, 10s)).value();
  EXPECT_EQ(got.code, ErrorCode::none);
  EXPECT_EQ(got.lease.previous, token);
  expect_lapsed_once();
}
TEST_F(LapseFirst, by_a_read) {
  const LeaseView shown = desk.show("job");
  EXPECT_FALSE(shown.held);
  EXPECT_EQ(shown.ended, Loss::lapsed);
  expect_lapsed_once();
}
TEST_F(LapseFirst, by_a_list) {
  EXPECT_TRUE(desk.ask(List{.names = {"job"}}).value().page.empty());
  expect_lapsed_once();
}
TEST_F(LapseFirst, by_a_check) {
  EXPECT_EQ(desk.ask(Check{"job", token}).value().code, ErrorCode::stale);
  expect_lapsed_once();
}
TEST_F(LapseFirst, by_a_renewal_that_brings_it_back) {  // L6
  const Reply back = desk.ask(Renew{"job", token, alice, {}}).value();
  EXPECT_EQ(back.code, ErrorCode::none);
  EXPECT_TRUE(back.lease.held);
  EXPECT_EQ(back.lease.token, token);
  expect_lapsed_once();
}
TEST_F(LapseFirst, by_a_release) {
  EXPECT_FALSE(desk.ask(Release{"job", token, alice}).value().ended);
  expect_lapsed_once();
}
TEST_F(LapseFirst, by_a_tick) {
  desk.tick();
  EXPECT_EQ(desk.state.held(), 0U);
  expect_lapsed_once();
}

TEST(Lapse, never_comes_before_the_ttl_and_what_the_server_adds) {  // L4
  Desk desk;
  desk.grant("job", alice, 10s);
  desk.now = 10s + 10ms - 1ns;
  desk.tick();
  EXPECT_TRUE(desk.show("job").held);
  desk.now += 1ns;
  EXPECT_FALSE(desk.show("job").held);
}

TEST(Lapse, is_counted_from_the_last_renewal) {  // L4
  Desk desk;
  const Token token = desk.grant("job", alice, 10s);
  desk.now = 9s;
  EXPECT_EQ(desk.ask(Renew{"job", token, alice, {}}).value().lease.ends_in, 10s + 10ms);
  desk.now = 19s;
  desk.tick();
  EXPECT_TRUE(desk.show("job").held);
  desk.now = 19s + 10ms;
  EXPECT_FALSE(desk.show("job").held);
}

// --- L8: the queue.

TEST(Queue, is_served_in_its_order_by_the_release_itself) {
  Desk desk;
  const Token first = desk.grant("job", alice);
  EXPECT_EQ(desk.ask(acquire(bob, 10s, 60s), Address{2, 1}), std::nullopt);
  EXPECT_EQ(desk.ask(acquire(carol, 10s, 60s), Address{3, 1}), std::nullopt);
  desk.now = 4s;
  EXPECT_TRUE(desk.ask(Release{"job", first, alice}).value().ended);
  const std::optional<Reply> bobs = desk.reply_to({2, 1});
  ASSERT_TRUE(bobs);
  EXPECT_EQ(bobs->who, bob);
  EXPECT_EQ(bobs->waited, 4s);
  EXPECT_EQ(bobs->lease.previous, first);
  EXPECT_GT(bobs->lease.token, first);
  EXPECT_EQ(desk.reply_to({3, 1}), std::nullopt) << "one hand-over wakes one waiter";
  desk.ask(Release{"job", bobs->lease.token, bob});
  EXPECT_EQ(desk.reply_to({3, 1}).value().who, carol);
}

TEST(Queue, is_served_by_the_tick_that_lets_the_lease_lapse) {
  Desk desk;
  desk.grant("job", alice, 1s);
  desk.ask(acquire(bob, 10s, 60s), Address{2, 1});
  desk.now = 2s;
  desk.tick();
  EXPECT_EQ(desk.reply_to({2, 1}).value().code, ErrorCode::none);
}

TEST(Queue, passes_by_a_waiter_whose_connection_is_known_to_be_closed) {
  Desk desk;
  const Token token = desk.grant("job", alice);
  desk.ask(acquire(bob, 10s, 60s), Address{2, 1});
  desk.ask(acquire(carol, 10s, 60s), Address{3, 1});
  desk.clients.gone.insert(2);
  desk.ask(Release{"job", token, alice});
  EXPECT_EQ(desk.reply_to({2, 1}), std::nullopt);
  EXPECT_EQ(desk.reply_to({3, 1}).value().who, carol);
}

TEST(Queue, leaves_the_name_free_when_everybody_has_gone) {
  Desk desk;
  const Token token = desk.grant("job", alice);
  desk.ask(acquire(bob, 10s, 60s), Address{2, 1});
  desk.clients.gone.insert(2);
  desk.ask(Release{"job", token, alice});
  EXPECT_FALSE(desk.show("job").held);
  EXPECT_EQ(desk.state.waiting(), 0U);
}

TEST(Queue, does_not_grant_to_a_waiter_whose_own_deadline_has_passed) {
  Desk desk;
  const Token token = desk.grant("job", alice, 60s);
  desk.ask(acquire(bob, 10s, 5s), Address{2, 1});
  desk.now = 5s;  // To the instant; and no tick has come.
  desk.ask(Release{"job", token, alice});
  const Reply over = desk.reply_to({2, 1}).value();
  EXPECT_EQ(over.code, ErrorCode::wait_over);
  EXPECT_EQ(over.waited, 5s);
  EXPECT_FALSE(desk.show("job").held);
}

TEST(Queue, ends_a_wait_at_its_deadline_and_says_who_holds_the_name) {
  Desk desk;
  desk.grant("job", alice, 60s);
  desk.ask(acquire(bob, 10s, 5s), Address{2, 1});
  desk.now = 5s - 1ns;
  desk.tick();
  EXPECT_EQ(desk.reply_to({2, 1}), std::nullopt);
  desk.now = 5s;
  desk.tick();
  const Reply over = desk.reply_to({2, 1}).value();
  EXPECT_EQ(over.code, ErrorCode::wait_over);
  EXPECT_EQ(over.lease.who, alice);
  EXPECT_EQ(over.lease.waiting, 0U);
}

TEST(Queue, ends_a_wait_without_showing_a_holder_whose_time_is_over_as_well) {
  Desk desk;
  desk.grant("job", alice, 10s);
  desk.ask(acquire(bob, 10s, 9s), Address{2, 1});
  desk.ask(acquire(carol, 10s, 60s), Address{3, 1});
  desk.now = 11s;  // Both are due at one look, and the wait was first.
  desk.tick();
  const Reply over = desk.reply_to({2, 1}).value();
  EXPECT_EQ(over.code, ErrorCode::wait_over);
  EXPECT_EQ(over.lease.who, carol);  // L5
  EXPECT_EQ(desk.reply_to({3, 1}).value().code, ErrorCode::none);
}

TEST(Queue, ends_a_wait_that_is_longer_than_a_turn_of_the_wheel_no_sooner) {
  Desk desk;
  desk.grant("job", alice, 24h);
  desk.ask(acquire(bob, 10s, 1h), Address{2, 1});
  for (; desk.now < 1h; desk.now += 1min) desk.tick();
  EXPECT_EQ(desk.reply_to({2, 1}), std::nullopt);
  desk.tick();
  EXPECT_EQ(desk.reply_to({2, 1}).value().code, ErrorCode::wait_over);
}

TEST(Queue, loses_a_waiter_that_leaves_at_once) {
  Desk desk;
  const Token token = desk.grant("job", alice);
  desk.ask(acquire(bob, 10s, 60s), Address{2, 1});
  EXPECT_EQ(desk.ask(Leave{}, Address{2, 1}), std::nullopt);
  EXPECT_EQ(desk.show("job").waiting, 0U);
  desk.ask(Release{"job", token, alice});
  EXPECT_FALSE(desk.show("job").held);
}

TEST(Queue, tells_a_place_that_was_taken_over_by_the_same_session) {
  Desk desk;
  const Token token = desk.grant("job", alice);
  desk.ask(acquire(bob, 10s, 60s), Address{2, 1});
  desk.ask(acquire(carol, 10s, 60s), Address{3, 1});
  desk.now = 3s;
  EXPECT_EQ(desk.ask(acquire(bob, 10s, 60s), Address{4, 1}), std::nullopt);
  EXPECT_EQ(desk.reply_to({2, 1}).value().code, ErrorCode::wait_superseded);
  desk.now = 5s;
  desk.ask(Release{"job", token, alice});
  EXPECT_EQ(desk.reply_to({4, 1}).value().waited, 2s) << "since it asked this, though the place is the old one";
}

TEST(Queue, can_be_given_up_for_a_grant_by_the_same_session) {
  Desk desk;  // a2 may not join while a1 asked for itself; then a1 shares, and a2 asks again.
  const Token first = desk.grant("job", bob);
  desk.ask(acquire(alice2, 10s, 60s), Address{2, 1});
  desk.ask(Release{"job", first, bob});
  EXPECT_EQ(desk.reply_to({2, 1}).value().who, alice2);
  desk.ask(acquire(carol, 10s, 60s), Address{3, 1});
  EXPECT_EQ(desk.ask(acquire(alice2, 10s, 60s), Address{2, 2}).value().code, ErrorCode::none)
      << "it holds: it does not wait";
  EXPECT_EQ(desk.show("job").waiting, 1U);
}

TEST(Queue, gives_up_the_place_of_a_session_that_joins) {
  Desk desk;
  desk.ask(acquire(alice, 60s, {}, HolderKind::owner));
  desk.ask(acquire(alice2, 10s, 60s), Address{2, 1});  // For itself alone: it has to wait.
  EXPECT_EQ(desk.state.waiting(), 1U);
  EXPECT_TRUE(desk.ask(acquire(alice2, 10s, {}, HolderKind::owner), Address{2, 2}).value().joined);
  EXPECT_EQ(desk.reply_to({2, 1}).value().code, ErrorCode::wait_superseded);
  EXPECT_EQ(desk.state.waiting(), 0U);
}

TEST(Queue, is_bounded_but_never_for_who_has_a_place) {
  Limits limits;
  limits.waiters_max = 1;
  Desk desk(limits);
  desk.grant("job", alice);
  desk.ask(acquire(bob, 10s, 60s), Address{2, 1});
  EXPECT_EQ(desk.ask(acquire(carol, 10s, 60s)).value().code, ErrorCode::queue_full);
  EXPECT_EQ(desk.ask(acquire(bob, 10s, 60s), Address{2, 2}), std::nullopt);
  EXPECT_EQ(desk.state.waiting(), 1U);
}

// --- L1: sharing.

TEST(Sharing, lets_the_other_waiters_of_an_owner_that_is_granted_join_it) {
  Desk desk;
  const Token first = desk.grant("job", bob);
  desk.ask(acquire(alice, 10s, 60s, HolderKind::owner), Address{2, 1});
  desk.ask(acquire(carol, 10s, 60s, HolderKind::owner), Address{3, 1});
  desk.ask(acquire(alice2, 10s, 60s, HolderKind::owner), Address{4, 1});
  desk.ask(acquire({"alice", "a3"}, 10s, 60s), Address{5, 1});
  desk.ask(Release{"job", first, bob});
  const Reply a1 = desk.reply_to({2, 1}).value();
  const Reply a2 = desk.reply_to({4, 1}).value();
  EXPECT_FALSE(a1.joined);
  EXPECT_TRUE(a2.joined);
  EXPECT_EQ(a1.lease.token, a2.lease.token);
  EXPECT_EQ(desk.show("job").waiting, 2U) << "carol, and the session that wants it for itself";
}

TEST(Sharing, does_not_let_a_waiter_join_that_has_gone_or_whose_wait_is_over) {
  Desk desk;
  const Token first = desk.grant("job", bob, 60s);
  desk.ask(acquire(alice, 10s, 60s, HolderKind::owner), Address{2, 1});
  desk.ask(acquire(alice2, 10s, 60s, HolderKind::owner), Address{4, 1});
  desk.ask(acquire({"alice", "a3"}, 10s, 1s, HolderKind::owner), Address{5, 1});
  desk.clients.gone.insert(4);
  desk.now = 2s;
  desk.ask(Release{"job", first, bob});
  EXPECT_EQ(desk.reply_to({4, 1}), std::nullopt);
  EXPECT_EQ(desk.reply_to({5, 1}).value().code, ErrorCode::wait_over);
  EXPECT_EQ(desk.show("job").sessions, 1U);
}

TEST(Sharing, ends_only_when_the_last_session_ends) {
  Desk desk;
  const Token token = desk.ask(acquire(alice, 10s, {}, HolderKind::owner)).value().lease.token;
  desk.ask(acquire(alice2, 30s, {}, HolderKind::owner));
  EXPECT_EQ(desk.show("job").ends_in, 30s + 30ms);
  EXPECT_TRUE(desk.ask(Release{"job", token, alice2}).value().lease.held);
  EXPECT_FALSE(desk.ask(Release{"job", token, alice}).value().lease.held);
}

TEST(Sharing, makes_room_by_giving_up_the_right_of_a_lapsed_session_to_come_back) {
  Limits limits;
  limits.sessions_max = 2;
  Desk desk(limits);
  const Token token = desk.ask(acquire(alice, 1s, {}, HolderKind::owner)).value().lease.token;
  desk.ask(acquire(alice2, 60s, {}, HolderKind::owner));
  EXPECT_EQ(desk.ask(acquire({"alice", "a3"}, 60s, {}, HolderKind::owner)).value().code, ErrorCode::sessions_full);
  desk.now = 2s;
  EXPECT_EQ(desk.ask(acquire({"alice", "a3"}, 60s, {}, HolderKind::owner)).value().code, ErrorCode::none);
  EXPECT_EQ(desk.ask(Renew{"job", token, alice, {}}).value().code, ErrorCode::not_yours);
}

TEST(Sharing, makes_room_for_a_further_session_that_takes_over_but_not_for_one_that_is_refused) {
  Limits limits;
  limits.sessions_max = 2;
  Desk desk(limits);
  const Token token = desk.ask(acquire(alice, 60s, {}, HolderKind::owner)).value().lease.token;
  desk.ask(acquire(alice2, 1s, {}, HolderKind::owner));
  desk.now = 2s;
  EXPECT_EQ(desk.show("job").sessions, 1U);
  const auto takeover = [&](Token meant) {
    const Acquire want = acquire({"alice", "a3"}, 60s, {}, HolderKind::owner);
    return desk.ask(Takeover{.want = want, .token = meant, .reason = "mine"}).value();
  };
  EXPECT_EQ(takeover(Token{token.value + 9}).code, ErrorCode::unknown_token);
  EXPECT_TRUE(desk.state.find("job")->part_of(alice2.session)) << "what is refused changes nothing";
  EXPECT_TRUE(takeover(token).joined);
  EXPECT_FALSE(desk.state.find("job")->part_of(alice2.session)) << "the lapsed one gave way";
}

TEST(Sharing, tells_each_session_its_own_ttl) {
  Desk desk;
  const Token token = desk.ask(acquire(alice, 10s, {}, HolderKind::owner)).value().lease.token;
  EXPECT_EQ(desk.ask(acquire(alice2, 30s, {}, HolderKind::owner)).value().lease.ttl, 30s);
  EXPECT_EQ(desk.ask(Renew{"job", token, alice, {}}).value().lease.ttl, 10s);
  desk.now = 1s;
  EXPECT_EQ(desk.ask(Renew{"job", token, alice, {}}).value().lease.ends_in, 10s + 10ms);
  EXPECT_EQ(desk.show("job").ends_in, 29s + 30ms);  // Whoever asks from outside is told when all of it ends.
}

// --- L8: taking back.

TEST(TakingBack, hands_the_name_to_the_next_in_the_queue) {
  Desk desk;
  const Token first = desk.grant("job", alice);
  desk.ask(acquire(bob, 10s, 60s), Address{2, 1});
  desk.ask(acquire(carol, 10s, 60s), Address{3, 1});
  desk.ask(Release{"job", first, alice});
  const Token bobs = desk.reply_to({2, 1}).value().lease.token;
  EXPECT_EQ(desk.ask(TakeBack{"job", bobs, bob}, Address{2, 1}), std::nullopt);
  EXPECT_EQ(desk.reply_to({3, 1}).value().who, carol);
}

TEST(TakingBack, never_takes_a_holding_that_its_session_renewed) {  // It may know that it holds (L4).
  Desk desk;
  const Reply granted = desk.ask(acquire(alice, 10s), Address{2, 1}).value();
  desk.ask(Renew{"job", granted.lease.token, alice, {}}, Address{2, 2});
  desk.ask(TakeBack{"job", granted.lease.token, alice}, Address{2, 1});
  desk.ask(TakeBack{"job", granted.lease.token, alice}, Address{2, 2});
  EXPECT_TRUE(desk.show("job").held);
}

TEST(TakingBack, never_takes_a_late_renewal_whose_session_may_ask_again) {  // L6, L12
  Desk desk;
  const Token token = desk.ask(acquire(alice, 1s), Address{2, 1}).value().lease.token;
  desk.now = 2s;
  desk.ask(Renew{"job", token, alice, {}}, Address{2, 2});
  EXPECT_TRUE(desk.show("job").held);
  desk.ask(TakeBack{"job", token, alice}, Address{2, 2});
  EXPECT_TRUE(desk.show("job").held);
  EXPECT_EQ(desk.ask(Renew{"job", token, alice, {}}, Address{2, 3}).value().code, ErrorCode::none);
}

// --- When a reply may leave.

TEST(WaitsFor, is_the_last_change_of_the_name_that_is_shown) {
  Desk desk;
  desk.grant("job", alice);    // 1
  desk.grant("other", alice);  // 2
  EXPECT_EQ(desk.ask(Get{.name = "job"}).value().waits_for, Position{1});
  EXPECT_EQ(desk.ask(Get{.name = "job"}).value().position, Position{2});
  EXPECT_EQ(desk.ask(acquire(bob, 1s)).value().waits_for, Position{1}) << "a refusal shows the holder";
}

TEST(WaitsFor, is_everything_where_something_absent_is_shown) {
  Desk desk;
  desk.grant("job", alice);
  EXPECT_EQ(desk.ask(Get{.name = "nobody's"}).value().waits_for, Position{1});
  EXPECT_EQ(desk.ask(Renew{"nobody's", Token{1}, alice, {}}).value().waits_for, Position{1});
  EXPECT_EQ(desk.ask(List{.names = {}}).value().waits_for, Position{1});
}

TEST(WaitsFor, is_everything_where_only_a_buffer_number_is_left) {
  Limits limits;
  limits.remembered_for = 1s;
  Desk desk(limits);
  Acquire numbered = acquire(alice, 1s);
  numbered.numbered = true;
  desk.ask(numbered);
  desk.now = 10s;
  desk.tick();  // Lapses; then forgets.
  desk.now = 12s;
  desk.tick();
  const Token other = desk.grant("other", bob);
  EXPECT_EQ(desk.ask(Get{.name = "job"}).value().waits_for, desk.state.find("other")->changed);
  EXPECT_TRUE(other);
}

TEST(WaitsFor, is_nothing_new_for_a_renewal_that_only_moves_a_deadline) {
  Desk desk;
  const Token token = desk.grant("job", alice);  // 1
  desk.grant("other", alice);                    // 2
  EXPECT_EQ(desk.ask(Renew{"job", token, alice, {}}).value().waits_for, Position{1});
  EXPECT_EQ(desk.effects.size(), 2U);
}

TEST(WaitsFor, is_whether_there_is_a_text_only_where_that_is_shown) {
  Desk desk;
  const Token token = desk.grant("job", alice);  // 1
  const auto file = std::make_shared<const text::TextFile>();
  desk.ask(CreateBuffer{"job", alice, file});    // 2
  desk.ask(CreateBuffer{"other", alice, file});  // 3
  EXPECT_EQ(desk.ask(Renew{"job", token, alice, {}}).value().waits_for, Position{1});
  EXPECT_EQ(desk.ask(Get{.name = "job"}).value().waits_for, Position{2});
  desk.ask(RemoveBuffer{.name = "job", .by = alice, .token = token});  // 4
  EXPECT_EQ(desk.effects.size(), 4U);
  EXPECT_EQ(desk.ask(Renew{"job", token, alice, {}}).value().waits_for, Position{1});
  EXPECT_EQ(desk.ask(Get{.name = "job"}).value().waits_for, Position{4});
  EXPECT_EQ(desk.ask(Get{.name = "job", .unsettled = true}).value().waits_for, Position{});
}

TEST(WaitsFor, is_nothing_for_a_read_that_says_so_and_the_answer_is_marked) {
  Desk desk;
  desk.grant("job", alice);
  const Reply job = desk.ask(Get{.name = "job", .unsettled = true}).value();
  EXPECT_EQ(job.waits_for, Position{});
  EXPECT_TRUE(job.unsettled);
  EXPECT_EQ(desk.ask(List{.names = {"job"}, .unsettled = true}).value().waits_for, Position{});
  EXPECT_FALSE(desk.ask(Get{.name = "job"}).value().unsettled);
}

TEST(WaitsFor, is_everything_decided_before_where_something_was_looked_up_beside_the_rules) {
  Desk desk;
  desk.grant("job", alice);
  const auto shown = std::make_shared<const Shown>();
  const Reply settled = desk.ask(Show{shown}).value();
  EXPECT_EQ(settled.waits_for, Position{1});
  EXPECT_EQ(settled.shown, shown);
  EXPECT_FALSE(settled.unsettled);
  const Reply unsettled = desk.ask(Show{shown, true}).value();
  EXPECT_EQ(unsettled.waits_for, Position{});
  EXPECT_TRUE(unsettled.unsettled);
}

// Whoever watches on from a list hears of what was not on it (L14).
TEST(Listing, is_of_no_later_position_than_the_names_were_looked_up_at) {
  Desk desk;
  desk.grant("a", alice);
  constexpr Position before{1};
  desk.grant("b", alice);
  const auto shown = std::make_shared<const Shown>();
  EXPECT_EQ(desk.ask(List{.names = {"a"}, .as_of = before}).value().position, before);
  EXPECT_EQ(desk.ask(Show{shown, false, before}).value().position, before);
  EXPECT_EQ(desk.ask(List{.names = {"a", "b"}}).value().position, Position{2});
  EXPECT_EQ(desk.ask(List{.names = {"a"}, .as_of = before}).value().waits_for, Position{2}) << "of what it shows";
}

TEST(WaitsFor, is_the_lapse_where_an_answer_shows_it) {  // L5
  Desk desk;
  desk.grant("job", alice, 1s);  // 1
  desk.now = 2s;
  EXPECT_EQ(desk.ask(Get{.name = "job"}).value().waits_for, Position{2});
}

// --- Who asks for the name itself is shown more of it.

Acquire waiting_for(const std::string& name, const Who& who) {
  return {.name = name, .who = who, .ttl = 10s, .wait = 60s};
}

TEST(Get, shows_who_waits_in_the_order_of_their_turns_and_how_long_they_have) {
  Limits limits;
  limits.queue_shown_max = 2;
  Desk desk(limits);
  desk.grant("job", alice, 60s);
  desk.submit(waiting_for("job", bob), {2, 1});
  desk.now = 2s;
  desk.submit(waiting_for("job", carol), {3, 1});
  desk.now = 5s;
  desk.submit(waiting_for("job", {"dave", "d"}), {4, 1});
  const Reply job = desk.ask(Get{.name = "job"}).value();
  ASSERT_EQ(job.queue.size(), 2U) << "as many as there are to be shown";
  EXPECT_EQ(job.queue[0].who, bob);
  EXPECT_EQ(job.queue[0].waited, 5s);
  EXPECT_EQ(job.queue[1].who, carol);
  EXPECT_EQ(job.queue[1].waited, 3s);
  EXPECT_EQ(job.lease.waiting, 3U);
  EXPECT_TRUE(desk.ask(Get{.name = "nobody's"}).value().queue.empty());
}

TEST(Get, shows_how_long_it_has_been_held_by_which_connection_and_whether_there_is_a_text) {
  Desk desk;
  desk.ask(Acquire{.name = "job", .who = alice, .ttl = 60s}, Address{7, 1});
  desk.now = 4s;
  LeaseView job = desk.show("job");
  EXPECT_EQ(job.held_for, 4s);
  EXPECT_EQ(job.taken_by, 7U);
  EXPECT_FALSE(job.text);
  desk.ask(CreateBuffer{"job", alice, std::make_shared<const text::TextFile>()});
  desk.ask(CreateBuffer{"free", alice, std::make_shared<const text::TextFile>()});
  EXPECT_TRUE(desk.show("job").text);
  EXPECT_TRUE(desk.show("free").text) << "nobody holds it";
  desk.ask(RemoveBuffer{.name = "free", .by = alice});
  EXPECT_FALSE(desk.show("free").text);
  const Reply list = desk.ask(List{.names = {"job"}}).value();
  EXPECT_EQ(list.page.front().held_for, 4s);
  EXPECT_TRUE(list.page.front().text);
}

TEST(State, counts_names_that_somebody_waits_for) {
  Desk desk;
  const Token token = desk.grant("job", alice, 60s);
  desk.grant("other", alice, 60s);
  desk.submit(waiting_for("job", bob), {2, 1});
  desk.submit(waiting_for("job", carol), {3, 1});
  EXPECT_EQ(desk.state.contended(), 1U);
  desk.submit(waiting_for("other", bob), {2, 2});
  EXPECT_EQ(desk.state.contended(), 2U);
  desk.ask(Release{"job", token, alice});
  EXPECT_EQ(desk.state.contended(), 2U) << "carol waits still";
  desk.submit(Leave{}, {3, 1});
  EXPECT_EQ(desk.state.contended(), 1U);
}

// --- L11: a refusal says who, since when, why, how long still, how many wait.

TEST(Refusal, says_all_there_is_to_know_of_the_holder) {
  Desk desk;
  desk.now = 1s;
  Acquire command = acquire(alice, 10s);
  command.note = "chapter 3";
  const Token token = desk.ask(command).value().lease.token;
  desk.ask(acquire(carol, 10s, 60s), Address{3, 1});
  desk.now = 5s;
  const LeaseView shown = desk.ask(acquire(bob, 10s)).value().lease;
  EXPECT_EQ(shown.who, alice);
  EXPECT_EQ(shown.token, token);
  EXPECT_EQ(shown.since, at(1s).wall);
  EXPECT_EQ(shown.note, "chapter 3");
  EXPECT_EQ(shown.ends_in, 6s + 10ms);
  EXPECT_EQ(shown.waiting, 1U);
}

// --- L13: loss has a reason, repeated in every later answer.

TEST(Stale, repeats_the_reason_in_every_later_answer) {
  Desk desk;
  const Token lapsed = desk.grant("job", alice, 1s);
  desk.now = 2s;
  const Token released = desk.grant("job", bob);
  desk.ask(Release{"job", released, bob});
  const Token current = desk.grant("job", carol);
  for (int again = 0; again < 2; ++again) {
    const Reply first = desk.ask(Renew{"job", lapsed, alice, {}}).value();
    EXPECT_EQ(first.code, ErrorCode::stale);
    EXPECT_EQ(first.because, Loss::lapsed);
    EXPECT_EQ(first.lease.token, current) << "with the newest token";
    EXPECT_EQ(desk.ask(Release{"job", released, bob}).value().because, Loss::released);
  }
}

// --- Buffers.

TEST(Buffers, are_numbered_at_first_use_and_found_by_their_number) {
  Desk desk;
  Acquire command = acquire(alice, 10s);
  command.numbered = true;
  EXPECT_EQ(desk.ask(command).value().lease.buffer, 1U);
  EXPECT_THAT(desk.effects, SizeIs(2));
  const Reply refused = desk.ask(Acquire{.who = bob, .ttl = 10s, .numbered = true, .buffer = 1}).value();
  EXPECT_EQ(refused.code, ErrorCode::held);
  EXPECT_EQ(refused.lease.name, "job");
  EXPECT_THAT(desk.effects, SizeIs(2)) << "a number is given once";
}

TEST(Buffers, that_nobody_numbered_are_unknown) {
  Desk desk;
  const Reply got = desk.ask(Acquire{.who = bob, .ttl = 10s, .buffer = 7}).value();
  EXPECT_EQ(got.code, ErrorCode::unknown_buffer);
  EXPECT_EQ(got.field, "buffer_id");
}

TEST(Buffers, are_bounded) {
  Limits limits;
  limits.buffers_max = 1;
  Desk desk(limits);
  Acquire command = acquire(alice, 10s);
  command.numbered = true;
  desk.ask(command);
  command.name = "other";
  EXPECT_EQ(desk.ask(command).value().code, ErrorCode::buffers_full);
  EXPECT_FALSE(desk.show("other").held);
  command.name = "job";
  EXPECT_EQ(desk.ask(command).value().code, ErrorCode::none) << "it has its number already";
}

// --- Lists.

TEST(Listing, shows_what_is_held_by_whom_it_asks_for_and_what_somebody_waits_for) {
  Desk desk;
  desk.grant("a", alice);
  desk.grant("b", bob);
  const Token free = desk.grant("c", bob);
  desk.ask(Release{"c", free, bob});
  desk.ask(Acquire{.name = "b", .who = carol, .ttl = 1s, .wait = 9s});
  const auto names = [&](List list) {
    list.names = {"a", "b", "c", "nobody's"};
    const Reply listed = desk.ask(list).value();
    std::vector<std::string> found;
    for (const LeaseView& lease : listed.page) found.push_back(lease.name);
    return found;
  };
  EXPECT_THAT(names({}), ElementsAre("a", "b"));
  EXPECT_THAT(names({.owner = "bob"}), ElementsAre("b"));
  EXPECT_THAT(names({.contended = true}), ElementsAre("b"));
  EXPECT_EQ(desk.ask(List{.next = "b"}).value().next, "b");
}

TEST(Listing, ends_a_page_that_has_grown_long_and_says_where_the_next_one_begins) {
  Desk desk({.page_bytes_max = 100});
  const std::string note(60, 'n');
  for (const char* name : {"a", "b", "c", "d"}) {
    desk.ask(Acquire{.name = name, .who = alice, .ttl = 10s, .note = note});
  }
  const Reply first = desk.ask(List{.names = {"a", "b", "c", "d"}, .next = "d"}).value();
  EXPECT_EQ(first.page.size(), 2U);
  EXPECT_EQ(first.next, "b");
  const Reply second = desk.ask(List{.names = {"c", "d"}, .next = ""}).value();
  EXPECT_EQ(second.page.size(), 2U);
  EXPECT_EQ(second.next, "");
}

// --- The tick.

TEST(Tick, forgets_free_names_when_their_time_has_come) {
  Limits limits;
  limits.remembered_for = 1min;
  Desk desk(limits);
  const Token token = desk.grant("job", alice);
  desk.ask(Release{"job", token, alice});
  desk.now = 1min - 1ns;
  desk.tick();
  EXPECT_TRUE(desk.show("job").known);
  desk.now = 1min;
  desk.tick();
  EXPECT_FALSE(desk.show("job").known);
  EXPECT_EQ(desk.effects.back(), Effect(Forgotten{"job"}));
  EXPECT_EQ(desk.state.names(), 0U);
}

TEST(Tick, does_no_more_than_its_budget_and_says_that_there_is_more) {
  Desk desk;
  for (int i = 0; i < 10; ++i) desk.grant("job/" + std::to_string(i), alice, 1s);
  desk.now = 2s;
  EXPECT_TRUE(desk.tick(4));
  EXPECT_EQ(desk.state.held(), 6U);
  EXPECT_TRUE(desk.tick(4));
  EXPECT_FALSE(desk.tick(4));
  EXPECT_EQ(desk.state.held(), 0U);
}

TEST(Tick, forgets_no_more_than_its_budget_either) {
  Limits limits;
  limits.remembered_max = 0;
  Desk desk(limits);
  for (int i = 0; i < 5; ++i) {
    const std::string name = "job/" + std::to_string(i);
    desk.ask(Release{name, desk.grant(name, alice), alice});
  }
  EXPECT_TRUE(desk.tick(3));
  EXPECT_EQ(desk.state.names(), 2U);
  EXPECT_FALSE(desk.tick(3));
  EXPECT_EQ(desk.state.names(), 0U);
}

TEST(Tick, lets_every_part_of_a_shared_holding_lapse_for_itself) {
  Desk desk;
  desk.ask(acquire(alice, 1s, {}, HolderKind::owner));
  desk.ask(acquire(alice2, 5s, {}, HolderKind::owner));
  desk.now = 2s;
  desk.tick();
  EXPECT_EQ(desk.show("job").sessions, 1U);
  desk.now = 6s;
  desk.tick();
  EXPECT_EQ(desk.state.held(), 0U);
}

}  // namespace
}  // namespace holdfast::core
