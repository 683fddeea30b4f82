#include "core/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/desk_for_tests.h"

namespace holdfast::core {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

/// A program that is written where it is needed.
class Does final : public Program {
 public:
  explicit Does(std::function<void(Keys&)> what) : what_(std::move(what)) {}
  void run(Keys& keys) override { what_(keys); }

 private:
  std::function<void(Keys&)> what_;
};

constexpr std::uint64_t here = 1, elsewhere = 2;

class KeysTest : public testing::Test {
 protected:
  static RunProgram program(std::function<void(Keys&)> what) { return {std::make_shared<Does>(std::move(what))}; }
  Reply run(std::function<void(Keys&)> what, std::uint64_t client = here) {
    return desk.ask(program(std::move(what)), client).value();
  }
  static Acquire want(const std::string& name, const std::string& value, Duration ttl = 10s) {
    return {.name = name, .who = {"alice", value}, .ttl = ttl};
  }
  ErrorCode take(const std::string& value, std::uint64_t client = here, const std::string& name = "job") {
    ErrorCode code{};
    run([&](Keys& keys) { code = keys.take(want(name, value)); }, client);
    return code;
  }
  Key look(const std::string& name = "job") {
    Key key;
    run([&](Keys& keys) { key = keys.look(name); }, elsewhere);
    return key;
  }
  /// `what` on the connection that did not take it.
  ErrorCode strange(const std::function<ErrorCode(Keys&)>& what) {
    ErrorCode code{};
    run([&](Keys& keys) { code = what(keys); }, elsewhere);
    return code;
  }
  Address waits(const Who& who, std::uint64_t client = 7) {
    const Address from = desk.next(client);
    desk.submit(Acquire{.name = "job", .who = who, .ttl = 10s, .wait = 60s}, from);
    return from;
  }

  Desk desk;
};

TEST_F(KeysTest, show_the_session_that_holds_as_the_value) {
  EXPECT_FALSE(look().held);
  const Token token = desk.grant("job", bob);
  const Key key = look();
  EXPECT_TRUE(key.held);
  EXPECT_EQ(key.value, bob.session);
  EXPECT_EQ(key.token, token);
  EXPECT_EQ(key.ttl, 10s);
  EXPECT_EQ(key.ends_in, 10s + 10ms) << "the lease's deadline is a little later than its ttl (L4)";
}

TEST_F(KeysTest, are_free_once_their_time_is_up) {  // L5
  take("v");
  desk.now = 11s;
  const Key key = look();
  EXPECT_FALSE(key.held);
  EXPECT_EQ(key.value, "");
  EXPECT_THAT(desk.effects, SizeIs(2)) << "the lapse was carried out";
  EXPECT_EQ(strange([](Keys& keys) { return keys.renew("job", 5s, Proof::value); }), ErrorCode::nothing_held);
}

TEST_F(KeysTest, are_not_entered_again_with_the_same_value) {
  EXPECT_EQ(take("1"), ErrorCode::none);
  const Token token = look().token;
  desk.now = 4s;
  EXPECT_EQ(take("1"), ErrorCode::held);
  EXPECT_EQ(look().token, token);
  EXPECT_EQ(look().ends_in, 6s + 10ms) << "nothing was moved";
  desk.now = 11s;
  EXPECT_EQ(take("1"), ErrorCode::none) << "what lapsed is over";
  EXPECT_GT(look().token, token) << "and this is another holding (L2)";
}

TEST_F(KeysTest, have_a_token_that_rises_with_each_holding) {  // L2
  const Reply first = run([](Keys& keys) { keys.take(want("job", "v")); });
  const Reply second = run([](Keys& keys) {
    keys.end("job", Proof::connection);
    keys.take(want("job", "v"));
  });
  ASSERT_THAT(first.granted, SizeIs(1));
  ASSERT_THAT(second.granted, SizeIs(1));
  EXPECT_GT(second.granted[0].lease.token, first.granted[0].lease.token);
  ASSERT_THAT(second.parts, SizeIs(1));
  EXPECT_EQ(second.parts[0].token, first.granted[0].lease.token);
}

// --- Proof (L7).

TEST_F(KeysTest, are_touched_by_the_connection_that_took_them) {
  take("v");
  run([](Keys& keys) {
    EXPECT_EQ(keys.renew("job", 5s, Proof::connection), ErrorCode::none);
    EXPECT_EQ(keys.pass_on(want("job", "w", 7s), Proof::connection), ErrorCode::none);
    EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::none);
    EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::nothing_held);
  });
}

TEST_F(KeysTest, are_not_touched_by_another_connection) {
  take("v");
  const std::size_t before = desk.effects.size();
  run(
      [](Keys& keys) {
        keys.look("job");
        EXPECT_EQ(keys.renew("job", 5s, Proof::connection), ErrorCode::key_not_proven);
        EXPECT_EQ(keys.pass_on(want("job", "w"), Proof::connection), ErrorCode::key_not_proven);
        EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::key_not_proven);
      },
      elsewhere);
  EXPECT_THAT(desk.effects, SizeIs(before));
  EXPECT_EQ(look().value, "v");
}

TEST_F(KeysTest, stay_those_of_the_connection_that_took_them_when_they_are_renewed) {
  take("v");
  strange([](Keys& keys) {
    keys.look("job");
    return keys.renew("job", 30s, Proof::value);
  });
  EXPECT_EQ(strange([](Keys& keys) { return keys.end("job", Proof::connection); }), ErrorCode::key_not_proven);
  run([](Keys& keys) { EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::none); });
}

TEST_F(KeysTest, are_those_of_nobody_after_a_restart) {
  take("v");
  const std::unique_ptr<Desk> next = desk.restarted();
  for (const std::uint64_t client : {here, std::uint64_t{0}}) {
    next->ask(program([](Keys& keys) { EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::key_not_proven); }),
              Address{client, 99});
  }
}

TEST_F(KeysTest, are_touched_by_whoever_compared_their_value) {
  take("v");
  run(
      [](Keys& keys) {
        EXPECT_EQ(keys.end("job", Proof::value), ErrorCode::key_not_proven) << "nobody has looked yet";
        keys.look("job");
        EXPECT_EQ(keys.renew("job", 5s, Proof::value), ErrorCode::none);
        EXPECT_EQ(keys.end("job", Proof::value), ErrorCode::none);
      },
      elsewhere);
  EXPECT_FALSE(look().held);
}

TEST_F(KeysTest, are_not_proven_by_the_value_of_a_holding_before) {
  take("v");
  run(
      [](Keys& keys) {
        keys.look("job");
        EXPECT_EQ(keys.pass_on(want("job", "w"), Proof::value), ErrorCode::none);
        EXPECT_EQ(keys.end("job", Proof::value), ErrorCode::key_not_proven) << "nobody has looked at this one";
        EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::none) << "it began here";
      },
      elsewhere);
}

TEST_F(KeysTest, of_several_sessions_are_ended_for_the_one_that_is_proven) {
  const auto share = [](const Who& who) {
    return Acquire{.name = "job", .who = who, .ttl = 10s, .holder = HolderKind::owner};
  };
  desk.ask(share(alice), 5);
  desk.ask(share(alice2), 6);
  run(
      [](Keys& keys) {
        EXPECT_EQ(keys.look("job").value, alice.session);
        EXPECT_EQ(keys.pass_on(want("job", "w"), Proof::value), ErrorCode::key_not_proven);
        EXPECT_EQ(keys.end("job", Proof::value), ErrorCode::none);
        EXPECT_EQ(keys.end("job", Proof::value), ErrorCode::key_not_proven) << "the other one was not shown";
      },
      elsewhere);
  EXPECT_EQ(look().value, alice2.session);
  run([](Keys& keys) { EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::none); }, 6);
  EXPECT_FALSE(look().held);
}

// --- What a change does.

TEST_F(KeysTest, are_passed_on_to_another_session_of_the_same_owner) {
  desk.ask(Acquire{.name = "job", .who = bob, .ttl = 10s, .note = "why"}, here);
  const Token before = look().token;
  const Reply reply = run([](Keys& keys) { keys.pass_on(want("job", "w", 7s), Proof::connection); });
  const LeaseView now = desk.show("job");
  EXPECT_EQ(now.who, (Who{"bob", "w"}));
  EXPECT_GT(now.token, before);
  EXPECT_EQ(now.previous, before);
  EXPECT_EQ(now.note, "why");
  EXPECT_EQ(now.ttl, 7s);
  ASSERT_THAT(reply.granted, SizeIs(1));
  EXPECT_EQ(reply.granted[0].before, Loss::moved);  // L13
  EXPECT_EQ(reply.granted[0].void_after, deadline(Instant{}, 7s));
  ASSERT_THAT(reply.parts, SizeIs(1));
  EXPECT_EQ(reply.parts[0].token, before);
  EXPECT_EQ(reply.parts[0].who, bob);
}

TEST_F(KeysTest, are_renewed_where_they_are_passed_on_to_the_session_that_holds) {
  take("v");
  const Token before = look().token;
  run([](Keys& keys) { EXPECT_EQ(keys.pass_on(want("job", "v", 20s), Proof::connection), ErrorCode::none); });
  EXPECT_EQ(look().token, before);
  EXPECT_EQ(look().ttl, 20s);
}

TEST_F(KeysTest, are_not_passed_on_while_somebody_takes_them_over) {  // L9
  take("v");
  desk.submit(
      Takeover{.want = {.name = "job", .who = bob, .ttl = 10s}, .token = look().token, .flush = 5s, .reason = "stuck"},
      desk.next(7));
  run([](Keys& keys) { EXPECT_EQ(keys.pass_on(want("job", "w"), Proof::connection), ErrorCode::takeover_pending); });
  EXPECT_EQ(look().value, "v");
}

TEST_F(KeysTest, go_to_whoever_waits_when_the_program_is_over) {  // L8
  take("v");
  const Address waiting = waits(bob);
  const Address from = desk.next(here);
  desk.submit(program([](Keys& keys) {
                EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::none);
                EXPECT_FALSE(keys.look("job").held);
                EXPECT_EQ(keys.take(want("job", "again")), ErrorCode::held) << "somebody comes first";
              }),
              from);
  ASSERT_THAT(desk.answers, SizeIs(2));
  EXPECT_EQ(desk.answers[0].to, from) << "whoever is next hears of it after whoever ended it";
  EXPECT_EQ(desk.answers[1].to, waiting);
  EXPECT_EQ(look().value, bob.session);
}

TEST_F(KeysTest, go_to_whoever_takes_them_over_when_the_program_is_over) {  // L9
  take("v");
  const Address taking = desk.next(7);
  desk.submit(
      Takeover{.want = {.name = "job", .who = bob, .ttl = 10s}, .token = look().token, .flush = 5s, .reason = "stuck"},
      taking);
  run([](Keys& keys) {
    keys.end("job", Proof::connection);
    EXPECT_EQ(keys.take(want("job", "again")), ErrorCode::held);
  });
  EXPECT_EQ(desk.reply_to(taking).value().code, ErrorCode::none);
  EXPECT_EQ(look().value, bob.session);
}

TEST_F(KeysTest, are_not_taken_by_a_session_that_waits_for_them_twice) {
  take("v");
  const Address waiting = waits({"alice", "w"});
  run([](Keys& keys) { EXPECT_EQ(keys.pass_on(want("job", "w"), Proof::connection), ErrorCode::none); });
  EXPECT_EQ(desk.reply_to(waiting).value().code, ErrorCode::wait_superseded);
}

// --- What the answer says.

TEST_F(KeysTest, answer_once_with_all_that_began_and_ended) {
  take("old", here, "c");
  const Address from = desk.next(here);
  desk.submit(program([](Keys& keys) {
                keys.take(want("a", "v", 10s));
                keys.take(want("b", "v", 5s));
                keys.take(want("d", "v", 20s));
                keys.end("c", Proof::connection);
              }),
              from);
  ASSERT_THAT(desk.answers, SizeIs(1));
  const Reply reply = desk.reply_to(from).value();
  EXPECT_EQ(reply.code, ErrorCode::none);
  ASSERT_THAT(reply.granted, SizeIs(3));
  EXPECT_EQ(reply.granted[0].lease.name, "a");
  EXPECT_EQ(reply.granted[0].who, (Who{"alice", "v"}));
  EXPECT_TRUE(reply.granted[0].lease.held);
  EXPECT_EQ(reply.void_after, deadline(Instant{}, 5s)) << "of the first that ends (L4)";
  ASSERT_THAT(reply.parts, SizeIs(1));
  EXPECT_EQ(reply.parts[0].name, "c");
  EXPECT_EQ(reply.parts[0].who, (Who{"alice", "old"}));
  EXPECT_EQ(reply.position, desk.state.position());
  EXPECT_EQ(reply.waits_for, desk.state.position());
}

TEST_F(KeysTest, do_not_tell_of_what_was_over_before_the_program_was) {
  const Reply reply = run([](Keys& keys) {
    keys.take(want("job", "v"));
    keys.pass_on(want("job", "w"), Proof::connection);
    keys.renew("job", 3s, Proof::connection);
    keys.take(want("other", "v", 1s));
    keys.end("other", Proof::connection);
  });
  ASSERT_THAT(reply.granted, SizeIs(1));
  EXPECT_EQ(reply.granted[0].who.session, "w");
  EXPECT_EQ(reply.granted[0].lease.ttl, 3s);
  EXPECT_EQ(reply.void_after, deadline(Instant{}, 3s));
  const Reply nothing = run([](Keys& keys) { keys.look("job"); });
  EXPECT_THAT(nothing.granted, IsEmpty());
  EXPECT_EQ(nothing.void_after, Instant{});
}

TEST_F(KeysTest, are_answered_when_their_last_change_is_durable) {
  desk.grant("early", bob);
  const Position early = desk.state.position();
  desk.grant("late", bob);
  EXPECT_EQ(run([](Keys& keys) { keys.look("early"); }).waits_for, early);
  EXPECT_EQ(run([](Keys& keys) { keys.look("nobody/has/this"); }).waits_for, desk.state.position())
      << "an absence waits for everything";
  EXPECT_EQ(run([](Keys& keys) {
              keys.look("late");
              keys.look("early");
            }).waits_for,
            desk.state.position());
  EXPECT_EQ(run([](Keys& keys) { keys.take(want("early", "v")); }).waits_for, early) << "a refusal shows it, too";
}

TEST_F(KeysTest, that_are_renewed_wait_for_nothing_new) {
  take("v");
  const Position taken = desk.state.position();
  desk.grant("other", bob);
  const Reply reply = run([](Keys& keys) { EXPECT_EQ(keys.renew("job", 10s, Proof::connection), ErrorCode::none); });
  EXPECT_EQ(reply.waits_for, taken);
  EXPECT_THAT(desk.effects, SizeIs(2)) << "a moved deadline is no effect";
}

// --- A grant that nobody was told of.

TEST_F(KeysTest, are_taken_back_one_by_one) {
  const Address from = desk.next(here);
  desk.submit(program([](Keys& keys) {
                keys.take(want("a", "v"));
                keys.take(want("b", "v"));
              }),
              from);
  const Reply reply = desk.reply_to(from).value();
  for (const Reply::Grant& grant : reply.granted) {
    desk.submit(TakeBack{grant.lease.name, grant.lease.token, grant.who}, from);
  }
  EXPECT_FALSE(look("a").held);
  EXPECT_FALSE(look("b").held);
}

TEST_F(KeysTest, are_not_taken_back_where_they_were_only_renewed) {
  take("v");
  const Address from = desk.next(here);
  desk.submit(program([](Keys& keys) { keys.renew("job", 10s, Proof::connection); }), from);
  const Reply reply = desk.reply_to(from).value();
  ASSERT_THAT(reply.granted, SizeIs(1));
  desk.submit(TakeBack{"job", reply.granted[0].lease.token, reply.granted[0].who}, from);
  EXPECT_TRUE(look().held);
}

TEST_F(KeysTest, are_not_taken_back_once_they_have_been_renewed) {  // L4
  const Address from = desk.next(here);
  desk.submit(program([](Keys& keys) { keys.take(want("job", "v")); }), from);
  const Reply taken = desk.reply_to(from).value();
  strange([](Keys& keys) {
    keys.look("job");
    return keys.renew("job", 30s, Proof::value);
  });
  desk.submit(TakeBack{"job", taken.granted[0].lease.token, taken.granted[0].who}, from);
  EXPECT_TRUE(look().held) << "its session may know already that it holds";
}

// --- A server in need.

TEST(KeysOfAServerInNeed, refuse_what_it_cannot_take_and_go_on_with_the_rest) {
  Desk desk;
  const auto run = [&](Refusals refusals, std::function<void(Keys&)> what) {
    Outcome outcome;
    Step step{desk.state, at(desk.now), desk.clients, outcome};
    step.refuse(refusals);
    step.handle(RunProgram{std::make_shared<Does>(std::move(what))}, Address{here, 1});
    return outcome;
  };
  const auto want = [](const std::string& name, const std::string& value) {
    return Acquire{.name = name, .who = {"alice", value}, .ttl = 10s};
  };
  run({}, [&](Keys& keys) { keys.take(want("job", "v")); });
  const Outcome full = run({.begins = ErrorCode::disk_full, .new_ttl = ErrorCode::disk_full}, [&](Keys& keys) {
    EXPECT_EQ(keys.take(want("job", "w")), ErrorCode::held);
    EXPECT_EQ(keys.take(want("free", "w")), ErrorCode::disk_full);
    EXPECT_EQ(keys.pass_on(want("job", "w"), Proof::connection), ErrorCode::disk_full);
    EXPECT_EQ(keys.renew("job", 9s, Proof::connection), ErrorCode::disk_full);
    EXPECT_EQ(keys.pass_on({.name = "job", .who = {"alice", "v"}, .ttl = 9s}, Proof::connection), ErrorCode::disk_full);
    EXPECT_EQ(keys.renew("job", 10s, Proof::connection), ErrorCode::none);
    EXPECT_TRUE(keys.look("job").held);
  });
  EXPECT_THAT(full.effects, IsEmpty());
  EXPECT_EQ(full.refused, ErrorCode::disk_full);
  const Outcome behind = run({.ends = ErrorCode::journal_behind}, [&](Keys& keys) {
    EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::journal_behind);
    EXPECT_TRUE(keys.look("job").held);
  });
  EXPECT_THAT(behind.effects, IsEmpty());
  const Outcome well = run({}, [&](Keys& keys) { EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::none); });
  EXPECT_THAT(well.effects, SizeIs(1));
  EXPECT_EQ(well.refused, ErrorCode::none);
}

// --- An acquire without re-entry, outside of programs.

TEST(AcquireAnew, is_refused_by_what_its_own_session_holds) {
  Desk desk;
  const Token token = desk.grant("job", alice);
  const std::size_t effects = desk.effects.size();
  desk.now = 5s;
  const Acquire anew{.name = "job", .who = alice, .ttl = 20s, .anew = true};
  EXPECT_EQ(desk.ask(anew).value().code, ErrorCode::held_by_you);
  EXPECT_EQ(desk.ask(Acquire{.name = "job", .who = bob, .ttl = 20s, .anew = true}).value().code, ErrorCode::held);
  EXPECT_THAT(desk.effects, SizeIs(effects));
  EXPECT_EQ(desk.show("job").ends_in, 5s + 10ms);
  desk.now = 11s;
  EXPECT_GT(desk.ask(anew).value().lease.token, token) << "a lapse is over, and no late renewal (L6)";
}

TEST(AcquireAnew, shares_nothing_and_takes_no_room_from_those_who_do) {
  Limits limits;
  limits.sessions_max = 2;
  Desk desk(limits);
  const auto share = [](const Who& who, Duration ttl) {
    return Acquire{.name = "job", .who = who, .ttl = ttl, .holder = HolderKind::owner};
  };
  desk.ask(share(alice, 60s));
  desk.ask(share(alice2, 1s));
  desk.now = 2s;
  desk.show("job");
  const std::size_t effects = desk.effects.size();
  Acquire anew = share({"alice", "a3"}, 60s);
  anew.anew = true;
  EXPECT_EQ(desk.ask(anew).value().code, ErrorCode::held_by_you);
  anew.who = alice2;
  EXPECT_EQ(desk.ask(anew).value().code, ErrorCode::held_by_you);
  EXPECT_THAT(desk.effects, SizeIs(effects)) << "the lapsed one may still come back";
}

TEST(AcquireAnew, that_waits_begins_when_the_name_comes_free) {
  Desk desk;
  const Token token = desk.grant("job", alice);
  const Address from = desk.next(2);
  desk.submit(Acquire{.name = "job", .who = alice, .ttl = 20s, .wait = 60s, .anew = true}, from);
  EXPECT_FALSE(desk.reply_to(from).has_value());
  desk.ask(Release{"job", token, alice});
  EXPECT_GT(desk.reply_to(from).value().lease.token, token);
}

}  // namespace
}  // namespace holdfast::core
