#include "server/conflict_monitor.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/desk_for_tests.h"
#include "core/keys.h"

namespace holdfast::server {
namespace {

using namespace std::chrono_literals;
using core::Acquire;
using core::alice;
using core::alice2;
using core::bob;
using core::carol;
using core::Reply;
using core::Token;

/// Everything that the rules answer is observed, as the doors do it.
class ConflictMonitorTest : public testing::Test {
 protected:
  Reply ask(core::Command command) {
    const core::Address from = desk.next(1);
    desk.submit(command, from);
    return observe(from).value();
  }
  /// Observes what has been answered; the answer for `from`, if there is one.
  std::optional<Reply> observe(core::Address from) {
    for (const core::Answer& answer : desk.answers) monitor.observe(answer.reply);
    std::optional<Reply> reply = desk.reply_to(from);
    desk.answers.clear();
    return reply;
  }
  Token grant(const core::Who& who) { return ask(acquire(who)).lease.token; }
  static Acquire acquire(const core::Who& who, core::HolderKind holder = core::HolderKind::session) {
    return {.name = "job", .who = who, .ttl = 60s, .holder = holder};
  }
  std::uint64_t alarms() const { return metrics.buffer_conflicts; }

  core::Desk desk;
  Log log{Log::Form::text, Log::Level::error};
  Metrics metrics;
  ConflictMonitor monitor{log, metrics};
};

TEST_F(ConflictMonitorTest, is_quiet_when_a_name_changes_hands_as_it_should) {  // L9, L13
  const Token a = grant(alice);
  const Token b = ask(core::Takeover{.want = acquire(bob), .token = a, .reason = "stuck"}).lease.token;
  const Token c = ask(core::Move{.name = "job", .token = b, .who = {"bob", "b2"}}).lease.token;
  ask(core::Transfer{"job", c, {"bob", "b2"}, "carol", "c1", "fresh"});
  const Token d = grant(carol);
  EXPECT_GT(d, c);
  ask(core::Revoke{"job", d, {"admin", ""}, "left"});
  grant(alice);
  EXPECT_EQ(ask(core::EndSession{.who = alice}).count, 1U);
  grant(bob);
  EXPECT_EQ(alarms(), 0U);
}

TEST_F(ConflictMonitorTest, is_quiet_when_a_takeover_waited_for_its_window) {
  const Token a = grant(alice);
  const core::Address from = desk.next(2);
  desk.submit(core::Takeover{.want = acquire(bob), .token = a, .flush = 5s, .reason = "stuck"}, from);
  desk.now = 6s;
  desk.tick();
  EXPECT_EQ(observe(from).value().code, ErrorCode::none);
  EXPECT_EQ(alarms(), 0U);
}

TEST_F(ConflictMonitorTest, is_quiet_when_whoever_was_given_it_gives_it_up_without_ever_asking) {
  // It took the giver for a holder until the end of its ttl: a transfer told nobody that this belief was over.
  const Token a = grant(alice);
  const Token b = ask(core::Transfer{"job", a, alice, "bob", "b1", "fresh"}).lease.token;
  ask(core::Release{"job", b, bob});
  grant(carol);
  EXPECT_EQ(alarms(), 0U);
}

TEST_F(ConflictMonitorTest, is_quiet_when_a_shared_holding_is_given_away_for_all_of_its_sessions) {
  const Token a = ask(acquire(alice, core::HolderKind::owner)).lease.token;
  ask(acquire(alice2, core::HolderKind::owner));
  const Token b = ask(core::Transfer{"job", a, alice, "bob", "b1", "fresh"}).lease.token;
  ask(core::Release{"job", b, bob});
  grant(carol);
  EXPECT_EQ(alarms(), 0U);
}

TEST_F(ConflictMonitorTest, sees_two_owners_where_nobody_took_anything_over) {  // L1
  Reply first = ask(acquire(alice));
  Reply second = first;
  second.who = bob;
  second.lease.who = bob;
  second.lease.token = Token{first.lease.token.value + 1};
  second.lease.previous = first.lease.token;
  testing::internal::CaptureStderr();
  monitor.observe(second);
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(alarms(), 1U);
}

TEST_F(ConflictMonitorTest, sees_two_owners_where_another_holding_was_taken_over) {  // L1
  Reply first = ask(acquire(alice));
  Reply second = first;
  second.who = bob;
  second.lease.token = Token{first.lease.token.value + 2};
  second.lease.previous = Token{first.lease.token.value + 1};
  second.before = core::Loss::taken_over;
  testing::internal::CaptureStderr();
  monitor.observe(second);
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(alarms(), 1U);
}

// --- Programs, which say several things in one answer.

class Does final : public core::Program {
 public:
  explicit Does(std::function<void(core::Keys&)> what) : what_(std::move(what)) {}
  void run(core::Keys& keys) override { what_(keys); }

 private:
  std::function<void(core::Keys&)> what_;
};
core::RunProgram program(std::function<void(core::Keys&)> what) {
  return {std::make_shared<Does>(std::move(what))};
}

TEST_F(ConflictMonitorTest, is_quiet_when_programs_begin_pass_on_and_end_as_they_may) {
  using core::Proof;
  grant(alice);
  ask(program([](core::Keys& keys) { keys.pass_on({.name = "job", .who = bob, .ttl = 60s}, Proof::connection); }));
  ask(program([](core::Keys& keys) {
    keys.pass_on({.name = "job", .who = carol, .ttl = 60s}, Proof::connection);
    keys.end("job", Proof::connection);
  }));
  grant(bob);
  ask(program([](core::Keys& keys) {
    keys.end("job", Proof::connection);
    keys.take({.name = "job", .who = carol, .ttl = 60s});
  }));
  ask(program([](core::Keys& keys) { keys.end("job", Proof::connection); }));
  grant(alice);
  EXPECT_EQ(alarms(), 0U);
}

TEST_F(ConflictMonitorTest, is_quiet_when_a_program_ends_what_somebody_waits_for) {
  grant(alice);
  core::Acquire waiting = acquire(bob);
  waiting.wait = 60s;
  const core::Address from = desk.next(2);
  desk.submit(waiting, from);
  ask(program([](core::Keys& keys) { keys.end("job", core::Proof::connection); }));
  EXPECT_EQ(alarms(), 0U);
}

TEST_F(ConflictMonitorTest, is_quiet_when_a_program_was_taken_back_or_came_too_late) {
  const Reply taken = ask(program([](core::Keys& keys) { keys.take(acquire(alice)); }));
  monitor.taken_back(taken);
  ask(core::Release{"job", taken.granted[0].lease.token, alice});
  monitor.taken_back({});
  grant(bob);
  const core::Address from = desk.next(1);
  desk.submit(program([](core::Keys& keys) {
                keys.pass_on({.name = "job", .who = carol, .ttl = 1s}, core::Proof::connection);
              }),
              from);
  desk.answers[0].reply.code = ErrorCode::grant_lapsed;
  observe(from);
  desk.now = 2s;
  grant(alice);
  EXPECT_EQ(alarms(), 0U);
}

TEST_F(ConflictMonitorTest, sees_two_owners_where_a_program_began_what_is_held) {  // L1
  Reply first = ask(program([](core::Keys& keys) {
    keys.take({.name = "other", .who = alice, .ttl = 60s});
    keys.take(acquire(alice));
  }));
  Reply second;
  second.granted = {first.granted[1]};
  second.granted[0].who = bob;
  second.granted[0].lease.token = Token{first.granted[1].lease.token.value + 1};
  testing::internal::CaptureStderr();
  monitor.observe(second);
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(alarms(), 1U);
}

}  // namespace
}  // namespace holdfast::server
