#include "core/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/desk_for_tests.h"

namespace holdfast::core {
namespace {

/// A state that effects are applied to one after the other.
class StateTest : public testing::Test {
 protected:
  void apply(const Effect& effect, Now now = at(0s)) { state.apply(effect, Position{state.position().value + 1}, now); }
  const Lease& lease(const char* name) const { return *state.find(name); }
  State state;
};

/// What a state would keep, by name.
std::vector<Effect> kept(const State& state) {
  std::vector<Effect> all;
  state.keep([&](const Effect& effect) { all.push_back(effect); });
  std::sort(all.begin() + 1, all.end(),
            [](const Effect& a, const Effect& b) { return std::get<Kept>(a).name < std::get<Kept>(b).name; });
  return all;
}

TEST_F(StateTest, knows_nothing_in_the_beginning) {
  EXPECT_EQ(state.find("job"), nullptr);
  EXPECT_EQ(state.next_token(), Token{1});
  EXPECT_EQ(state.next_buffer(), 1U);
  EXPECT_EQ(state.position(), Position{0});
}

TEST_F(StateTest, holds_what_was_granted) {
  apply(Granted{"job", bob, Token{8}, 10s, HolderKind::owner, "why", "{}", at(1s).wall}, at(2s));
  const Lease& job = lease("job");
  EXPECT_TRUE(job.held());
  EXPECT_EQ(job.owner, "bob");
  EXPECT_EQ(job.token, Token{8});
  EXPECT_EQ(job.previous, Token{});
  EXPECT_EQ(job.since, at(1s).wall);
  EXPECT_EQ(job.extras->note, "why");
  EXPECT_EQ(job.parts[0].ends_at, deadline(Instant{2s}, 10s));
  EXPECT_EQ(state.next_token(), Token{9});
  EXPECT_EQ(state.held(), 1U);
}

TEST_F(StateTest, does_not_carry_note_or_previous_of_an_older_holding_on) {
  apply(Granted{"job", bob, Token{1}, 10s, HolderKind::session, "why", "{}"});
  apply(Released{"job", "b1", Token{1}});
  apply(Granted{"job", carol, Token{2}, 10s});
  EXPECT_EQ(lease("job").extras->note, "");
  EXPECT_EQ(lease("job").previous, Token{1});
  apply(Released{"job", "c1", Token{2}});
  apply(Granted{"job", carol, Token{5}, 10s});
  EXPECT_EQ(lease("job").previous, Token{2});
}

TEST_F(StateTest, skips_an_effect_whose_position_it_has_seen) {  // A replay may overlap a snapshot.
  state.apply(Granted{"job", bob, Token{1}, 10s}, Position{5}, at(0s));
  state.apply(Released{"job", "b1", Token{1}}, Position{5}, at(0s));
  state.apply(Released{"job", "b1", Token{1}}, Position{4}, at(0s));
  EXPECT_TRUE(lease("job").held());
  state.apply(Released{"job", "b1", Token{1}}, Position{6}, at(0s));
  EXPECT_FALSE(lease("job").held());
}

TEST_F(StateTest, remembers_for_each_name_what_changed_it_last) {  // What an answer that shows it waits for.
  apply(Granted{"job", bob, Token{1}, 10s});
  apply(Granted{"other", bob, Token{2}, 10s});
  EXPECT_EQ(lease("job").changed, Position{1});
  apply(Renewed{"job", "b1", Token{1}, 20s});
  EXPECT_EQ(lease("job").changed, Position{3});
  apply(Lapsed{"job", "b1", Token{1}});
  EXPECT_EQ(lease("job").changed, Position{4});
  apply(Revived{"job", "b1", Token{1}, 20s});
  EXPECT_EQ(lease("job").changed, Position{5});
  apply(Numbered{"job", 1});
  EXPECT_EQ(lease("job").changed, Position{6});
  apply(Released{"job", "b1", Token{1}});
  EXPECT_EQ(lease("job").changed, Position{7});
  EXPECT_EQ(lease("other").changed, Position{2});
}

TEST_F(StateTest, counts_names_that_are_held_and_free_ones_that_are_remembered) {
  apply(Granted{"a", bob, Token{1}, 10s});
  apply(Granted{"b", bob, Token{2}, 10s});
  apply(Lapsed{"a", "b1", Token{1}});
  EXPECT_EQ(state.names(), 2U);
  EXPECT_EQ(state.held(), 1U);
  EXPECT_EQ(state.remembered(), 1U);
  apply(Revived{"a", "b1", Token{1}, 10s});
  EXPECT_EQ(state.held(), 2U);
  EXPECT_EQ(state.remembered(), 0U);
  apply(Released{"a", "b1", Token{1}});
  apply(Granted{"a", carol, Token{3}, 10s});
  EXPECT_EQ(state.held(), 2U);
  EXPECT_EQ(state.remembered(), 0U);
  apply(Released{"a", "c1", Token{3}});
  apply(Forgotten{"a"});
  EXPECT_EQ(state.names(), 1U);
  EXPECT_EQ(state.remembered(), 0U);
}

TEST_F(StateTest, keeps_the_parts_that_lapsed_until_the_last_one_is_released) {  // L6
  apply(Granted{"ws", alice, Token{1}, 10s, HolderKind::owner});
  apply(Joined{"ws", "a2", Token{1}, 10s});
  apply(Lapsed{"ws", "a1", Token{1}});
  EXPECT_TRUE(lease("ws").held());
  EXPECT_TRUE(lease("ws").part_of("a1")->lapsed);
  apply(Released{"ws", "a2", Token{1}});
  EXPECT_FALSE(lease("ws").held());
  EXPECT_EQ(lease("ws").ended, Loss::released);
  EXPECT_TRUE(lease("ws").parts.empty());
}

TEST_F(StateTest, tells_released_from_lapsed_once_a_lapsed_lease_was_given_up) {
  apply(Granted{"job", bob, Token{1}, 10s});
  apply(Lapsed{"job", "b1", Token{1}});
  EXPECT_EQ(lease("job").ended, Loss::lapsed);
  apply(Released{"job", "b1", Token{1}});
  EXPECT_EQ(lease("job").ended, Loss::released);
  EXPECT_EQ(state.remembered(), 1U) << "and it is free once, not twice";
}

TEST_F(StateTest, remembers_how_so_many_holdings_ended_and_forgets_the_oldest) {  // L13, with a bound
  Limits limits;
  limits.losses_max = 2;
  State few(limits);
  std::uint64_t position = 0;
  for (std::uint64_t token = 1; token <= 4; ++token) {
    few.apply(Granted{"job", bob, Token{token}, 10s}, Position{++position}, at(0s));
    few.apply(Lapsed{"job", "b1", Token{token}}, Position{++position}, at(0s));
  }
  EXPECT_EQ(few.find("job")->loss_of(Token{1}), Loss::none);
  EXPECT_EQ(few.find("job")->loss_of(Token{2}), Loss::lapsed);
  EXPECT_EQ(few.find("job")->loss_of(Token{4}), Loss::lapsed);
}

// --- L3: where tokens begin.

TEST_F(StateTest, begins_tokens_where_it_is_told_but_never_lower) {
  state.begin_tokens_at(Token{100});
  EXPECT_EQ(state.next_token(), Token{100});
  state.begin_tokens_at(Token{50});
  EXPECT_EQ(state.next_token(), Token{100});
  state.begin_tokens_at(Token{101});
  EXPECT_EQ(state.next_token(), Token{101});
}

TEST_F(StateTest, never_gives_a_token_again_that_only_a_forgotten_name_had) {
  apply(Granted{"job", bob, Token{8}, 10s});
  apply(Released{"job", "b1", Token{8}});
  apply(Forgotten{"job"});
  EXPECT_EQ(state.next_token(), Token{9});
  State next;
  for (const Effect& effect : kept(state)) next.apply(effect, Position{3}, at(0s));
  EXPECT_EQ(next.next_token(), Token{9}) << "a snapshot holds it too";
}

// --- Forgetting.

TEST_F(StateTest, forgets_the_longest_free_name_when_its_time_has_come) {
  for (const auto& [name, token] : {std::pair{"a", 1}, {"b", 2}}) {
    apply(Granted{name, bob, Token{static_cast<std::uint64_t>(token)}, 10s});
  }
  apply(Released{"b", "b1", Token{2}}, at(1s));
  apply(Released{"a", "b1", Token{1}}, at(2s));
  const Duration hour = state.limits().remembered_for;
  EXPECT_EQ(state.to_forget(Instant{1s} + hour - 1ns), nullptr);
  EXPECT_EQ(state.to_forget(Instant{1s} + hour), state.find("b"));
  apply(Forgotten{"b"});
  EXPECT_EQ(state.to_forget(Instant{1s} + hour), nullptr);
  EXPECT_EQ(state.to_forget(Instant{2s} + hour), state.find("a"));
}

TEST_F(StateTest, forgets_the_longest_free_name_when_there_is_one_too_many) {
  Limits limits;
  limits.remembered_max = 1;
  State small(limits);
  small.apply(Granted{"a", bob, Token{1}, 10s}, Position{1}, at(0s));
  small.apply(Granted{"b", bob, Token{2}, 10s}, Position{2}, at(0s));
  small.apply(Released{"a", "b1", Token{1}}, Position{3}, at(1s));
  EXPECT_EQ(small.to_forget(Instant{1s}), nullptr);
  small.apply(Released{"b", "b1", Token{2}}, Position{4}, at(1s));
  EXPECT_EQ(small.to_forget(Instant{1s}), small.find("a"));
}

TEST_F(StateTest, never_forgets_a_name_that_came_back) {
  apply(Granted{"a", bob, Token{1}, 10s});
  apply(Lapsed{"a", "b1", Token{1}});
  apply(Revived{"a", "b1", Token{1}, 10s});
  EXPECT_EQ(state.to_forget(Instant{240h}), nullptr);
}

TEST_F(StateTest, remembers_a_buffers_number_when_it_forgets_everything_else) {
  apply(Granted{"main.c", bob, Token{1}, 10s});
  apply(Numbered{"main.c", 1});
  apply(Released{"main.c", "b1", Token{1}});
  apply(Forgotten{"main.c"});
  EXPECT_FALSE(lease("main.c").remembered());
  EXPECT_EQ(lease("main.c").buffer, 1U);
  EXPECT_EQ(*state.name_of(1), "main.c");
  EXPECT_EQ(state.name_of(2), nullptr);
  EXPECT_EQ(state.next_buffer(), 2U);
}

// --- Snapshots.

TEST_F(StateTest, is_rebuilt_from_what_it_keeps) {
  apply(Granted{"job", bob, Token{1}, 10s, HolderKind::session, "why", "{}", at(1s).wall});
  apply(Numbered{"job", 1});
  apply(Granted{"ws", alice, Token{2}, 20s, HolderKind::owner});
  apply(Joined{"ws", "a2", Token{2}, 5s});
  apply(Lapsed{"ws", "a2", Token{2}});
  apply(Granted{"late", carol, Token{3}, 1s});
  apply(Lapsed{"late", "c1", Token{3}});
  apply(Granted{"late", carol, Token{4}, 1s});
  apply(Lapsed{"late", "c1", Token{4}});
  apply(Granted{"gone", carol, Token{5}, 1s});
  apply(Released{"gone", "c1", Token{5}});
  apply(Forgotten{"gone"});
  State rebuilt;
  for (const Effect& effect : kept(state)) rebuilt.apply(effect, state.position(), at(30s));
  EXPECT_EQ(kept(rebuilt), kept(state));
  EXPECT_EQ(rebuilt.next_token(), state.next_token());
  EXPECT_EQ(rebuilt.next_buffer(), state.next_buffer());
  EXPECT_EQ(rebuilt.held(), state.held());
  EXPECT_EQ(rebuilt.remembered(), state.remembered());
  EXPECT_EQ(rebuilt.position(), state.position());
  EXPECT_EQ(rebuilt.find("job")->parts[0].ends_at, deadline(Instant{30s}, 10s)) << "L4: the full ttl again";
  EXPECT_EQ(rebuilt.find("late")->loss_of(Token{3}), Loss::lapsed);
}

TEST_F(StateTest, is_rebuilt_from_what_it_keeps_of_names_that_changed_hands) {  // L9, L13, L14
  apply(Started{5});
  apply(Granted{"job", alice, Token{8}, forever, HolderKind::owner, "note"});
  apply(Taken{{"job", bob, Token{9}, 10s, HolderKind::session, "his"}, Loss::taken_over, "stuck"});
  apply(TakeoverAsked{"job", Token{9}, carol, "deploy", 5s, {}, ""});
  apply(Granted{"gone", alice, Token{10}, 10s});
  apply(Revoked{"gone", Token{10}, bob, "left"});
  apply(Started{11});
  std::vector<Effect> snapshot;
  state.keep([&](const Effect& effect) { snapshot.push_back(effect); });
  State again;
  for (const Effect& effect : snapshot) again.apply(effect, state.position(), at(0s));

  std::vector<Effect> second;
  again.keep([&](const Effect& effect) { second.push_back(effect); });
  EXPECT_THAT(second, testing::UnorderedElementsAreArray(snapshot));
  EXPECT_EQ(again.next_token(), state.next_token());
  ASSERT_EQ(again.starts().size(), 2U);
  EXPECT_EQ(again.starts()[0].incarnation, 5U);
  EXPECT_EQ(again.starts()[1].from, Position{7});
  EXPECT_EQ(again.find("job")->loss_of(Token{8}), Loss::taken_over);
  EXPECT_EQ(again.find("job")->why_of(Token{8})->by, "bob");
  EXPECT_EQ(again.find("job")->why_of(Token{8})->reason, "stuck");
  EXPECT_EQ(again.find("gone")->ended, Loss::revoked);
  EXPECT_EQ(again.find("gone")->why_of(Token{10})->reason, "left");
  EXPECT_TRUE(again.index_sessions(1'000));
  EXPECT_EQ(again.count_of(bob), 1U);
  EXPECT_EQ(again.count_of(alice), 0U);
}

TEST_F(StateTest, keeps_in_a_snapshot_who_wanted_to_take_over_so_that_a_start_can_drop_it) {  // L9
  apply(Granted{"job", alice, Token{8}, 10s});
  apply(TakeoverAsked{"job", Token{8}, bob, "deploy", 5s, {}, ""});
  State again;
  state.keep([&](const Effect& effect) { again.apply(effect, state.position(), at(0s)); });
  EXPECT_EQ(again.all_pending(), std::vector<std::string>{"job"});
  EXPECT_EQ(again.waiting(), 0U) << "nobody is there to be answered";

  Clients clients;
  Outcome outcome;
  Step{again, at(0s), clients, outcome}.drop_takeovers(Drop::restart);
  ASSERT_EQ(outcome.effects.size(), 1U);
  EXPECT_EQ(std::get<TakeoverDropped>(outcome.effects[0]).by, bob);
  EXPECT_EQ(std::get<TakeoverDropped>(outcome.effects[0]).because, Drop::restart);
  EXPECT_TRUE(again.all_pending().empty());
  EXPECT_TRUE(again.find("job")->held());
  EXPECT_EQ(again.find("job")->token, Token{8});
}

using StateDeathTest = StateTest;

TEST_F(StateDeathTest, stops_rather_than_believe_a_snapshot_that_speaks_of_a_name_twice) {
  Kept once{"job", "bob", Token{1}};
  once.parts = {{"b1", 1s, false}};
  apply(once);
  EXPECT_DEATH(apply(once), "says everything of a name once");
}

TEST_F(StateDeathTest, stops_rather_than_move_what_is_not_there) {
  EXPECT_DEATH(state.move_deadline("job", Extended{"b1", Instant{1s}}), "lease != nullptr");
  apply(Granted{"job", bob, Token{1}, 10s});
  EXPECT_DEATH(state.move_deadline("job", Extended{"b2", Instant{1s}}), "!part->lapsed");
  EXPECT_DEATH(state.dequeue("job"), "waiting\\(\\) > 0");
}

// --- The queue.

Waiter waiter(const Who& who, Address from, Duration until = 60s) {
  return {Acquire{.name = "job", .who = who, .ttl = 1s, .wait = until}, from, Instant{}, Instant{until}};
}

TEST_F(StateTest, queues_first_come_first) {
  apply(Granted{"job", alice, Token{1}, 10s});
  EXPECT_EQ(state.enqueue("job", waiter(bob, {2, 1})), std::nullopt);
  EXPECT_EQ(state.enqueue("job", waiter(carol, {3, 1})), std::nullopt);
  EXPECT_EQ(state.waiting(), 2U);
  EXPECT_EQ(state.dequeue("job").command.who, bob);
  EXPECT_EQ(state.dequeue("job").command.who, carol);
  EXPECT_EQ(state.waiting(), 0U);
}

TEST_F(StateTest, gives_a_session_that_asks_again_its_own_place) {
  apply(Granted{"job", alice, Token{1}, 10s});
  state.enqueue("job", waiter(bob, {2, 1}));
  state.enqueue("job", waiter(carol, {3, 1}));
  EXPECT_EQ(state.enqueue("job", waiter(bob, {4, 9})), (Address{2, 1}));
  EXPECT_EQ(state.waiting(), 2U);
  EXPECT_EQ(state.leave(Address{2, 1}), std::nullopt) << "nobody waits there any longer";
  EXPECT_EQ(state.dequeue("job").from, (Address{4, 9}));
}

TEST_F(StateTest, lets_a_waiter_leave_whatever_queue_it_is_in) {
  apply(Granted{"job", alice, Token{1}, 10s});
  state.enqueue("job", waiter(bob, {2, 1}));
  state.enqueue("job", waiter(carol, {2, 2}));
  EXPECT_THAT(state.all_waiting(), testing::UnorderedElementsAre(Address{2, 1}, Address{2, 2}));
  EXPECT_EQ(state.leave(Address{2, 1})->command.who, bob);
  EXPECT_EQ(state.leave(Address{2, 1}), std::nullopt);
  EXPECT_EQ(state.leave(Address{9, 1}), std::nullopt);
  EXPECT_EQ(lease("job").waiting(), 1U);
}

// --- For an index of names.

TEST_F(StateTest, records_names_that_come_and_go_once_somebody_wants_to_know) {
  apply(Granted{"before", bob, Token{1}, 10s});
  EXPECT_TRUE(state.take_name_changes().empty());
  state.record_names();
  apply(Granted{"job", bob, Token{2}, 10s});
  apply(Released{"job", "b1", Token{2}});
  apply(Granted{"job", bob, Token{3}, 10s});  // Known already: nothing new.
  const auto came = state.take_name_changes();
  ASSERT_EQ(came.size(), 1U);
  EXPECT_EQ(came[0].name, "job");
  EXPECT_TRUE(came[0].appeared);
  apply(Released{"job", "b1", Token{3}});
  apply(Forgotten{"job"});
  const auto went = state.take_name_changes();
  ASSERT_EQ(went.size(), 1U);
  EXPECT_FALSE(went[0].appeared);
  EXPECT_TRUE(state.take_name_changes().empty());
}

TEST_F(StateTest, shows_every_name_in_exactly_one_shard) {
  std::vector<std::string> names;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    names.push_back("name/" + std::to_string(i));
    apply(Granted{names.back(), bob, Token{i}, 10s});
  }
  std::vector<std::string> found;
  std::size_t used = 0;
  for (std::size_t shard = 0; shard < State::shards; ++shard) {
    const std::size_t before = found.size();
    state.for_each_in(shard, [&](const Lease& each) { found.push_back(each.name); });
    used += found.size() > before;
  }
  EXPECT_THAT(found, testing::UnorderedElementsAreArray(names));
  EXPECT_GT(used, State::shards / 2) << "names spread over the tables";
}

}  // namespace
}  // namespace holdfast::core
