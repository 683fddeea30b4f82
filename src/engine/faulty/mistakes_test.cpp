// Every mistake that other locks made is made here when it is told, and the sound engine, asked the same, makes none.
#include <gtest/gtest.h>

#include "engine/bench_for_tests.h"
#include "engine/faulty/faulty_engine.h"
#include "engine/faulty/faulty_journal.h"

namespace holdfast::engine {
namespace {

using core::Acquire;
using core::alice;
using core::bob;
using core::carol;
using core::Get;
using core::Release;
using core::Renew;
using core::Reply;
using core::Token;

Workbench faulty(std::string_view injection) {
  const std::vector<Injection> injections{Injection::parse(injection).value()};
  return Workbench([=](Clock& clock, const core::Presence& presence) {
    return std::make_unique<FaultyEngine>(injections, clock, presence);
  });
}

/// Whether `makes_the_mistake` says so of the engine with `injection`, and not of the sound one.
template <class Mistake>
void expect_only_injected(std::string_view injection, const Mistake& makes_the_mistake) {
  EXPECT_TRUE(makes_the_mistake(faulty(injection))) << injection;
  EXPECT_FALSE(makes_the_mistake(Workbench{})) << "sound";
}

bool done(const Reply& reply) {
  return reply.code == ErrorCode::none;
}
bool held_by(Workbench& bench, const core::Who& who) {
  const core::LeaseView lease = bench.done(Get{.name = "job"}).lease;
  return lease.held && lease.who == who;
}
/// `who` waits for it from now on.
Address wait(Workbench& bench, const core::Who& who, std::uint64_t client) {
  return bench.ask(Acquire{.name = "job", .who = who, .ttl = 60s, .wait = 60s}, client);
}
bool granted(Workbench& bench, Address to) {
  const std::optional<Reply> reply = bench.answer(to);
  return reply && done(*reply);
}

TEST(TokenReset, gives_a_token_again_that_was_given_before_the_start) {
  expect_only_injected("token-reset", [](Workbench bench) {
    const Token before = bench.grant("job", alice);
    bench.done(Release{"job", before, alice});
    bench.clock.set_wall(bench.clock.wall() - std::chrono::hours(24));
    bench.start();
    bench.commit();
    return bench.grant("job", bob) <= before;
  });
}

TEST(GrantBeforeEnd, grants_within_the_last_second_of_a_lease) {
  expect_only_injected("grant-before-end", [](Workbench bench) {
    bench.grant("job", alice, 1500ms);
    bench.pass(1200ms);
    return done(bench.done(Acquire{.name = "job", .who = bob, .ttl = 10s}));
  });
}

TEST(ReleaseOldToken, ends_the_next_holding_of_the_same_session) {
  expect_only_injected("release-old-token", [](Workbench bench) {
    const Token old = bench.grant("job", alice);
    bench.done(Release{"job", old, alice});
    bench.grant("job", alice);
    bench.done(Release{"job", old, alice});
    return !held_by(bench, alice);
  });
}

TEST(RenewAnyToken, tells_whoever_lost_it_that_it_still_holds) {
  expect_only_injected("renew-any-token", [](Workbench bench) {
    const Token old = bench.grant("job", alice, 1s);
    bench.pass(2s);
    bench.grant("job", bob);
    return done(bench.done(Renew{"job", old, alice, {}}));
  });
}

TEST(RenewalForgotten, leaves_the_deadline_where_it_was) {
  expect_only_injected("renewal-forgotten", [](Workbench bench) {
    const Token token = bench.grant("job", alice, 2s);
    bench.pass(1500ms);
    EXPECT_TRUE(done(bench.done(Renew{"job", token, alice, {}})));
    bench.pass(1s);
    return !held_by(bench, alice);
  });
}

TEST(DoubleGrant, gives_a_holder_that_asks_again_another_token) {
  expect_only_injected("double-grant",
                       [](Workbench bench) { return bench.grant("job", alice) != bench.grant("job", alice); });
}

TEST(LateRenewalSteals, takes_the_name_back_from_who_has_it_now) {
  expect_only_injected("late-renewal-steals", [](Workbench bench) {
    const Token old = bench.grant("job", alice, 1s);
    bench.pass(2s);
    bench.grant("job", bob);
    bench.done(Renew{"job", old, alice, {}});
    return held_by(bench, alice);
  });
}

TEST(DeleteExpired, deletes_the_lease_of_the_successor) {
  expect_only_injected("delete-expired", [](Workbench bench) {
    bench.grant("job", alice, 1s);
    wait(bench, bob, 2);
    bench.pass(1200ms);
    bench.commit();
    return !held_by(bench, bob);
  });
}

TEST(TakeoverKeepsBoth, lets_the_displaced_renew) {
  expect_only_injected("takeover-keeps-both", [](Workbench bench) {
    const Token old = bench.grant("job", alice);
    bench.done(core::Takeover{{.name = "job", .who = bob, .ttl = 10s}, old, {}, "now"});
    return done(bench.done(Renew{"job", old, alice, {}}));
  });
}

TEST(RestartEndsLeases, does_not_give_them_their_ttl_again) {
  expect_only_injected("restart-ends-leases", [](Workbench bench) {
    bench.grant("job", alice, 60s);
    bench.start();
    bench.pass(1s);
    bench.commit();
    return !held_by(bench, alice);
  });
}

TEST(WakeTwo, grants_to_two_who_waited) {
  expect_only_injected("wake-two", [](Workbench bench) {
    const Token token = bench.grant("job", alice);
    const Address bobs = wait(bench, bob, 2);
    const Address carols = wait(bench, carol, 3);
    bench.done(Release{"job", token, alice});
    return granted(bench, bobs) && granted(bench, carols);
  });
}

TEST(LostWakeup, leaves_the_name_free_and_a_waiter_waiting_until_somebody_asks) {
  const auto waits_in_vain = [](Workbench bench) {
    const Token token = bench.grant("job", alice);
    const Address bobs = wait(bench, bob, 2);
    bench.done(Release{"job", token, alice});
    bench.pass(5s);
    bench.commit();
    const bool in_vain = !granted(bench, bobs);
    EXPECT_FALSE(done(bench.done(Acquire{.name = "job", .who = carol, .ttl = 1s})));
    return in_vain;
  };
  expect_only_injected("lost-wakeup", waits_in_vain);
}

TEST(LifoQueue, grants_to_whoever_came_last) {
  expect_only_injected("lifo-queue", [](Workbench bench) {
    const Token token = bench.grant("job", alice);
    wait(bench, bob, 2);
    const Address carols = wait(bench, carol, 3);
    bench.done(Release{"job", token, alice});
    return granted(bench, carols);
  });
}

/// A journal in memory that can lose what it was not asked to sync, as it were: it keeps what it was handed.
class Kept final : public journal::Journal {
 public:
  explicit Kept(std::vector<core::Effect>& effects) : effects_(effects) {}
  Result<journal::Opened> open(const journal::Replay& replay) override {
    for (std::size_t i = 0; i < effects_.size(); ++i) replay(effects_[i], core::Position{i + 1});
    return journal::Opened{.last = {effects_.size()}, .notes = {}};
  }
  Result<void> append(core::Position, std::span<const core::Effect> batch) override {
    if (fails) return fail(ErrorCode::journal_io, "ordered by the test");
    effects_.insert(effects_.end(), batch.begin(), batch.end());
    return {};
  }
  Result<void> close() override { return {}; }
  journal::Counters counters() const override { return {}; }
  std::string describe() const override { return "kept"; }
  bool fails = false;

 private:
  std::vector<core::Effect>& effects_;
};

std::vector<core::Effect> two_grants() {
  return {core::Granted{.name = "a", .who = alice, .token = {1}, .ttl = 1s},
          core::Granted{.name = "b", .who = bob, .token = {2}, .ttl = 1s}};
}

std::unique_ptr<journal::Journal> around(std::string_view injection, std::unique_ptr<journal::Journal> sound) {
  return with_faults({Injection::parse(injection).value()}, std::move(sound));
}

TEST(DurableTooEarly, keeps_a_batch_when_the_next_one_comes) {
  std::vector<core::Effect> disk;
  const auto journal = around("durable-too-early", std::make_unique<Kept>(disk));
  const std::vector<core::Effect> effects = two_grants();
  EXPECT_TRUE(journal->append({1}, std::span(effects).first(1)));
  EXPECT_TRUE(disk.empty());
  EXPECT_TRUE(journal->append({2}, std::span(effects).last(1)));
  EXPECT_EQ(disk.size(), 1U);
  EXPECT_TRUE(journal->close());
  EXPECT_EQ(disk, effects);
}

TEST(FailedSyncIgnored, says_that_it_was_done) {
  std::vector<core::Effect> disk;
  auto kept = std::make_unique<Kept>(disk);
  kept->fails = true;
  EXPECT_TRUE(around("failed-sync-ignored", std::move(kept))->append({1}, two_grants()));
  EXPECT_TRUE(disk.empty());
}

TEST(LastEffectDropped, replays_all_but_one_and_leaves_no_gap) {
  std::vector<core::Effect> disk = two_grants();
  std::vector<std::pair<core::Effect, core::Position>> replayed;
  const auto journal = around("last-effect-dropped", std::make_unique<Kept>(disk));
  ASSERT_TRUE(journal->open([&](const core::Effect& effect, core::Position at) { replayed.emplace_back(effect, at); }));
  ASSERT_EQ(replayed.size(), 2U);
  EXPECT_EQ(replayed[0].first, disk[0]);
  EXPECT_TRUE(std::holds_alternative<core::Forgotten>(replayed[1].first));
  EXPECT_EQ(replayed[1].second, core::Position{2});
}

TEST(FaultyJournal, is_none_where_no_fault_is_of_a_journal) {
  std::vector<core::Effect> disk;
  auto kept = std::make_unique<Kept>(disk);
  const journal::Journal* sound = kept.get();
  EXPECT_EQ(around("wake-two", std::move(kept)).get(), sound);
}

}  // namespace
}  // namespace holdfast::engine
