#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/bench_for_tests.h"

namespace holdfast::engine {
namespace {

using core::Acquire;
using core::alice;
using core::bob;
using core::carol;
using core::Check;
using core::Get;
using core::List;
using core::Position;
using core::Release;
using core::Renew;
using core::Reply;
using core::Token;
using testing::SizeIs;

Acquire acquire(const std::string& name, const core::Who& who, Duration ttl = 10s, Duration wait = {}) {
  return {.name = name, .who = who, .ttl = ttl, .wait = wait};
}

// --- When a reply may leave.

TEST(Leaving, waits_for_a_grant_to_be_durable) {
  Workbench bench;
  const Address from = bench.ask(acquire("job", alice));
  EXPECT_FALSE(bench.answer(from));
  bench.take();
  EXPECT_FALSE(bench.answer(from)) << "on its way to the disk is not on the disk";
  bench.durable();
  EXPECT_EQ(bench.answer(from).value().code, ErrorCode::none);
}

TEST(Leaving, waits_with_a_refusal_for_the_grant_that_it_gives_away) {
  Workbench bench;
  bench.ask(acquire("job", alice), 1);
  const Address refused = bench.ask(acquire("job", bob), 2);
  EXPECT_FALSE(bench.answer(refused));
  bench.commit();
  EXPECT_EQ(bench.answer(refused).value().code, ErrorCode::held);
}

TEST(Leaving, waits_with_a_read_for_what_it_shows) {
  Workbench bench;
  bench.ask(acquire("job", alice));
  const Address get = bench.ask(Get{.name = "job"});
  const Address check = bench.ask(Check{"job", Token{first_token}});
  EXPECT_FALSE(bench.answer(get));
  EXPECT_FALSE(bench.answer(check));
  bench.commit();
  EXPECT_TRUE(bench.answer(get).value().lease.held);
  EXPECT_EQ(bench.answer(check).value().code, ErrorCode::none);
}

TEST(Leaving, does_not_wait_for_other_names) {
  Workbench bench;
  bench.grant("job", alice);
  bench.ask(acquire("other", bob));  // Pending.
  EXPECT_EQ(bench.answer(bench.ask(acquire("job", carol))).value().code, ErrorCode::held);
  EXPECT_TRUE(bench.answer(bench.ask(Get{.name = "job"})).value().lease.held);
}

TEST(Leaving, waits_for_nothing_new_with_a_renewal_that_only_moves_a_deadline) {
  Workbench bench;
  const Token token = bench.grant("job", alice);
  bench.ask(acquire("other", bob));
  EXPECT_EQ(bench.answer(bench.ask(Renew{"job", token, alice, {}})).value().code, ErrorCode::none);
}

TEST(Leaving, waits_with_a_renewal_for_the_grant_that_it_renews) {
  Workbench bench;
  bench.ask(acquire("job", alice));
  const Address renewed = bench.ask(Renew{"job", Token{first_token}, alice, {}});
  EXPECT_FALSE(bench.answer(renewed));
  bench.commit();
  EXPECT_EQ(bench.answer(renewed).value().code, ErrorCode::none);
}

TEST(Leaving, waits_for_everything_where_an_answer_shows_that_something_is_absent) {
  Workbench bench;
  bench.ask(acquire("other", bob));
  const Address get = bench.ask(Get{.name = "nobody's"});
  const Address list = bench.ask(List{.names = {}});
  const Address renew = bench.ask(Renew{"nobody's", Token{1}, alice, {}});
  EXPECT_THAT(bench.left, SizeIs(0));
  bench.commit();
  EXPECT_FALSE(bench.answer(get).value().lease.known);
  EXPECT_TRUE(bench.answer(list));
  EXPECT_EQ(bench.answer(renew).value().code, ErrorCode::nothing_held);
}

TEST(Leaving, waits_for_nothing_with_a_read_that_asked_for_what_is_unsettled) {
  Workbench bench;
  bench.ask(acquire("job", alice));
  const std::optional<Reply> get = bench.answer(bench.ask(Get{.name = "job", .unsettled = true}));
  ASSERT_TRUE(get);
  EXPECT_TRUE(get->lease.held);
  EXPECT_TRUE(get->unsettled);
  EXPECT_EQ(bench.answer(bench.ask(List{.names = {"job"}, .unsettled = true})).value().page.size(), 1U);
}

TEST(Leaving, waits_for_the_lapse_that_an_answer_shows) {  // L5
  Workbench bench;
  bench.grant("job", alice, 1s);
  bench.pass(1s);
  ASSERT_FALSE(bench.engine->pending());
  bench.clock.advance(1ms);  // Now; and no tick has seen it.
  const Address get = bench.ask(Get{.name = "job"});
  EXPECT_FALSE(bench.answer(get));
  bench.commit();
  EXPECT_EQ(bench.answer(get).value().lease.ended, core::Loss::lapsed);
}

TEST(Leaving, waits_for_the_batch_in_flight_and_for_no_later_one) {
  Workbench bench;
  const Address first = bench.ask(acquire("a", alice));
  bench.take();
  const Address same = bench.ask(Get{.name = "a"});
  const Address second = bench.ask(acquire("b", bob));
  bench.durable();
  EXPECT_TRUE(bench.answer(first));
  EXPECT_TRUE(bench.answer(same));
  EXPECT_FALSE(bench.answer(second));
  bench.commit();
  EXPECT_TRUE(bench.answer(second));
}

TEST(Leaving, keeps_the_order_in_which_things_were_decided) {
  Workbench bench;
  std::vector<Address> asked;
  for (const char* name : {"a", "b", "c"}) asked.push_back(bench.ask(acquire(name, alice)));
  bench.commit();
  ASSERT_THAT(bench.left, SizeIs(3));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(bench.left[i].to, asked[i]);
}

// --- L4: a grant whose deadline has passed is not answered as granted.

TEST(LateGrant, is_not_answered_as_granted_once_its_deadline_has_passed) {
  Workbench bench;
  const Address from = bench.ask(acquire("job", alice, 100ms));
  bench.take();
  bench.pass(100ms);
  bench.clock.advance(100us);
  bench.durable();
  EXPECT_EQ(bench.answer(from).value().code, ErrorCode::grant_lapsed);
  EXPECT_EQ(bench.engine->statistics().grants_lapsed, 1U);
}

TEST(LateGrant, is_answered_as_granted_up_to_its_deadline) {
  Workbench bench;
  const Address from = bench.ask(acquire("job", alice, 100ms));
  bench.take();
  bench.pass(100ms);
  bench.clock.advance(100us - 1ns);
  bench.durable();
  EXPECT_EQ(bench.answer(from).value().code, ErrorCode::none);
}

TEST(LateGrant, changes_nothing_about_answers_that_grant_nothing) {
  Workbench bench;
  bench.ask(acquire("job", alice, 100ms), 1);
  const Address refused = bench.ask(acquire("job", bob, 100ms), 2);
  bench.take();
  bench.pass(10s);
  bench.durable();
  EXPECT_EQ(bench.answer(refused).value().code, ErrorCode::held);
}

// --- Bounds of what may be pending.

Bounds small_bounds() {
  Bounds bounds;
  bounds.pending_bytes_max = 200;
  bounds.behind_max = 1s;
  return bounds;
}

class Behind : public testing::Test {
 protected:
  Behind() : bench({}, small_bounds()) { token = bench.grant("job", alice, 60s); }
  void fill() {
    for (const char* name : {"a", "b", "c"}) bench.ask(acquire(name, bob));
  }
  ErrorCode code(core::Command command) {
    const std::optional<Reply> reply = bench.answer(bench.ask(std::move(command)));
    return reply ? reply->code : ErrorCode::none;
  }
  Workbench bench;
  Token token;
};

TEST_F(Behind, by_too_many_bytes_it_refuses_new_ownership_and_settled_reads) {
  fill();
  EXPECT_EQ(code(acquire("d", bob)), ErrorCode::journal_behind);
  EXPECT_EQ(code(Get{.name = "job"}), ErrorCode::journal_behind);
  EXPECT_EQ(code(List{}), ErrorCode::journal_behind);
  EXPECT_EQ(code(Check{"job", token}), ErrorCode::journal_behind);
  EXPECT_EQ(bench.engine->statistics().refused_behind, 4U);
  bench.commit();
  EXPECT_EQ(bench.done(Get{.name = "d"}).lease.known, false) << "not done";
}

TEST_F(Behind, never_refuses_a_renewal_or_an_unsettled_read) {
  fill();
  EXPECT_EQ(code(Renew{"job", token, alice, {}}), ErrorCode::none);
  EXPECT_EQ(bench.engine->statistics().refused_behind, 0U);
  EXPECT_EQ(code(Get{.name = "job", .unsettled = true}), ErrorCode::none);
  EXPECT_EQ(code(List{.unsettled = true}), ErrorCode::none);
  const auto shown = std::make_shared<const core::Shown>();
  EXPECT_EQ(code(core::Show{shown, true}), ErrorCode::none);
  EXPECT_EQ(code(core::Show{shown, false}), ErrorCode::journal_behind);
}

TEST_F(Behind, lets_a_waiter_leave_and_a_grant_be_taken_back) {
  const Address waits = bench.ask(acquire("job", bob, 10s, 60s), 2);
  fill();
  bench.ask(core::Leave{}, waits);
  EXPECT_EQ(std::as_const(*bench.engine).state().waiting(), 0U);
}

TEST_F(Behind, takes_on_new_things_as_soon_as_the_disk_has_caught_up) {
  fill();
  bench.commit();
  EXPECT_EQ(bench.done(acquire("d", bob)).code, ErrorCode::none);
}

TEST_F(Behind, by_too_long_a_time_it_refuses_as_well) {
  bench.ask(acquire("a", bob));
  bench.take();
  bench.pass(1s);
  EXPECT_EQ(code(acquire("b", bob)), ErrorCode::none) << "a second is allowed";
  bench.pass(50ms);
  EXPECT_EQ(code(acquire("c", bob)), ErrorCode::journal_behind);
  EXPECT_EQ(code(Renew{"job", token, alice, {}}), ErrorCode::none);
}

// --- What the journal has room for.

class OutOfRoom : public testing::Test {
 protected:
  OutOfRoom() { token = bench.grant("job", alice, 60s); }
  ErrorCode code(core::Command command) {
    const Address from = bench.ask(std::move(command));
    if (bench.engine->pending()) bench.commit();
    return bench.answer(from).value().code;
  }
  Workbench bench;
  Token token;
};

TEST_F(OutOfRoom, lets_nobody_new_own_anything) {
  bench.engine->set_room({.bytes = 1'000, .full = true, .aside = 1'001});
  EXPECT_EQ(code(acquire("free", bob)), ErrorCode::disk_full);
  EXPECT_EQ(code(acquire("job", bob)), ErrorCode::disk_full);
  EXPECT_EQ(code(acquire("job", bob, 10s, 60s)), ErrorCode::disk_full) << "its turn would come";
  EXPECT_EQ(code(Renew{"job", token, alice, 50s}), ErrorCode::disk_full) << "another ttl each time would fill the rest";
  EXPECT_EQ(bench.engine->statistics().refused_full, 4U);
  EXPECT_FALSE(bench.engine->pending());
}

TEST_F(OutOfRoom, goes_on_with_everything_else) {
  bench.engine->set_room({.bytes = 1'000, .full = true, .aside = 1'001});
  EXPECT_EQ(code(acquire("job", alice, 60s)), ErrorCode::none) << "asking again";
  EXPECT_EQ(code(Renew{"job", token, alice, {}}), ErrorCode::none);
  EXPECT_EQ(code(Check{"job", token}), ErrorCode::none);
  EXPECT_EQ(code(Get{.name = "free"}), ErrorCode::none);
  EXPECT_EQ(code(Release{"job", token, alice}), ErrorCode::none);
}

TEST_F(OutOfRoom, hands_over_to_nobody_and_tells_those_who_wait) {
  const Address waiting = bench.ask(acquire("job", bob, 10s, 600s), 2);
  bench.engine->set_room({.bytes = 1'000, .full = true, .aside = 1'001});
  bench.pass(50ms);
  EXPECT_EQ(bench.answer(waiting).value().code, ErrorCode::disk_full);
  EXPECT_EQ(code(Release{"job", token, alice}), ErrorCode::none);
  EXPECT_FALSE(std::as_const(*bench.engine).state().find("job")->held());
}

TEST_F(OutOfRoom, is_over_when_there_is_room) {
  bench.engine->set_room({.bytes = 2'000, .full = true, .aside = 1'001});
  EXPECT_EQ(code(acquire("free", bob)), ErrorCode::none) << "full, and enough is left";
  bench.engine->set_room({.bytes = 1'000, .full = false, .aside = 1'001});
  EXPECT_EQ(code(acquire("another", bob)), ErrorCode::none) << "little is left, and more is coming";
}

TEST_F(OutOfRoom, counts_what_is_pending_as_gone) {
  bench.engine->set_room({.bytes = 1'200, .full = true, .aside = 1'000});
  for (const char* name : {"a", "b", "c"}) bench.ask(acquire(name, bob));
  EXPECT_EQ(bench.answer(bench.ask(acquire("d", bob))).value().code, ErrorCode::disk_full);
}

TEST(Batches, end_where_they_would_get_too_large) {
  Bounds bounds;
  bounds.batch_bytes_max = 200;
  Workbench bench({}, bounds);
  for (int i = 0; i < 6; ++i) bench.ask(acquire("name/" + std::to_string(i), alice));
  std::size_t effects = 0, batches = 0;
  Position next{1};
  while (bench.engine->pending()) {
    bench.take();
    ASSERT_EQ(bench.taken.first, next) << "positions follow one another";
    ASSERT_FALSE(bench.taken.effects.empty());
    effects += bench.taken.effects.size();
    next.value += bench.taken.effects.size();
    ++batches;
    bench.durable();
  }
  EXPECT_EQ(effects, 6U);
  EXPECT_EQ(batches, 3U);
  EXPECT_THAT(bench.left, SizeIs(6));
}

TEST(Batches, of_commands_that_came_together_end_there_too) {
  Bounds bounds;
  bounds.batch_bytes_max = 200;
  Workbench bench({}, bounds);
  bench.ask(acquire("before", alice));
  bench.take();  // In flight meanwhile: nothing may be added to it.
  std::vector<Request> together;
  for (std::uint64_t i = 1; i <= 5; ++i) together.push_back({{2, i}, acquire("name/" + std::to_string(i), alice)});
  bench.engine->submit(together, bench.left);
  EXPECT_THAT(bench.left, SizeIs(0)) << "nothing of it is durable";
  EXPECT_EQ(bench.taken.effects.size(), 1U);
  bench.durable();
  EXPECT_THAT(bench.left, SizeIs(1));
  std::size_t told = 0;
  while (bench.engine->pending()) {
    bench.take();
    ASSERT_EQ(bench.taken.first.value, bench.disk.size() + 1) << "positions follow one another";
    ASSERT_LE(bench.taken.effects.size(), 2U);
    ASSERT_FALSE(bench.taken.effects.empty());
    for (const core::Effect& effect : bench.taken.effects) {
      EXPECT_EQ(core::name_of(effect), "name/" + std::to_string(++told)) << "in the order in which they were decided";
    }
    bench.durable();
    EXPECT_THAT(bench.left, SizeIs(1 + told)) << "each answer leaves with its own batch";
  }
  EXPECT_EQ(told, 5U);
}

TEST(Batches, take_in_what_comes_while_another_is_in_flight) {
  Workbench bench;
  bench.ask(acquire("a", alice));
  bench.take();
  bench.ask(acquire("b", alice));
  bench.ask(acquire("c", alice));
  bench.durable();
  bench.take();
  EXPECT_EQ(bench.taken.effects.size(), 2U);
  bench.durable();
  EXPECT_FALSE(bench.engine->pending());
  EXPECT_TRUE(bench.engine->take_batch().effects.empty());
}

TEST(Batches, tell_whether_one_client_is_alone) {
  Workbench bench;
  EXPECT_EQ(bench.engine->only_client_pending(), std::nullopt);
  bench.ask(acquire("a", alice), 7);
  bench.ask(acquire("b", alice), 7);
  EXPECT_EQ(bench.engine->only_client_pending(), 7U);
  bench.ask(acquire("c", bob), 8);
  EXPECT_EQ(bench.engine->only_client_pending(), std::nullopt);
}

// --- L12: a journal that fails.

TEST(Failing, answers_maybe_done_to_all_that_was_in_flight_and_not_done_to_who_waits) {
  Workbench bench;
  bench.grant("job", alice, 60s);
  const Address waits = bench.ask(acquire("job", bob, 10s, 60s), 2);
  const Address in_flight = bench.ask(acquire("a", carol), 3);
  bench.take();
  const Address gathering = bench.ask(acquire("b", carol), 3);
  bench.left.clear();
  bench.engine->fail(bench.left);
  EXPECT_THAT(bench.left, SizeIs(3));
  EXPECT_EQ(bench.answer(in_flight).value().code, ErrorCode::commit_unknown);
  EXPECT_EQ(bench.answer(gathering).value().code, ErrorCode::commit_unknown);
  EXPECT_EQ(bench.answer(waits).value().code, ErrorCode::stopping);
  EXPECT_FALSE(bench.engine->pending());
  EXPECT_EQ(info_of(ErrorCode::commit_unknown).fate, Fate::maybe_done);
  EXPECT_EQ(info_of(ErrorCode::stopping).fate, Fate::not_done);
}

TEST(Stopping, ends_every_wait_and_grants_nothing_new_but_lets_holders_renew_and_release) {
  Workbench bench;
  const Token token = bench.grant("job", alice, 60s);
  const Address waits = bench.ask(acquire("job", bob, 10s, 60s), 2);
  bench.engine->stop_waiting(bench.left);
  EXPECT_EQ(bench.answer(waits).value().code, ErrorCode::stopping);
  EXPECT_EQ(bench.answer(bench.ask(acquire("new", bob))).value().code, ErrorCode::stopping);
  EXPECT_EQ(bench.done(Renew{"job", token, alice, {}}).code, ErrorCode::none);
  EXPECT_TRUE(bench.done(Release{"job", token, alice}).ended);
}

// --- L2, L3: where tokens begin.

TEST(Tokens, begin_at_the_microseconds_since_2026) {
  Workbench bench;
  EXPECT_EQ(bench.grant("job", alice), Token{first_token});
  EXPECT_EQ(bench.engine->incarnation(), first_token);
}

TEST(Tokens, never_come_again_after_a_deleted_data_directory) {
  Workbench bench;
  const Token before = bench.grant("job", alice);
  bench.disk.clear();
  bench.clock.advance(1s);
  bench.start();
  EXPECT_GT(bench.grant("job", bob), before);
}

TEST(Tokens, never_fall_when_the_wall_clock_is_set_back) {
  Workbench bench;
  const Token before = bench.grant("job", alice);
  bench.clock.set_wall(bench.clock.wall() - std::chrono::hours(24 * 365 * 20));
  bench.start();
  EXPECT_EQ(bench.grant("other", bob), Token{before.value + 1});
}

TEST(Tokens, begin_at_one_where_the_wall_clock_is_before_2026) {
  Workbench bench;
  bench.clock.set_wall(WallTime{});
  bench.start();
  EXPECT_EQ(bench.grant("job", alice), Token{1});
}

TEST(Tokens, are_not_used_up_by_a_wall_clock_that_was_set_far_into_the_future) {
  Workbench bench;
  bench.clock.set_wall(WallTime{std::chrono::sys_days{std::chrono::year{9999} / 1 / 1}});
  bench.start();
  const Token given = bench.grant("job", alice);
  EXPECT_LE(given.value, core::token_max / 2);
  bench.clock.set_wall(WallTime{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}});
  bench.start();
  EXPECT_EQ(bench.grant("other", bob), Token{given.value + 1});
}

// --- L4: after a restart.

TEST(Restart, gives_every_lease_its_full_ttl_again) {
  Workbench bench;
  bench.grant("job", alice, 10s);
  bench.pass(9s);
  bench.clock.advance(1h);
  bench.start();
  EXPECT_EQ(bench.done(Get{.name = "job"}).lease.ends_in, 10s + 10ms);
  bench.pass(10s);
  EXPECT_TRUE(bench.done(Get{.name = "job"}).lease.held);
  bench.pass(50ms);
  EXPECT_FALSE(bench.done(Get{.name = "job"}).lease.held);
}

TEST(Restart, counts_nothing_of_the_time_that_the_replay_took) {
  HandClock clock;
  core::Clients clients;
  Engine engine(clock, clients);
  engine.replay(core::Granted{"job", alice, Token{1}, 10s}, Position{1});
  clock.advance(1h);
  engine.start();
  std::vector<core::Answer> left;
  engine.tick(left);
  std::vector<Request> get{{Address{1, 1}, Get{.name = "job"}}};
  engine.submit(get, left);
  ASSERT_THAT(left, SizeIs(1)) << "what was recovered is durable";
  EXPECT_EQ(left[0].reply.lease.ends_in, 10s + 10ms);
}

TEST(Restart, drops_a_takeover_whose_window_was_open_and_writes_that_down) {  // L9
  Workbench bench;
  const Token token = bench.grant("job", alice, 60s);
  bench.ask(core::Takeover{.want = acquire("job", bob), .token = token, .flush = 20s, .reason = "deploy"});
  bench.commit();
  bench.start();
  bench.take();
  ASSERT_THAT(bench.taken.effects, SizeIs(1));
  EXPECT_EQ(std::get<core::TakeoverDropped>(bench.taken.effects[0]).because, core::Drop::restart);
  bench.durable();
  EXPECT_EQ(bench.done(Get{.name = "job"}).lease.wanted, nullptr);
  bench.pass(21s);
  EXPECT_EQ(bench.done(Get{.name = "job"}).lease.token, token);
}

TEST(Restart, writes_itself_down_before_anything_else_where_it_is_announced) {  // L14
  Workbench bench;
  const Token token = bench.grant("job", alice, 60s);
  bench.ask(core::Takeover{.want = acquire("job", bob), .token = token, .flush = 20s, .reason = "deploy"});
  bench.commit();
  Engine next(bench.clock, bench.clients);
  for (std::size_t i = 0; i < bench.disk.size(); ++i) next.replay(bench.disk[i], Position{i + 1});
  next.start(true);
  const Batch batch = next.take_batch();
  ASSERT_THAT(batch.effects, SizeIs(2));
  EXPECT_EQ(std::get<core::Started>(batch.effects[0]).incarnation, next.incarnation());
  EXPECT_TRUE(std::holds_alternative<core::TakeoverDropped>(batch.effects[1]));
}

TEST(Stopping, drops_takeovers_so_that_a_release_acts_on_none) {  // L9
  Workbench bench;
  const Token token = bench.grant("job", alice, 60s);
  const Address bobs =
      bench.ask(core::Takeover{.want = acquire("job", bob), .token = token, .flush = 20s, .reason = "deploy"}, 2);
  bench.engine->stop_waiting(bench.left);
  EXPECT_EQ(bench.answer(bobs).value().code, ErrorCode::stopping);
  EXPECT_TRUE(bench.done(Release{"job", token, alice}).ended);
  EXPECT_FALSE(std::as_const(*bench.engine).state().find("job")->held());
  EXPECT_TRUE(std::holds_alternative<core::TakeoverDropped>(bench.disk[bench.disk.size() - 2]));
}

TEST(Restart, waits_for_nothing_with_answers_about_what_was_recovered) {
  Workbench bench;
  bench.grant("job", alice);
  bench.start();
  EXPECT_TRUE(bench.answer(bench.ask(Get{.name = "job"})).value().lease.held);
  EXPECT_TRUE(bench.answer(bench.ask(Get{.name = "nobody's"})));
}

// --- The tick.

TEST(EngineTick, says_when_there_is_more_to_do_than_one_look_allows) {
  Bounds bounds;
  bounds.looks_a_tick = 2;
  Workbench bench({}, bounds);
  for (const char* name : {"a", "b", "c"}) bench.grant(name, alice, 100ms);
  bench.clock.advance(100ms);
  bench.engine->tick(bench.left);
  bench.clock.advance(100ms);
  EXPECT_TRUE(bench.engine->tick(bench.left));
  EXPECT_EQ(std::as_const(*bench.engine).state().held(), 1U);
  EXPECT_FALSE(bench.engine->tick(bench.left));
  EXPECT_EQ(std::as_const(*bench.engine).state().held(), 0U);
}

TEST(EngineTick, asks_whether_a_waiter_is_there_in_the_moment_of_granting) {  // L8
  Workbench bench;
  bench.grant("job", alice, 1s);
  const Address bobs = bench.ask(acquire("job", bob, 10s, 60s), 2);
  const Address carols = bench.ask(acquire("job", carol, 10s, 60s), 3);
  bench.clients.gone.insert(2);
  bench.pass(2s);
  bench.commit();
  EXPECT_FALSE(bench.answer(bobs));
  EXPECT_EQ(bench.answer(carols).value().who, carol);
}

TEST(Counting, tells_grants_releases_and_lapses_with_their_lateness) {
  Workbench bench;
  const Token first = bench.grant("a", alice, 1s);
  bench.done(Release{"a", first, alice});
  const Token second = bench.grant("b", alice, 100ms);
  bench.pass(200ms);
  bench.done(Renew{"b", second, alice, {}});  // It comes back.
  const Statistics& counted = bench.engine->statistics();
  EXPECT_EQ(counted.grants, 3U);
  EXPECT_EQ(counted.releases, 1U);
  EXPECT_EQ(counted.lapses, 1U);
  EXPECT_EQ(counted.lapse_lateness.count, 1U);
  EXPECT_NEAR(counted.lapse_lateness.sum, 0.0499, 0.0001);
}

TEST(Names, that_come_and_go_are_told_from_the_first_question_on) {
  core::Limits limits;
  limits.remembered_for = 1s;
  Workbench bench(limits);
  bench.grant("before", alice, 60s);
  EXPECT_TRUE(bench.engine->take_name_changes().empty());
  const Token token = bench.grant("job", alice);
  bench.done(Release{"job", token, alice});
  EXPECT_THAT(bench.engine->take_name_changes(), SizeIs(1));
  bench.pass(2s);
  const std::vector<core::NameChange> gone = bench.engine->take_name_changes();
  ASSERT_THAT(gone, SizeIs(1));
  EXPECT_FALSE(gone[0].appeared);
}

// --- Our own mistakes.

TEST(EngineDeathTest, stops_rather_than_have_two_batches_at_the_journal) {
  Workbench bench;
  bench.ask(acquire("a", alice));
  bench.take();
  EXPECT_DEATH(bench.engine->take_batch(), "!front_taken_");
}

TEST(EngineDeathTest, stops_rather_than_believe_that_something_is_durable_that_was_not_taken) {
  Workbench bench;
  bench.ask(acquire("a", alice));
  std::vector<core::Answer> left;
  EXPECT_DEATH(bench.engine->durable(Position{1}, left), "front_taken_");
}

}  // namespace
}  // namespace holdfast::engine
