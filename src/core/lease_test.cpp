#include "core/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/desk_for_tests.h"

namespace holdfast::core {
namespace {

constexpr Address asker{1, 1};

/// Nobody holds it; `token` was the last.
struct FreeLease : Lease {
  explicit FreeLease(Token last, Loss why = Loss::released, const Who& who = alice) : Lease("job") {
    token = last;
    ended = why;
    owner = who.owner;
    if (why == Loss::lapsed) parts.push_back(Part{who.session, 10s, Instant{}, {}, true});
  }
};

/// Held by `who` for ten seconds from the start.
struct HeldLease : Lease {
  HeldLease(const Who& who, Token of, HolderKind kind = HolderKind::session) : Lease("job") {
    owner = who.owner;
    token = of;
    holder = kind;
    add(who.session);
  }
  void add(const std::string& session) {
    parts.push_back(Part{session, 10s, deadline(Instant{}, 10s)});
    ++active;
  }
  void lapse(const std::string& session) {
    part_of(session)->lapsed = true;
    if (--active == 0) ended = Loss::lapsed;
  }
};

Acquire wants(const Who& who, Duration wait = {}, HolderKind holder = HolderKind::session) {
  return {.name = "job", .who = who, .ttl = 10s, .wait = wait, .holder = holder};
}
Decision ask(const Lease* lease, const Acquire& command, Now now = at(1s), const Limits& limits = {}) {
  return decide(lease, command, asker, Token{lease ? lease->token.value + 1 : 1}, limits, now);
}
Effect effect_of(const Decision& decision) {
  return std::get<Effect>(decision.change);
}
bool changes_nothing(const Decision& decision) {
  return std::holds_alternative<std::monostate>(decision.change);
}

// --- L1, L2: one holder, tokens only rise.

TEST(Acquire, grants_a_name_that_nobody_ever_had_under_the_next_token) {
  const Decision got = decide(nullptr, wants(bob), asker, Token{8}, {}, at(1s));
  EXPECT_EQ(effect_of(got), Effect(Granted{"job", bob, Token{8}, 10s, HolderKind::session, "", "", at(1s).wall}));
  EXPECT_EQ(got.reply.code, ErrorCode::none);
}

TEST(Acquire, grants_a_free_name_under_the_next_token) {
  const FreeLease free{Token{7}};
  EXPECT_EQ(std::get<Granted>(effect_of(ask(&free, wants(bob)))).token, Token{8});
}

TEST(Acquire, starts_a_new_holding_for_whoever_let_the_last_one_lapse) {  // Only a renewal brings the old one back.
  const FreeLease free{Token{7}, Loss::lapsed, bob};
  EXPECT_EQ(std::get<Granted>(effect_of(ask(&free, wants(bob)))).token, Token{8});
}

TEST(Acquire, carries_note_and_metadata_along) {
  Acquire command = wants(bob);
  command.note = "chapter 3";
  command.metadata = R"({"a":1})";
  const Granted granted = std::get<Granted>(effect_of(ask(nullptr, command)));
  EXPECT_EQ(granted.note, "chapter 3");
  EXPECT_EQ(granted.metadata, R"({"a":1})");
}

TEST(Acquire, is_refused_while_another_owner_holds_the_name) {
  const HeldLease held{alice, Token{7}};
  const Decision got = ask(&held, wants(bob));
  EXPECT_EQ(got.reply.code, ErrorCode::held);
  EXPECT_TRUE(changes_nothing(got));
}

TEST(Acquire, tells_an_owner_that_another_session_of_its_own_holds_the_name) {
  const HeldLease held{alice, Token{7}};
  EXPECT_EQ(ask(&held, wants(alice2)).reply.code, ErrorCode::held_by_you);
}

TEST(Acquire, does_not_take_a_session_of_the_same_name_for_the_holder) {
  const HeldLease held{alice, Token{7}};
  EXPECT_EQ(ask(&held, wants({"mallory", alice.session})).reply.code, ErrorCode::held);
}

// --- L12: never refused by its own lease.

TEST(Acquire, keeps_the_token_of_a_session_that_asks_again_and_writes_nothing) {
  const HeldLease held{alice, Token{7}};
  const Decision again = ask(&held, wants(alice), at(4s));
  const Extended& extended = std::get<Extended>(again.change);
  EXPECT_EQ(extended.session, alice.session);
  EXPECT_EQ(extended.ends_at, deadline(at(4s).lease, 10s));
  EXPECT_EQ(again.reply.code, ErrorCode::none);
  EXPECT_FALSE(again.reply.joined);
}

TEST(Acquire, writes_a_ttl_that_is_another_one_than_before) {  // It has to be the same after a restart.
  const HeldLease held{alice, Token{7}};
  Acquire longer = wants(alice);
  longer.ttl = 20s;
  EXPECT_EQ(effect_of(ask(&held, longer)), Effect(Renewed{"job", "a1", Token{7}, 20s}));
}

// --- L4: a ttl is a lower bound.

TEST(Deadline, is_a_thousandth_later_than_the_ttl_says) {
  EXPECT_EQ(deadline(Instant{5s}, 10s), Instant{15s + 10ms});
}

TEST(Acquire, is_not_to_be_told_as_granted_once_its_deadline_has_passed) {
  const Decision got = ask(nullptr, wants(bob), at(3s));
  EXPECT_EQ(got.reply.granted_at, Instant{3s});
  EXPECT_EQ(got.reply.void_after, deadline(Instant{3s}, 10s));
}

// --- L8: waiting.

TEST(Acquire, waits_where_it_may_with_a_deadline_of_its_own) {
  HeldLease held{alice, Token{7}};
  const Decision got = ask(&held, wants(bob, 5s), at(2s));
  EXPECT_FALSE(got.answered);
  const Waiter& waiter = std::get<Queued>(got.change).waiter;
  EXPECT_EQ(waiter.command.who, bob);
  EXPECT_EQ(waiter.from, asker);
  EXPECT_EQ(waiter.since, Instant{2s});
  EXPECT_EQ(waiter.until, Instant{7s});
}

TEST(Acquire, is_refused_where_too_many_wait_already) {
  Limits none;
  none.waiters_max = 0;
  const HeldLease held{alice, Token{7}};
  EXPECT_EQ(ask(&held, wants(bob, 5s), at(1s), none).reply.code, ErrorCode::queue_full);
}

TEST(AcquireDeathTest, stops_rather_than_pass_by_whoever_waits_for_a_free_name) {
  State state;
  state.apply(Granted{"job", alice, Token{1}, 10s}, Position{1}, at(0s));
  state.enqueue("job", Waiter{wants(bob, 5s), asker, Instant{}, Instant{5s}});
  state.apply(Released{"job", "a1", Token{1}}, Position{2}, at(1s));
  EXPECT_DEATH(ask(state.find("job"), wants(carol)), "waiting\\(\\) == 0");
}

TEST(AcquireDeathTest, stops_rather_than_grant_to_nobody) {
  EXPECT_DEATH(ask(nullptr, wants({"", "s"})), "who.owner.empty");
  EXPECT_DEATH(ask(nullptr, wants({"bob", ""})), "who.session.empty");
}

// --- Sharing among the sessions of one owner.

TEST(Acquire, lets_a_session_of_the_same_owner_join_where_both_asked_for_it) {
  const HeldLease held{alice, Token{7}, HolderKind::owner};
  const Decision got = ask(&held, wants(alice2, {}, HolderKind::owner));
  EXPECT_EQ(effect_of(got), Effect(Joined{"job", "a2", Token{7}, 10s, at(1s).wall, "alice"}));
  EXPECT_TRUE(got.reply.joined);
}

TEST(Acquire, does_not_join_where_only_one_of_both_asked_for_it) {
  const HeldLease shared{alice, Token{7}, HolderKind::owner};
  EXPECT_EQ(ask(&shared, wants(alice2)).reply.code, ErrorCode::held_by_you);
  const HeldLease alone{alice, Token{7}};
  EXPECT_EQ(ask(&alone, wants(alice2, {}, HolderKind::owner)).reply.code, ErrorCode::held_by_you);
}

TEST(Acquire, never_joins_what_another_owner_shares) {
  const HeldLease held{alice, Token{7}, HolderKind::owner};
  EXPECT_EQ(ask(&held, wants(bob, {}, HolderKind::owner)).reply.code, ErrorCode::held);
}

TEST(Acquire, is_refused_where_too_many_sessions_share_already) {
  Limits one;
  one.sessions_max = 1;
  const HeldLease held{alice, Token{7}, HolderKind::owner};
  EXPECT_EQ(ask(&held, wants(alice2, {}, HolderKind::owner), at(1s), one).reply.code, ErrorCode::sessions_full);
}

TEST(Acquire, brings_a_lapsed_session_back_into_a_holding_that_lasts) {
  HeldLease held{alice, Token{7}, HolderKind::owner};
  held.add("a2");
  held.lapse("a1");
  const Decision back = ask(&held, wants(alice, {}, HolderKind::owner));
  EXPECT_EQ(effect_of(back), Effect(Revived{"job", "a1", Token{7}, 10s, at(1s).wall, "alice"}));
  EXPECT_TRUE(back.reply.joined);
}

TEST(GrantToDeathTest, stops_rather_than_let_another_owner_join) {
  const HeldLease held{alice, Token{7}, HolderKind::owner};
  EXPECT_DEATH(grant_to(&held, wants(bob, {}, HolderKind::owner), Token{8}, Duration::zero(), at(1s)), "may_join");
}

// --- L7: renew names the token of the holding it means.

Decision renew(const Lease* lease, Token token, const Who& who, std::optional<Duration> ttl = {}) {
  return decide(lease, Renew{.name = "job", .token = token, .who = who, .ttl = ttl}, at(2s));
}

TEST(Renew, moves_the_deadline_and_writes_nothing) {
  const HeldLease held{alice, Token{7}};
  const Decision got = renew(&held, Token{7}, alice);
  EXPECT_EQ(std::get<Extended>(got.change).ends_at, deadline(Instant{2s}, 10s));
  EXPECT_EQ(got.reply.who, alice);
}

TEST(Renew, writes_a_new_ttl) {
  const HeldLease held{alice, Token{7}};
  EXPECT_EQ(effect_of(renew(&held, Token{7}, alice, 3s)), Effect(Renewed{"job", "a1", Token{7}, 3s}));
}

TEST(Renew, means_the_only_session_where_it_names_none) {
  const HeldLease held{alice, Token{7}};
  EXPECT_EQ(renew(&held, Token{7}, {"alice", ""}).reply.who, alice);
}

TEST(Renew, needs_the_session_where_several_share) {
  HeldLease held{alice, Token{7}, HolderKind::owner};
  held.add("a2");
  const Decision got = renew(&held, Token{7}, {"alice", ""});
  EXPECT_EQ(got.reply.code, ErrorCode::session_needed);
  EXPECT_EQ(got.reply.field, "session");
}

TEST(Renew, of_an_old_token_is_stale_says_why_and_changes_nothing) {
  HeldLease held{bob, Token{7}};
  held.extras = std::make_unique<Extras>();
  held.extras->losses = {5 | std::uint64_t{2} << 53, 6 | std::uint64_t{1} << 53};
  const Decision got = renew(&held, Token{6}, alice);
  EXPECT_EQ(got.reply.code, ErrorCode::stale);
  EXPECT_EQ(got.reply.asked, Token{6});
  EXPECT_EQ(got.reply.because, Loss::lapsed);
  EXPECT_TRUE(changes_nothing(got));
  EXPECT_EQ(renew(&held, Token{5}, alice).reply.because, Loss::released);
  EXPECT_EQ(renew(&held, Token{4}, alice).reply.because, Loss::none) << "nobody remembers that one";
}

TEST(Renew, of_a_token_that_was_never_given_says_so) {
  const HeldLease held{alice, Token{7}};
  const Decision got = renew(&held, Token{8}, alice);
  EXPECT_EQ(got.reply.code, ErrorCode::unknown_token);
  EXPECT_EQ(got.reply.field, "token");
}

TEST(Renew, of_what_another_session_holds_is_not_for_the_caller) {
  const HeldLease held{alice, Token{7}};
  EXPECT_EQ(renew(&held, Token{7}, bob).reply.code, ErrorCode::not_yours);
  EXPECT_EQ(renew(&held, Token{7}, alice2).reply.code, ErrorCode::not_yours);
}

TEST(Renew, finds_nothing_where_nothing_is_remembered) {
  EXPECT_EQ(renew(nullptr, Token{7}, alice).reply.code, ErrorCode::nothing_held);
  const Lease only_numbered{"job"};
  EXPECT_EQ(renew(&only_numbered, Token{7}, alice).reply.code, ErrorCode::nothing_held);
}

// --- L6: late renewal.

TEST(Renew, brings_back_what_lapsed_and_nobody_took_under_the_same_token) {
  const FreeLease free{Token{7}, Loss::lapsed};
  EXPECT_EQ(effect_of(renew(&free, Token{7}, alice)),
            Effect(Revived{"job", "a1", Token{7}, 10s, at(2s).wall, "alice"}));
}

TEST(Renew, does_not_bring_back_what_was_released) {
  const FreeLease free{Token{7}, Loss::released};
  const Decision got = renew(&free, Token{7}, alice);
  EXPECT_EQ(got.reply.code, ErrorCode::stale);
  EXPECT_EQ(got.reply.because, Loss::released);
}

TEST(Renew, does_not_bring_back_what_somebody_else_let_lapse) {
  const FreeLease free{Token{7}, Loss::lapsed};
  EXPECT_EQ(renew(&free, Token{7}, bob).reply.code, ErrorCode::not_yours);
  EXPECT_EQ(renew(&free, Token{7}, alice2).reply.code, ErrorCode::not_yours);
}

// --- L7: release.

Decision release(const Lease* lease, Token token, const Who& who) {
  return decide(lease, Release{.name = "job", .token = token, .who = who}, at(1s));
}

TEST(Release, ends_the_holding_that_the_token_names) {
  const HeldLease held{alice, Token{7}};
  const Decision got = release(&held, Token{7}, alice);
  EXPECT_EQ(effect_of(got), Effect(Released{"job", "a1", Token{7}, at(1s).wall, "alice", true}));
  EXPECT_TRUE(got.reply.ended);
}

TEST(Release, of_an_old_token_never_frees_somebody_elses_lease) {
  const HeldLease held{bob, Token{8}};
  const Decision late = release(&held, Token{7}, alice);
  EXPECT_EQ(late.reply.code, ErrorCode::stale);
  EXPECT_TRUE(changes_nothing(late));
}

TEST(Release, of_an_old_token_never_frees_a_later_lease_of_the_same_session) {
  const HeldLease held{alice, Token{8}};
  EXPECT_EQ(release(&held, Token{7}, alice).reply.code, ErrorCode::stale);
}

TEST(Release, with_the_current_token_is_still_only_for_its_holder) {
  const HeldLease held{alice, Token{7}};
  EXPECT_EQ(release(&held, Token{7}, bob).reply.code, ErrorCode::not_yours);
  EXPECT_EQ(release(&held, Token{7}, alice2).reply.code, ErrorCode::not_yours);
}

TEST(Release, can_be_repeated_while_nobody_else_holds_the_name) {
  const FreeLease free{Token{7}};
  const Decision again = release(&free, Token{7}, alice);
  EXPECT_EQ(again.reply.code, ErrorCode::none);
  EXPECT_FALSE(again.reply.ended);
  EXPECT_TRUE(changes_nothing(again));
}

TEST(Release, of_a_lapsed_lease_gives_up_the_right_to_come_back) {
  const FreeLease free{Token{7}, Loss::lapsed};
  const Decision got = release(&free, Token{7}, alice);
  EXPECT_EQ(effect_of(got), Effect(Released{"job", "a1", Token{7}, at(1s).wall, "alice", false}));
  EXPECT_FALSE(got.reply.ended) << "it was over before";
}

TEST(Release, of_a_part_that_is_gone_already_is_repeatable_too) {
  HeldLease held{alice, Token{7}, HolderKind::owner};
  held.add("a3");
  EXPECT_EQ(release(&held, Token{7}, alice2).reply.code, ErrorCode::none);
  EXPECT_EQ(release(&held, Token{7}, {"alice", ""}).reply.code, ErrorCode::session_needed);
}

TEST(Release, refuses_what_renew_refuses) {
  EXPECT_EQ(release(nullptr, Token{7}, alice).reply.code, ErrorCode::nothing_held);
  const HeldLease held{alice, Token{7}};
  EXPECT_EQ(release(&held, Token{8}, alice).reply.code, ErrorCode::unknown_token);
}

// --- Check.

TEST(Check, knows_the_current_token_from_all_others) {
  const HeldLease held{alice, Token{7}};
  const auto check = [](const Lease* lease, Token token) { return decide(lease, Check{"job", token}).reply.code; };
  EXPECT_EQ(check(&held, Token{7}), ErrorCode::none);
  EXPECT_EQ(check(&held, Token{6}), ErrorCode::stale);
  EXPECT_EQ(check(&held, Token{8}), ErrorCode::unknown_token);
  EXPECT_EQ(check(nullptr, Token{7}), ErrorCode::stale);
}

TEST(Check, calls_the_newest_token_stale_once_its_holding_is_over) {
  const FreeLease free{Token{7}, Loss::lapsed};
  const Decision got = decide(&free, Check{"job", Token{7}});
  EXPECT_EQ(got.reply.code, ErrorCode::stale);
  EXPECT_EQ(got.reply.because, Loss::lapsed);
}

// --- L8: what could not be handed over is taken back.

TEST(TakeBack, ends_a_grant_that_would_have_been_answered_there) {
  HeldLease held{alice, Token{7}};
  held.parts[0].answered = asker;
  EXPECT_EQ(effect_of(decide(&held, TakeBack{"job", Token{7}, alice}, asker, at(1s))),
            Effect(Released{"job", "a1", Token{7}, at(1s).wall, "alice", true}));
}

TEST(TakeBack, leaves_alone_what_was_answered_elsewhere_or_renewed_or_is_another_holding) {
  HeldLease held{alice, Token{7}};
  held.parts[0].answered = Address{1, 2};
  EXPECT_TRUE(changes_nothing(decide(&held, TakeBack{"job", Token{7}, alice}, asker, at(1s))));
  held.parts[0].answered = {};
  EXPECT_TRUE(changes_nothing(decide(&held, TakeBack{"job", Token{7}, alice}, asker, at(1s))));
  held.parts[0].answered = asker;
  EXPECT_TRUE(changes_nothing(decide(&held, TakeBack{"job", Token{6}, alice}, asker, at(1s))));
  EXPECT_TRUE(changes_nothing(decide(&held, TakeBack{"job", Token{7}, {"bob", "a1"}}, asker, at(1s))));
  EXPECT_TRUE(changes_nothing(decide(nullptr, TakeBack{"job", Token{7}, alice}, asker, at(1s))));
}

// --- L9, L13: names change hands. Refusals come in this order.

Takeover takeover(const Who& who, Token token, Duration flush = {}, const std::string& reason = "stuck") {
  return {.want = wants(who), .token = token, .flush = flush, .reason = reason};
}
Decision ask(const Lease* lease, const Takeover& command) {
  return decide(lease, command, asker, Token{lease ? lease->token.value + 1 : 1}, {}, at(1s));
}
/// Held by alice under 7, and bob takes it over.
struct WantedLease : HeldLease {
  WantedLease() : HeldLease(alice, Token{7}) {
    extras = std::make_unique<Extras>();
    extras->pending = std::make_unique<PendingTakeover>(PendingTakeover{.by = bob, .reason = "deploy"});
  }
};

TEST(Takeover, needs_a_reason_then_a_token_that_was_given_then_the_newest) {
  const HeldLease held(alice, Token{7});
  EXPECT_EQ(ask(&held, takeover(bob, Token{9}, 0s, "")).reply.code, ErrorCode::reason_missing);
  EXPECT_EQ(ask(&held, takeover(bob, Token{9})).reply.code, ErrorCode::unknown_token);
  EXPECT_EQ(ask(&held, takeover(bob, Token{})).reply.code, ErrorCode::token_needed);
  EXPECT_EQ(ask(&held, takeover(bob, Token{6})).reply.code, ErrorCode::stale);
  const WantedLease wanted;
  EXPECT_EQ(ask(&wanted, takeover(carol, Token{6})).reply.code, ErrorCode::stale) << "before takeover_pending";
  EXPECT_EQ(ask(&wanted, takeover(carol, Token{7})).reply.code, ErrorCode::takeover_pending);
  EXPECT_EQ(ask(&wanted, takeover(alice2, Token{7})).reply.code, ErrorCode::takeover_pending) << "nor does it move";
}

TEST(Takeover, is_one_effect_that_says_who_lost_it_and_why) {
  const HeldLease held(alice, Token{7});
  const Taken taken = std::get<Taken>(effect_of(ask(&held, takeover(bob, Token{7}))));
  EXPECT_EQ(taken.grant.who, bob);
  EXPECT_EQ(taken.grant.token, Token{8});
  EXPECT_EQ(taken.displaced, Loss::taken_over);
  EXPECT_EQ(taken.reason, "stuck");
}

TEST(Takeover, with_a_window_waits_and_answers_nobody_yet) {
  const HeldLease held(alice, Token{7});
  const Decision got = ask(&held, takeover(bob, Token{7}, 5s));
  EXPECT_FALSE(got.answered);
  EXPECT_EQ(std::get<TakeoverAsked>(effect_of(got)).flush, 5s);
}

TEST(Takeover, of_ones_own_is_a_move_without_reason_or_window) {
  const HeldLease held(alice, Token{7});
  const Decision got = ask(&held, takeover(alice2, Token{7}, 5s, ""));
  EXPECT_TRUE(got.answered);
  EXPECT_EQ(std::get<Taken>(effect_of(got)).displaced, Loss::moved);
}

Decision ask(const Lease* lease, const Move& command) {
  return decide(lease, command, Token{8}, at(1s));
}
TEST(Move, refuses_in_the_order_of_what_it_names) {
  const HeldLease held(alice, Token{7});
  EXPECT_EQ(ask(nullptr, Move{"job", Token{7}, alice2}).reply.code, ErrorCode::nothing_held);
  EXPECT_EQ(ask(&held, Move{"job", Token{9}, bob}).reply.code, ErrorCode::unknown_token);
  EXPECT_EQ(ask(&held, Move{"job", Token{6}, bob}).reply.code, ErrorCode::stale);
  EXPECT_EQ(ask(&held, Move{"job", Token{7}, bob}).reply.code, ErrorCode::not_yours);
  EXPECT_EQ(ask(&held, Move{"job", Token{7}, alice}).reply.code, ErrorCode::to_oneself);
  const FreeLease lapsed(Token{7}, Loss::lapsed);
  EXPECT_EQ(ask(&lapsed, Move{"job", Token{7}, alice2}).reply.code, ErrorCode::stale);
  const WantedLease wanted;
  EXPECT_EQ(ask(&wanted, Move{"job", Token{7}, alice2}).reply.code, ErrorCode::takeover_pending);
}

Decision ask(const Lease* lease, const Transfer& command) {
  return decide(lease, command, nullptr, Token{8}, at(1s));
}
TEST(Transfer, refuses_in_the_order_of_what_it_names) {
  HeldLease held(alice, Token{7}, HolderKind::owner);
  EXPECT_EQ(ask(nullptr, Transfer{"job", Token{7}, alice, "bob", "", "f"}).reply.code, ErrorCode::nothing_held);
  EXPECT_EQ(ask(&held, Transfer{"job", Token{6}, bob, "carol", "", "f"}).reply.code, ErrorCode::stale);
  EXPECT_EQ(ask(&held, Transfer{"job", Token{7}, bob, "carol", "", "f"}).reply.code, ErrorCode::not_yours);
  EXPECT_EQ(ask(&held, Transfer{"job", Token{7}, alice2, "bob", "", "f"}).reply.code, ErrorCode::not_yours);
  EXPECT_EQ(ask(&held, Transfer{"job", Token{7}, alice, "alice", "", "f"}).reply.code, ErrorCode::to_oneself);
  held.add("a2");
  EXPECT_EQ(ask(&held, Transfer{"job", Token{7}, {"alice", ""}, "bob", "", "f"}).reply.code, ErrorCode::session_needed);
  const WantedLease wanted;
  EXPECT_EQ(ask(&wanted, Transfer{"job", Token{7}, alice, "carol", "", "f"}).reply.code, ErrorCode::takeover_pending);
}

TEST(Transfer, gives_it_to_the_session_that_is_named_or_else_to_a_fresh_one) {
  const HeldLease held(alice, Token{7});
  const auto to = [&](const std::string& session) {
    return std::get<Taken>(effect_of(ask(&held, Transfer{"job", Token{7}, alice, "bob", session, "f"}))).grant.who;
  };
  EXPECT_EQ(to("b7"), (Who{"bob", "b7"}));
  EXPECT_EQ(to(""), (Who{"bob", "f"}));
}

TEST(Revoke, needs_a_reason_and_ends_the_right_to_come_back) {
  const HeldLease held(alice, Token{7});
  const auto revoke = [](const Lease* lease, Token token, const std::string& reason) {
    return decide(lease, Revoke{"job", token, bob, reason}, at(1s));
  };
  EXPECT_EQ(revoke(&held, Token{6}, "").reply.code, ErrorCode::reason_missing);
  EXPECT_EQ(revoke(&held, Token{6}, "left").reply.code, ErrorCode::stale);
  EXPECT_EQ(revoke(nullptr, Token{}, "left").reply.code, ErrorCode::nothing_held);
  EXPECT_TRUE(revoke(&held, Token{}, "left").reply.ended);
  const FreeLease lapsed(Token{7}, Loss::lapsed);
  EXPECT_EQ(std::get<Revoked>(effect_of(revoke(&lapsed, Token{}, "left"))).token, Token{7});
  const FreeLease revoked(Token{7}, Loss::revoked);
  EXPECT_TRUE(changes_nothing(revoke(&revoked, Token{}, "left")));
  EXPECT_EQ(decide(&revoked, Renew{"job", Token{7}, alice, {}}, at(1s)).reply.code, ErrorCode::stale);
}

TEST(AskHolder, changes_nothing_where_the_same_has_been_said_already) {
  HeldLease held(alice, Token{7});
  const AskHolder please{"job", bob, "please", ""};
  EXPECT_EQ(std::get<Requested>(effect_of(decide(&held, please, at(1s)))).message, "please");
  held.extras = std::make_unique<Extras>();
  held.extras->asked = std::make_unique<AskedFor>(AskedFor{bob, "please"});
  EXPECT_TRUE(changes_nothing(decide(&held, please, at(1s))));
  EXPECT_EQ(decide(&held, AskHolder{"job", alice2, "", ""}, at(1s)).reply.code, ErrorCode::to_oneself);
}

// --- L5: lapse.

TEST(DueLapse, comes_at_the_first_instant_of_the_deadline_and_not_before) {
  const HeldLease held{alice, Token{7}};
  const Duration end = deadline(Instant{}, 10s).time_since_epoch();
  EXPECT_FALSE(due_lapse(held, at(end - 1ns)));
  EXPECT_EQ(due_lapse(held, at(end)), Effect(Lapsed{"job", "a1", Token{7}, at(end).wall, "alice", true}));
}

TEST(DueLapse, comes_once_for_each_part) {
  HeldLease held{alice, Token{7}, HolderKind::owner};
  held.add("a2");
  held.lapse("a1");
  EXPECT_EQ(due_lapse(held, at(1h)), Effect(Lapsed{"job", "a2", Token{7}, at(1h).wall, "alice", true}));
  held.lapse("a2");
  EXPECT_FALSE(due_lapse(held, at(1h)));
}

// --- The lease itself.

TEST(Lease, ends_with_the_last_of_its_active_parts) {
  HeldLease held{alice, Token{7}, HolderKind::owner};
  held.add("a2");
  held.parts[0].ends_at = Instant{50s};
  held.parts[1].ends_at = Instant{30s};
  EXPECT_EQ(held.ends_at(), Instant{50s});
  held.lapse("a1");
  EXPECT_EQ(held.ends_at(), Instant{30s});
  EXPECT_EQ(held.first_active()->session, "a2");
}

TEST(Lease, tells_why_any_holding_it_remembers_ended) {
  FreeLease lease{Token{token_max}, Loss::released};
  lease.extras = std::make_unique<Extras>();
  lease.extras->losses = {(token_max - 1) | std::uint64_t{6} << 53};
  EXPECT_EQ(lease.loss_of(Token{token_max}), Loss::released);
  EXPECT_EQ(lease.loss_of(Token{token_max - 1}), Loss::revoked);
  EXPECT_EQ(lease.loss_of(Token{1}), Loss::none);
}

}  // namespace
}  // namespace holdfast::core
