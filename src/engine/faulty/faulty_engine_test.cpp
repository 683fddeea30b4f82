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

TEST(FaultyEngine, without_injections_is_a_sound_one) {
  EXPECT_EQ(owners(faulty({})), 1);
  EXPECT_TRUE(survives_a_late_release(faulty({})));
  EXPECT_EQ(next_owner(faulty({})), "carol");
}

TEST(Injection, is_written_as_it_is_read) {
  EXPECT_EQ(injection("check-then-act").text(), "check-then-act=50ms");
  EXPECT_EQ(injection("check-then-act=100ms").text(), "check-then-act=100ms");
  EXPECT_EQ(injection("check-then-act=7").text(), "check-then-act=7ms");
  EXPECT_EQ(injection("release-by-name").text(), "release-by-name");
  EXPECT_EQ(injection("forget-waiter-check").text(), "forget-waiter-check");
}

TEST(Injection, that_does_not_exist_or_takes_no_delay_is_refused_with_the_list_of_those_there_are) {
  for (const char* text : {"", "check-then-act=", "check-then-act=soon", "check-then-act=-1ms", "check-then-act=60001",
                           "release-by-name=5ms", "answer-too-early"}) {
    const Result<Injection> parsed = Injection::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::bad_configuration);
    EXPECT_NE(parsed.error().text().find("forget-waiter-check"), std::string::npos);
  }
}

}  // namespace
}  // namespace holdfast::engine
