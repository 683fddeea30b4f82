// Every injected fault does what it is named for, and the sound engine, asked the same, does not.
#include "engine/faulty/faulty_engine.h"

#include <gtest/gtest.h>

#include "engine/bench_for_tests.h"

namespace holdfast::engine {
namespace {

using core::Acquire;
using core::alice;
using core::bob;
using core::carol;

Workbench faulty(std::vector<Injection> injections) {
  return Workbench([=](Clock& clock, const core::Presence& presence) {
    return std::make_unique<FaultyEngine>(injections, clock, presence);
  });
}
Workbench sound() {
  return Workbench{};
}

Injection injection(std::string_view text) {
  return Injection::parse(text).value();
}

/// How many of two who ask at once are told that they own the name.
int owners(Workbench bench) {
  const Address alices = bench.ask(Acquire{.name = "main.c", .who = alice, .ttl = 30s, .numbered = true}, 1);
  const Address bobs = bench.ask(Acquire{.name = "main.c", .who = bob, .ttl = 30s, .numbered = true}, 2);
  bench.pass(1s);
  bench.commit();
  const auto granted = [&](Address to) { return bench.answer(to).value().code == ErrorCode::none ? 1 : 0; };
  return granted(alices) + granted(bobs);
}

TEST(CheckThenAct, makes_two_owners_of_one_name) {
  EXPECT_EQ(owners(faulty({injection("check-then-act=100ms")})), 2);
  EXPECT_EQ(owners(sound()), 1);
}

TEST(CheckThenAct, acts_no_sooner_than_it_was_told) {
  Workbench bench = faulty({injection("check-then-act=200ms")});
  const Address from = bench.ask(Acquire{.name = "job", .who = alice, .ttl = 30s});
  bench.pass(150ms);
  bench.commit();
  EXPECT_FALSE(bench.answer(from));
  bench.pass(50ms);
  bench.commit();
  EXPECT_TRUE(bench.answer(from).value().lease.held);
}

TEST(CheckThenAct, still_refuses_whoever_comes_after_the_act) {
  Workbench bench = faulty({injection("check-then-act=0ms")});
  bench.ask(Acquire{.name = "job", .who = alice, .ttl = 30s});
  bench.pass(50ms);
  EXPECT_EQ(bench.done(Acquire{.name = "job", .who = bob, .ttl = 30s}).code, ErrorCode::held);
}

/// What becomes of Bob's lease when Alice releases with her old token.
bool survives_a_late_release(Workbench bench) {
  const core::Token old = bench.grant("job", alice, 1s);
  bench.pass(2s);
  bench.grant("job", bob, 60s);
  bench.done(core::Release{"job", old, alice});
  return bench.done(core::Get{.name = "job"}).lease.held;
}

TEST(ReleaseByName, frees_the_lease_of_somebody_else) {
  EXPECT_FALSE(survives_a_late_release(faulty({injection("release-by-name")})));
  EXPECT_TRUE(survives_a_late_release(sound()));
}

/// Who gets the name when the first in the queue has hung up.
std::string next_owner(Workbench bench) {
  bench.grant("job", alice, 1s);
  const Address gone = bench.ask(Acquire{.name = "job", .who = bob, .ttl = 60s, .wait = 60s}, 2);
  bench.ask(Acquire{.name = "job", .who = carol, .ttl = 60s, .wait = 60s}, 3);
  bench.clients.gone.insert(2);
  bench.ask(core::Leave{}, gone);
  bench.pass(2s);
  return bench.done(core::Get{.name = "job"}).lease.who.owner;
}

TEST(ForgetWaiterCheck, grants_to_a_client_that_has_gone) {
  EXPECT_EQ(next_owner(faulty({injection("forget-waiter-check")})), "bob");
  EXPECT_EQ(next_owner(sound()), "carol");
}

/// Tokens of three grants: before somebody sets the clock back by a day, after that, and after a restart.
std::vector<std::uint64_t> tokens_while_the_clock_falls(Workbench bench) {
  std::vector<std::uint64_t> tokens{bench.grant("a", alice).value};
  bench.clock.set_wall(bench.clock.wall() - std::chrono::hours(24));
  tokens.push_back(bench.grant("b", bob).value);
  bench.start();
  tokens.push_back(bench.grant("c", carol).value);
  return tokens;
}

TEST(TokenFromClock, falls_and_repeats_with_the_clock) {
  EXPECT_TRUE(std::ranges::is_sorted(tokens_while_the_clock_falls(sound()), std::less_equal{}));
  const std::vector<std::uint64_t> tokens = tokens_while_the_clock_falls(faulty({injection("token-from-clock")}));
  EXPECT_LT(tokens[1], tokens[0]);
  EXPECT_EQ(tokens[2], tokens[1]);  // The hand did not move in between.
}

/// Whether a lease of an hour is held after the clock was set on by a day, and one of a second after it was set back.
std::pair<bool, bool> held_when_the_clock_is_set(Workbench bench) {
  bench.pass(100ms);
  bench.grant("long", alice, 1h);
  bench.grant("short", alice, 1s);
  const WallTime now = bench.clock.wall();
  bench.clock.set_wall(now - std::chrono::hours(24));
  bench.pass(2s);
  const bool late = bench.done(core::Get{.name = "short"}).lease.held;
  bench.clock.set_wall(now + std::chrono::hours(24));
  return {bench.done(core::Get{.name = "long"}).lease.held, late};
}

TEST(LapseByWallClock, ends_leases_early_when_it_is_set_on_and_late_when_it_is_set_back) {
  EXPECT_EQ(held_when_the_clock_is_set(sound()), std::pair(true, false));
  EXPECT_EQ(held_when_the_clock_is_set(faulty({injection("lapse-by-wall-clock")})), std::pair(false, true));
}

/// Whether a grant is told before it is on disk.
bool tells_too_early(Workbench bench) {
  const Address from = bench.ask(Acquire{.name = "job", .who = alice, .ttl = 30s});
  return bench.answer(from).has_value();
}

TEST(AnswerBeforeDurable, tells_a_grant_that_a_crash_takes_back) {
  EXPECT_TRUE(tells_too_early(faulty({injection("answer-before-durable")})));
  EXPECT_FALSE(tells_too_early(sound()));
  Workbench bench = faulty({injection("answer-before-durable")});
  bench.ask(Acquire{.name = "job", .who = alice, .ttl = 30s});
  bench.start();  // What was pending is gone.
  EXPECT_FALSE(bench.done(core::Get{.name = "job"}).lease.held);
}

TEST(FaultyEngine, without_injections_is_a_sound_one) {
  EXPECT_EQ(owners(faulty({})), 1);
  EXPECT_TRUE(survives_a_late_release(faulty({})));
  EXPECT_EQ(next_owner(faulty({})), "carol");
  EXPECT_TRUE(std::ranges::is_sorted(tokens_while_the_clock_falls(faulty({})), std::less_equal{}));
  EXPECT_EQ(held_when_the_clock_is_set(faulty({})), std::pair(true, false));
  EXPECT_FALSE(tells_too_early(faulty({})));
}

TEST(Injection, is_written_as_it_is_read) {
  EXPECT_EQ(injection("check-then-act").text(), "check-then-act=50ms");
  EXPECT_EQ(injection("check-then-act=100ms").text(), "check-then-act=100ms");
  EXPECT_EQ(injection("check-then-act=7").text(), "check-then-act=7ms");
  EXPECT_EQ(injection("release-by-name").text(), "release-by-name");
  for (const std::string& form : Injection::forms()) {
    if (form.find('[') == std::string::npos) {
      EXPECT_EQ(injection(form).text(), form);
    }
  }
}

TEST(Injection, that_does_not_exist_or_takes_no_delay_is_refused_with_the_list_of_those_there_are) {
  for (const char* text : {"", "check-then-act=", "check-then-act=soon", "check-then-act=-1ms", "check-then-act=60001",
                           "release-by-name=5ms", "answer-too-early"}) {
    const Result<Injection> parsed = Injection::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::bad_configuration);
    for (const std::string& form : Injection::forms()) EXPECT_NE(parsed.error().text().find(form), std::string::npos);
  }
}

}  // namespace
}  // namespace holdfast::engine
