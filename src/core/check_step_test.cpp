// Every step check stops the process: shown once for each, by the step that it is there to stop.
#include <gtest/gtest.h>

#include "core/desk_for_tests.h"

namespace holdfast::core {
namespace {

class CheckStepDeathTest : public testing::Test {
 protected:
  void apply(const Effect& effect) { state.apply(effect, Position{state.position().value + 1}, at(0s)); }
  /// Alice holds `job` under 1, `free` was released under 2, `late` lapsed under 3, `shared` is a1's and a2's under 4.
  CheckStepDeathTest() {
    apply(Granted{"job", alice, Token{1}, 10s});
    apply(Granted{"free", alice, Token{2}, 10s});
    apply(Released{"free", "a1", Token{2}});
    apply(Granted{"late", alice, Token{3}, 10s});
    apply(Lapsed{"late", "a1", Token{3}});
    apply(Granted{"shared", alice, Token{4}, 10s, HolderKind::owner});
    apply(Joined{"shared", "a2", Token{4}, 10s});
  }
  static TakeoverAsked asked() { return {"job", Token{1}, bob, "stuck", 5s, {}, ""}; }
  State state;
};

#define EXPECT_STOPS(effect, check) EXPECT_DEATH(check_step(state, effect), check ".*check_step\\.cpp")

TEST_F(CheckStepDeathTest, lets_every_sound_step_pass) {
  check_step(state, Granted{"new", bob, Token{5}, 1s});
  check_step(state, Granted{"free", bob, Token{5}, 1s});
  check_step(state, Granted{"late", bob, Token{token_max}, 1s});
  check_step(state, Joined{"shared", "a3", Token{4}, 1s});
  check_step(state, Renewed{"job", "a1", Token{1}, 1s});
  check_step(state, Released{"shared", "a2", Token{4}});
  check_step(state, Released{"late", "a1", Token{3}});
  check_step(state, Lapsed{"job", "a1", Token{1}});
  check_step(state, Revived{"late", "a1", Token{3}, 1s});
  check_step(state, Forgotten{"free"});
  check_step(state, Numbered{"job", 1});
  check_step(state, Taken{{"job", bob, Token{5}, 1s}, Loss::taken_over, "stuck"});
  check_step(state, Taken{{"job", alice2, Token{5}, 1s}, Loss::moved, ""});
  check_step(state, Taken{{"job", bob, Token{5}, 1s}, Loss::transferred, ""});
  check_step(state, Revoked{"job", Token{1}, bob, "left"});
  check_step(state, Revoked{"late", Token{3}, bob, "left"});
  check_step(state, asked());
  check_step(state, Requested{"job", Token{1}, bob, ""});
  check_step(state, Started{9});
  apply(asked());
  check_step(state, Taken{{"job", bob, Token{5}, 1s}, Loss::taken_over, "stuck"});
  check_step(state, TakeoverDropped{"job", Token{1}, bob, Drop::taker_left});
  apply(Lapsed{"job", "a1", Token{1}});
  check_step(state, Taken{{"job", bob, Token{5}, 1s}, Loss::none, "stuck"});
}

TEST_F(CheckStepDeathTest, stops_rather_than_hand_a_held_name_to_another_owner) {  // L1
  EXPECT_STOPS((Granted{"job", bob, Token{5}, 10s}), "!before->held");
}
TEST_F(CheckStepDeathTest, stops_rather_than_give_a_token_twice) {  // L2, across names
  EXPECT_STOPS((Granted{"free", bob, Token{4}, 10s}), "next_token");
  EXPECT_STOPS((Granted{"new", bob, Token{4}, 10s}), "next_token");
}
TEST_F(CheckStepDeathTest, stops_rather_than_give_a_token_that_json_would_round) {  // L2
  EXPECT_STOPS((Granted{"free", bob, Token{token_max + 1}, 10s}), "token_max");
}
TEST_F(CheckStepDeathTest, stops_rather_than_grant_for_no_time) {
  EXPECT_STOPS((Granted{"free", bob, Token{5}, 0s}), "ttl");
}
TEST_F(CheckStepDeathTest, stops_rather_than_grant_to_nobody) {
  EXPECT_STOPS((Granted{"free", {"", "s"}, Token{5}, 1s}), "owner.empty");
  EXPECT_STOPS((Granted{"free", {"bob", ""}, Token{5}, 1s}), "session.empty");
}

TEST_F(CheckStepDeathTest, stops_rather_than_let_a_session_join_what_is_not_shared) {  // L1
  EXPECT_STOPS((Joined{"job", "a2", Token{1}, 1s}), "HolderKind::owner");
}
TEST_F(CheckStepDeathTest, stops_rather_than_let_a_session_join_what_nobody_holds) {  // L1
  EXPECT_STOPS((Joined{"free", "a2", Token{2}, 1s}), "before.held");
  EXPECT_STOPS((Joined{"new", "a2", Token{2}, 1s}), "lease != nullptr");
}
TEST_F(CheckStepDeathTest, stops_rather_than_let_a_session_join_under_another_token) {  // L2
  EXPECT_STOPS((Joined{"shared", "a3", Token{5}, 1s}), "e.token == before.token");
}
TEST_F(CheckStepDeathTest, stops_rather_than_let_a_session_join_twice) {
  EXPECT_STOPS((Joined{"shared", "a2", Token{4}, 1s}), "!before.part_of");
}

TEST_F(CheckStepDeathTest, stops_rather_than_renew_release_lapse_or_revive_under_another_token) {  // L7
  EXPECT_STOPS((Renewed{"job", "a1", Token{2}, 1s}), "effect.token == lease.token");
  EXPECT_STOPS((Released{"job", "a1", Token{2}}), "effect.token == lease.token");
  EXPECT_STOPS((Lapsed{"job", "a1", Token{2}}), "effect.token == lease.token");
  EXPECT_STOPS((Revived{"late", "a1", Token{2}, 1s}), "effect.token == lease.token");
}
TEST_F(CheckStepDeathTest, stops_rather_than_renew_release_lapse_or_revive_what_the_session_has_no_part_in) {  // L7
  EXPECT_STOPS((Renewed{"job", "b1", Token{1}, 1s}), "found != nullptr");
  EXPECT_STOPS((Released{"job", "b1", Token{1}}), "found != nullptr");
  EXPECT_STOPS((Lapsed{"job", "b1", Token{1}}), "found != nullptr");
  EXPECT_STOPS((Revived{"late", "b1", Token{3}, 1s}), "found != nullptr");
}
TEST_F(CheckStepDeathTest, stops_rather_than_speak_of_a_name_that_nobody_knows) {
  EXPECT_STOPS((Renewed{"new", "a1", Token{1}, 1s}), "lease != nullptr");
  EXPECT_STOPS((Released{"new", "a1", Token{1}}), "lease != nullptr");
  EXPECT_STOPS((Lapsed{"new", "a1", Token{1}}), "lease != nullptr");
  EXPECT_STOPS((Revived{"new", "a1", Token{1}, 1s}), "lease != nullptr");
  EXPECT_STOPS(Forgotten{"new"}, "lease != nullptr");
}
TEST_F(CheckStepDeathTest, stops_rather_than_renew_what_lapsed_without_saying_that_it_is_back) {  // L6
  EXPECT_STOPS((Renewed{"late", "a1", Token{3}, 1s}), "lapsed");
}
TEST_F(CheckStepDeathTest, stops_rather_than_renew_for_no_time) {
  EXPECT_STOPS((Renewed{"job", "a1", Token{1}, 0s}), "ttl");
}
TEST_F(CheckStepDeathTest, stops_rather_than_let_a_part_lapse_twice) {  // L5
  EXPECT_STOPS((Lapsed{"late", "a1", Token{3}}), "!part\\(e\\).lapsed");
}

TEST_F(CheckStepDeathTest, stops_rather_than_revive_what_never_lapsed) {  // L6
  EXPECT_STOPS((Revived{"job", "a1", Token{1}, 1s}), "part\\(e\\).lapsed");
}
TEST_F(CheckStepDeathTest, stops_rather_than_revive_what_was_given_up) {  // L6
  Kept given_up{"x", "alice", Token{9}};
  given_up.ended = Loss::revoked;
  given_up.parts = {{"a1", 1s, true}};
  apply(given_up);
  EXPECT_STOPS((Revived{"x", "a1", Token{9}, 1s}), "Loss::lapsed");
}
TEST_F(CheckStepDeathTest, stops_rather_than_revive_a_second_holder_of_what_is_not_shared) {  // L1
  Kept both{"x", "alice", Token{9}};
  both.parts = {{"a1", 1s, true}, {"a2", 1s, false}};
  apply(both);
  EXPECT_STOPS((Revived{"x", "a1", Token{9}, 1s}), "HolderKind::owner");
}

// --- Names that change hands (L9).

TEST_F(CheckStepDeathTest, stops_rather_than_take_what_nobody_holds_from_anybody) {  // L1, L13
  EXPECT_STOPS((Taken{{"free", bob, Token{5}, 1s}, Loss::taken_over, "stuck"}), "before.held");
  EXPECT_STOPS((Taken{{"new", bob, Token{5}, 1s}, Loss::taken_over, "stuck"}), "lease != nullptr");
}
TEST_F(CheckStepDeathTest, stops_rather_than_end_a_holding_without_saying_why) {  // L13
  EXPECT_STOPS((Taken{{"job", bob, Token{5}, 1s}, Loss::none, "stuck"}), "Loss::none");
}
TEST_F(CheckStepDeathTest, stops_rather_than_take_over_without_a_reason) {  // L9
  EXPECT_STOPS((Taken{{"job", bob, Token{5}, 1s}, Loss::taken_over, ""}), "reason.empty");
}
TEST_F(CheckStepDeathTest, stops_rather_than_call_a_move_what_another_owner_does_or_a_takeover_what_the_same_one_does) {
  EXPECT_STOPS((Taken{{"job", bob, Token{5}, 1s}, Loss::moved, ""}), "Loss::moved");
  EXPECT_STOPS((Taken{{"job", alice2, Token{5}, 1s}, Loss::taken_over, "mine"}), "Loss::moved");
}
TEST_F(CheckStepDeathTest, stops_rather_than_let_anybody_but_the_taker_have_it_in_the_window) {  // L9
  apply(asked());
  EXPECT_STOPS((Taken{{"job", carol, Token{5}, 1s}, Loss::taken_over, "mine"}), "pending->by");
  EXPECT_STOPS((Taken{{"job", alice2, Token{5}, 1s}, Loss::moved, ""}), "pending->by");
  apply(Lapsed{"job", "a1", Token{1}});
  EXPECT_STOPS((Granted{"job", carol, Token{5}, 1s}), "before->pending");
  apply(TakeoverAsked{"shared", Token{4}, bob, "stuck", 5s, {}, ""});
  EXPECT_STOPS((Joined{"shared", "a3", Token{4}, 1s}), "before.pending");
}
TEST_F(CheckStepDeathTest, stops_rather_than_take_what_came_free_before_the_queue) {  // L8
  EXPECT_STOPS((Taken{{"free", bob, Token{5}, 1s}, Loss::none, "stuck"}), "pending");
}
TEST_F(CheckStepDeathTest, stops_rather_than_take_under_an_old_token) {  // L2
  EXPECT_STOPS((Taken{{"job", bob, Token{4}, 1s}, Loss::taken_over, "stuck"}), "next_token");
}
TEST_F(CheckStepDeathTest, stops_rather_than_revoke_what_is_over_or_another_holding_or_for_no_reason) {  // L7, L13
  EXPECT_STOPS((Revoked{"free", Token{2}, bob, "left"}), "Loss::lapsed");
  EXPECT_STOPS((Revoked{"job", Token{2}, bob, "left"}), "before.token");
  EXPECT_STOPS((Revoked{"job", Token{1}, bob, ""}), "reason.empty");
  EXPECT_STOPS((Revoked{"new", Token{1}, bob, "left"}), "lease != nullptr");
}
TEST_F(CheckStepDeathTest, stops_rather_than_begin_a_window_on_what_nobody_holds_or_another_one_ends) {
  EXPECT_STOPS((TakeoverAsked{"free", Token{2}, bob, "stuck", 5s, {}, ""}), "before.held");
  EXPECT_STOPS((TakeoverAsked{"job", Token{2}, bob, "stuck", 5s, {}, ""}), "before.token");
  apply(asked());
  EXPECT_STOPS(asked(), "before.pending");
}
TEST_F(CheckStepDeathTest, stops_rather_than_begin_a_window_for_the_same_owner_without_a_reason_or_for_no_time) {
  EXPECT_STOPS((TakeoverAsked{"job", Token{1}, alice2, "stuck", 5s, {}, ""}), "by.owner");
  EXPECT_STOPS((TakeoverAsked{"job", Token{1}, bob, "", 5s, {}, ""}), "reason.empty");
  EXPECT_STOPS((TakeoverAsked{"job", Token{1}, bob, "stuck", 0s, {}, ""}), "flush");
}
TEST_F(CheckStepDeathTest, stops_rather_than_drop_what_nobody_asked_for) {
  EXPECT_STOPS((TakeoverDropped{"job", Token{1}, bob, Drop::restart}), "before.pending");
  apply(asked());
  EXPECT_STOPS((TakeoverDropped{"job", Token{1}, carol, Drop::restart}), "e.by");
  EXPECT_STOPS((TakeoverDropped{"job", Token{2}, bob, Drop::restart}), "before.token");
}
TEST_F(CheckStepDeathTest, stops_rather_than_ask_nobody_or_oneself) {
  EXPECT_STOPS((Requested{"free", Token{2}, bob, ""}), "before.held");
  EXPECT_STOPS((Requested{"job", Token{2}, bob, ""}), "before.token");
  EXPECT_STOPS((Requested{"job", Token{1}, alice2, ""}), "by.owner");
}
TEST_F(CheckStepDeathTest, stops_rather_than_start_under_an_incarnation_of_before) {  // L14
  apply(Started{9});
  EXPECT_STOPS(Started{9}, "incarnation");
  EXPECT_STOPS(Started{8}, "incarnation");
}

TEST_F(CheckStepDeathTest, stops_rather_than_forget_what_is_held) {
  EXPECT_STOPS(Forgotten{"job"}, "!before.held");
}
TEST_F(CheckStepDeathTest, stops_rather_than_forget_what_somebody_waits_for) {
  state.enqueue("free", Waiter{Acquire{.name = "free", .who = bob, .ttl = 1s}, {1, 1}, Instant{}, Instant{1s}});
  EXPECT_STOPS(Forgotten{"free"}, "waiting");
}
TEST_F(CheckStepDeathTest, stops_rather_than_number_a_buffer_out_of_turn) {
  EXPECT_STOPS((Numbered{"job", 2}), "next_buffer");
  apply(Numbered{"job", 1});
  EXPECT_STOPS((Numbered{"free", 1}), "next_buffer");
}
TEST_F(CheckStepDeathTest, stops_rather_than_journal_what_only_snapshots_hold) {
  EXPECT_STOPS(Kept{}, "only snapshots");
  EXPECT_STOPS(KeptTotals{}, "only snapshots");
  EXPECT_STOPS(KeptWhys{}, "only snapshots");
  EXPECT_STOPS(KeptStart{}, "only snapshots");
}

}  // namespace
}  // namespace holdfast::core
