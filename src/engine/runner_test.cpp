// The runner with its threads. Nothing here sleeps: a journal with a gate says when a batch is under way.
#include "engine/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>

#include "core/desk_for_tests.h"

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;
using core::Acquire;
using core::Address;
using core::alice;
using core::alice2;
using core::Answer;
using core::bob;
using core::Effect;
using core::Get;
using core::Position;
using core::Reply;
using core::Token;
using testing::ElementsAre;

/// Keeps effects in memory. A test can hold appends up at a gate, or let them fail.
class GateJournal final : public journal::Journal {
 public:
  Result<journal::Opened> open(const journal::Replay& replay) override {
    if (open_fails) return fail(ErrorCode::journal_held, "by the test");
    for (std::size_t i = 0; i < effects_.size(); ++i) replay(effects_[i], Position{i + 1});
    return journal::Opened{.last = {effects_.size()}, .notes = {"from memory"}};
  }
  Result<void> append(Position first, std::span<const Effect> batch) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_; });
    --waiting_;
    EXPECT_EQ(first.value, effects_.size() + 1);
    EXPECT_FALSE(batch.empty());
    const bool start = std::holds_alternative<core::Started>(batch.front());  // Every start writes itself down first.
    if (!start) threads_.push_back(std::this_thread::get_id());
    if (fails_) return fail(ErrorCode::journal_io, "ordered by the test");
    effects_.insert(effects_.end(), batch.begin(), batch.end());
    if (!start) batches_.push_back(batch.size());
    return {};
  }
  Result<void> close() override { return {}; }
  journal::Counters counters() const override {
    const std::lock_guard lock(mutex_);
    return {.batches = batches_.size(), .effects = effects_.size()};
  }
  std::string describe() const override { return "gate"; }

  void shut() { set(false); }
  void open_up() { set(true); }
  void let_fail() {
    const std::lock_guard lock(mutex_);
    fails_ = true;
  }
  /// Returns when a batch stands before the gate.
  void await_batch() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  std::vector<std::size_t> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }
  std::set<std::thread::id> threads() const {
    const std::lock_guard lock(mutex_);
    return {threads_.begin(), threads_.end()};
  }
  std::size_t appends() const {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }

  bool open_fails = false;
  std::vector<Effect> effects_;

 private:
  void set(bool open) {
    const std::lock_guard lock(mutex_);
    is_open_ = open;
    changed_.notify_all();
  }
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = true;
  bool fails_ = false;
  int waiting_ = 0;
  std::vector<std::size_t> batches_;
  std::vector<std::thread::id> threads_;
};

/// What was delivered, and a way to wait for it.
class Mailbox {
 public:
  Deliver deliver() {
    return [this](std::vector<Answer>& leaving) {
      EXPECT_FALSE(delivering_.exchange(true)) << "calls must not overlap";
      const std::lock_guard lock(mutex_);
      for (Answer& answer : leaving) {
        EXPECT_TRUE(answers_.emplace(answer.to, answer.reply).second) << "answered twice";
        order_.push_back(answer.reply);
      }
      arrived_.notify_all();
      delivering_ = false;
    };
  }
  Reply await(Address to) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return answers_.contains(to); });
    return answers_.at(to);
  }
  bool has(Address to) {
    const std::lock_guard lock(mutex_);
    return answers_.contains(to);
  }
  std::vector<Reply> order() {
    const std::lock_guard lock(mutex_);
    return order_;
  }

 private:
  std::atomic<bool> delivering_ = false;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<Address, Reply> answers_;
  std::vector<Reply> order_;
};

/// A runner whose clock stands still and whose ticks are made by hand, unless told otherwise.
class RunnerTest : public testing::Test {
 protected:
  void start(RunnerOptions options = {.tick_by_hand = true}, core::Limits limits = {}) {
    make(options, limits);
    ASSERT_TRUE(runner->start());
  }
  void make(RunnerOptions options, core::Limits limits = {}) {
    runner = std::make_unique<Runner>(
        std::make_unique<Engine>(*clock_in_use, clients, limits), journal, mailbox.deliver(),
        [this](const Error& error) { failed.set_value(error.code); }, options);
  }
  Address submit(core::Command command, std::uint64_t client = 1, const Submitter& submitter = {}) {
    const Address from{client, ++requests};
    std::vector<Request> request{Request{from, std::move(command)}};
    runner->submit(request, submitter);
    return from;
  }
  Address acquire(const std::string& name, const core::Who& who, std::uint64_t client = 1,
                  const Submitter& submitter = {}) {
    return submit(Acquire{.name = name, .who = who, .ttl = 10s}, client, submitter);
  }

  HandClock hand;
  Clock* clock_in_use = &hand;
  core::Clients clients;
  GateJournal journal;
  Mailbox mailbox;
  std::promise<ErrorCode> failed;  ///< Setting it twice would throw.
  std::atomic<std::uint64_t> requests = 0;
  std::unique_ptr<Runner> runner;
};

TEST_F(RunnerTest, begins_with_what_the_journal_gives_back) {
  journal.effects_ = {core::Granted{"job", alice, Token{5}, 10s}};
  make({.tick_by_hand = true});
  const Result<journal::Opened> opened = runner->start();
  ASSERT_TRUE(opened);
  EXPECT_THAT(opened->notes, ElementsAre("from memory"));
  EXPECT_EQ(mailbox.await(submit(Get{.name = "job"})).lease.token, Token{5});
}

TEST_F(RunnerTest, does_not_start_on_a_journal_that_cannot_be_opened) {
  journal.open_fails = true;
  make({.tick_by_hand = true});
  const Result<journal::Opened> opened = runner->start();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::journal_held);
}

TEST_F(RunnerTest, can_be_stopped_before_its_threads_have_come_to_anything) {
  for (int again = 0; again < 200; ++again) {
    start({});
    runner.reset();  // It hung here when the commit thread was slower than this one.
  }
}

// --- Who makes a batch durable.

class EachPolicy : public RunnerTest, public testing::WithParamInterface<CommitPolicy> {};

TEST_P(EachPolicy, makes_everything_durable_and_answers_it) {
  start({.policy = GetParam(), .tick_by_hand = true});
  std::vector<Address> asked;
  for (int i = 0; i < 20; ++i) asked.push_back(acquire("name/" + std::to_string(i), alice, i % 3 + 1));
  for (const Address& from : asked) EXPECT_EQ(mailbox.await(from).code, ErrorCode::none);
  EXPECT_TRUE(runner->drain(30s));
  EXPECT_EQ(journal.effects_.size(), 21U) << "the start, too";
  const Runner::Snapshot now = runner->snapshot();
  EXPECT_EQ(now.batches, journal.batches().size() + 1);
  EXPECT_EQ(now.batch_effects, 21U);
  EXPECT_EQ(now.held, 20U);
  EXPECT_EQ(now.position, Position{21});
}

INSTANTIATE_TEST_SUITE_P(Runner, EachPolicy,
                         testing::Values(CommitPolicy::adaptive, CommitPolicy::always_inline,
                                         CommitPolicy::always_thread));

TEST_F(RunnerTest, commits_where_it_was_asked_if_told_to) {
  start({.policy = CommitPolicy::always_inline, .tick_by_hand = true});
  const Address from = acquire("job", alice);
  EXPECT_TRUE(mailbox.has(from)) << "before submit returns";
  EXPECT_THAT(journal.threads(), ElementsAre(std::this_thread::get_id()));
  EXPECT_EQ(runner->snapshot().inline_commits, 1U);
}

TEST_F(RunnerTest, commits_on_its_own_thread_if_told_to) {
  start({.policy = CommitPolicy::always_thread, .tick_by_hand = true});
  for (int i = 0; i < 3; ++i) mailbox.await(acquire("name/" + std::to_string(i), alice));
  EXPECT_FALSE(journal.threads().contains(std::this_thread::get_id()));
  EXPECT_EQ(runner->snapshot().inline_commits, 0U);
}

TEST_F(RunnerTest, commits_where_it_was_asked_from_the_second_commit_of_a_client_that_is_alone) {
  start();
  mailbox.await(acquire("a", alice, 1));  // Nobody knows yet that it is alone.
  EXPECT_EQ(runner->snapshot().inline_commits, 0U);
  mailbox.await(acquire("b", alice, 1));
  EXPECT_EQ(runner->snapshot().inline_commits, 1U);
  mailbox.await(acquire("c", bob, 2));
  EXPECT_EQ(runner->snapshot().inline_commits, 1U) << "another client: not alone";
}

/// Somebody who goes on with the work of a thread that is at the disk.
struct StandIn final : DiskWait {
  std::uint64_t leave() override { return ++waits; }
  void back(std::uint64_t wait) override {
    EXPECT_EQ(wait, waits);
    ++returns;
  }
  std::uint64_t waits = 0, returns = 0;
};

TEST_F(RunnerTest, commits_where_it_was_asked_for_a_thread_that_somebody_stands_in_for) {
  start();
  StandIn stand_in;
  for (std::uint64_t client = 1; client <= 5; ++client) {
    mailbox.await(acquire("name/" + std::to_string(client), alice, client, {.others = true, .wait = &stand_in}));
  }
  EXPECT_EQ(runner->snapshot().inline_commits, 5U);
  EXPECT_EQ(stand_in.waits, 5U);
  EXPECT_EQ(stand_in.returns, 5U);
}

TEST_F(RunnerTest, commits_on_its_own_thread_once_the_disk_is_slow_and_where_it_was_asked_when_it_is_quick_again) {
  start();
  StandIn stand_in;
  const Submitter submitter{.others = true, .wait = &stand_in};
  journal.shut();
  std::thread slow([&] { acquire("slow", alice, 1, submitter); });
  journal.await_batch();
  std::this_thread::sleep_for(20ms);  // What a slow disk takes.
  journal.open_up();
  slow.join();
  EXPECT_EQ(runner->snapshot().inline_commits, 1U);
  mailbox.await(acquire("next", alice, 2, submitter));
  EXPECT_EQ(runner->snapshot().inline_commits, 1U);
  for (int i = 0; i < 100; ++i) mailbox.await(acquire("quick/" + std::to_string(i), alice, 2, submitter));
  EXPECT_GT(runner->snapshot().inline_commits, 1U);
}

TEST_F(RunnerTest, takes_over_from_another_threads_commit_when_that_is_done) {
  start({.quick_commit = 1h, .tick_by_hand = true});
  StandIn stand_in;
  journal.shut();
  const Address first = acquire("first", alice, 1, {.others = true});  // On the commit thread.
  journal.await_batch();
  Address second;
  std::thread submitting([&] { second = acquire("second", bob, 2, {.others = true, .wait = &stand_in}); });
  while (runner->snapshot().held < 2) std::this_thread::yield();  // It is decided: what it does next is to wait.
  journal.open_up();
  submitting.join();
  EXPECT_EQ(mailbox.await(first).code, ErrorCode::none);
  EXPECT_EQ(mailbox.await(second).code, ErrorCode::none);
  EXPECT_EQ(runner->snapshot().inline_commits, 1U);
  EXPECT_EQ(stand_in.returns, 1U);
}

TEST_F(RunnerTest, goes_to_the_disk_once_for_what_is_submitted_in_parts) {
  start();
  StandIn stand_in;
  for (int part = 0; part < 5; ++part) {
    acquire("part/" + std::to_string(part), alice, 1, {.others = true, .wait = &stand_in, .more = true});
  }
  EXPECT_EQ(journal.appends(), 0U);
  mailbox.await(acquire("last", alice, 1, {.others = true, .wait = &stand_in}));
  EXPECT_THAT(journal.batches(), ElementsAre(6));
}

TEST_F(RunnerTest, does_not_wait_for_another_threads_commit_that_hangs) {
  start();
  StandIn stand_in;
  journal.shut();
  acquire("hangs", alice, 1, {.others = true});  // On the commit thread.
  journal.await_batch();
  const Address second = acquire("second", bob, 2, {.others = true, .wait = &stand_in});
  EXPECT_FALSE(mailbox.has(second));
  EXPECT_EQ(stand_in.waits, 0U);
  journal.open_up();
  EXPECT_EQ(mailbox.await(second).code, ErrorCode::none);
}

TEST_F(RunnerTest, gathers_what_comes_while_a_batch_is_at_the_journal) {
  start({.policy = CommitPolicy::always_thread, .tick_by_hand = true});
  journal.shut();
  const Address first = acquire("a", alice, 1);
  journal.await_batch();
  const Address second = acquire("b", bob, 2);
  const Address third = acquire("c", bob, 3);
  EXPECT_FALSE(mailbox.has(first));
  EXPECT_GT(runner->snapshot().oldest_commit, 0ns);
  journal.open_up();
  mailbox.await(first);
  mailbox.await(second);
  mailbox.await(third);
  EXPECT_THAT(journal.batches(), ElementsAre(1, 2));
}

TEST_F(RunnerTest, answers_what_waits_for_nothing_while_a_batch_is_at_the_journal) {
  start({.policy = CommitPolicy::always_thread, .tick_by_hand = true});
  const Token token = mailbox.await(acquire("job", alice)).lease.token;
  journal.shut();
  acquire("other", bob, 2);
  journal.await_batch();
  EXPECT_TRUE(mailbox.has(submit(core::Renew{"job", token, alice, {}})));
  journal.open_up();
}

// --- A journal that fails.

TEST_F(RunnerTest, answers_commit_unknown_once_when_the_journal_fails_and_takes_nothing_more) {
  start({.policy = CommitPolicy::always_thread, .tick_by_hand = true});
  const Token token = mailbox.await(acquire("job", alice)).lease.token;
  const Address waits = submit(Acquire{.name = "job", .who = bob, .ttl = 10s, .wait = 60s}, 2);
  journal.shut();
  const Address in_flight = acquire("a", bob, 3);
  journal.await_batch();
  const Address gathering = acquire("b", bob, 4);
  journal.let_fail();
  journal.open_up();
  EXPECT_EQ(mailbox.await(in_flight).code, ErrorCode::commit_unknown);
  EXPECT_EQ(mailbox.await(gathering).code, ErrorCode::commit_unknown);
  EXPECT_EQ(mailbox.await(waits).code, ErrorCode::stopping);
  EXPECT_EQ(failed.get_future().get(), ErrorCode::journal_io);
  const std::size_t appends = journal.appends();
  EXPECT_EQ(mailbox.await(acquire("c", bob, 5)).code, ErrorCode::stopping);
  EXPECT_EQ(mailbox.await(submit(core::Renew{"job", token, alice, {}})).code, ErrorCode::stopping);
  hand.advance(20s);
  runner->tick();
  EXPECT_TRUE(runner->drain(30s));
  EXPECT_TRUE(runner->snapshot().failed);
  EXPECT_EQ(journal.appends(), appends) << "an append is never tried again";
}

// --- Stopping.

TEST_F(RunnerTest, drains_by_ending_waits_and_refusing_new_grants) {
  start();
  mailbox.await(acquire("job", alice));
  const Address waits = submit(Acquire{.name = "job", .who = bob, .ttl = 10s, .wait = 60s}, 2);
  EXPECT_TRUE(runner->drain(30s));
  EXPECT_EQ(mailbox.await(waits).code, ErrorCode::stopping);
  EXPECT_EQ(mailbox.await(acquire("new", bob, 3)).code, ErrorCode::stopping);
}

TEST_F(RunnerTest, has_delivered_everything_when_it_is_drained) {
  std::promise<void> delivering;
  std::promise<void> drained;
  std::future<void> is_drained = drained.get_future();
  std::atomic<bool> delivered = false;
  const auto slowly = [&](std::vector<Answer>&) {
    delivering.set_value();
    // A drain that does not wait for this returns here. One that does keeps us waiting for nothing.
    EXPECT_EQ(is_drained.wait_for(200ms), std::future_status::timeout);
    delivered = true;
  };
  runner = std::make_unique<Runner>(
      std::make_unique<Engine>(hand, clients), journal, slowly, [](const Error&) {},
      RunnerOptions{.policy = CommitPolicy::always_thread, .tick_by_hand = true});
  ASSERT_TRUE(runner->start());
  acquire("job", alice);
  delivering.get_future().wait();
  EXPECT_TRUE(runner->drain(30s));
  EXPECT_TRUE(delivered);
  drained.set_value();
}

// --- Time.

TEST_F(RunnerTest, ticks_by_hand_as_often_as_there_is_more_to_do) {
  start();
  for (int i = 0; i < 10; ++i) acquire("name/" + std::to_string(i), alice);
  EXPECT_TRUE(runner->drain(30s));
  for (int i = 0; i < 101; ++i) {
    hand.advance(100ms);
    runner->tick();
  }
  EXPECT_EQ(runner->snapshot().held, 0U);
  EXPECT_EQ(runner->snapshot().engine.lapses, 10U);
}

TEST_F(RunnerTest, ticks_by_itself) {
  SystemClock real;
  clock_in_use = &real;
  start({});
  mailbox.await(submit(Acquire{.name = "job", .who = alice, .ttl = 100ms}));
  const Address waits = submit(Acquire{.name = "job", .who = bob, .ttl = 10s, .wait = 60s}, 2);
  EXPECT_EQ(mailbox.await(waits).who, bob);  // Nobody asked again: a tick let the lease lapse.
}

// --- Names in order.

TEST_F(RunnerTest, lists_names_from_before_and_after_somebody_first_asked) {
  core::Limits limits;
  limits.remembered_for = 1s;
  start({.tick_by_hand = true}, limits);
  const Token token = mailbox.await(acquire("b", alice)).lease.token;
  mailbox.await(acquire("a/x", alice));
  EXPECT_THAT(runner->names("", "", 10).names, ElementsAre("a/x", "b"));
  mailbox.await(acquire("a", alice));
  EXPECT_THAT(runner->names("a", "", 10).names, ElementsAre("a", "a/x"));
  mailbox.await(submit(core::Release{"b", token, alice}));
  for (int i = 0; i < 12; ++i) {
    hand.advance(100ms);
    runner->tick();
  }
  EXPECT_THAT(runner->names("", "", 10).names, ElementsAre("a", "a/x")) << "forgotten";
}

// L14: what is granted between looking the names up and showing them is in no list, so it comes after the list's
// position.
TEST_F(RunnerTest, looks_names_up_as_of_a_position_that_later_grants_come_after) {
  start();
  const core::Position first = mailbox.await(acquire("a", alice)).position;
  EXPECT_EQ(runner->names("", "", 10).as_of, first);
  EXPECT_EQ(runner->tree("", "", 10).as_of, first);
  EXPECT_EQ(runner->sessions({}, "", 10)->as_of, first);
  NamePage names = runner->names("", "", 10);
  const core::Position second = mailbox.await(acquire("b", alice)).position;
  const core::Reply listed = mailbox.await(submit(core::List{.names = names.names, .as_of = names.as_of}, 2));
  EXPECT_EQ(listed.page.size(), 1U);
  EXPECT_LT(listed.position, second);
}

TEST_F(RunnerTest, gives_up_going_through_leases_for_whoever_has_gone) {
  start();
  mailbox.await(acquire("a", alice));
  EXPECT_FALSE(runner->sessions({}, "", 10, [] { return false; }).has_value());
  for (int i = 0; i < 3'000; ++i) acquire(std::to_string(i), alice);
  int asked = 0;
  EXPECT_FALSE(runner->sessions({}, "", 10, [&] { return ++asked < 2; }).has_value()) << "in the midst of it";
  EXPECT_EQ(asked, 2);
}

TEST_F(RunnerTest, counts_what_is_held_below_a_prefix_and_leaves_out_what_is_free) {
  start();
  const Token token = mailbox.await(acquire("a/x/1", alice)).lease.token;
  mailbox.await(acquire("a/x/2", alice));
  mailbox.await(acquire("a/x", alice));
  const Token free = mailbox.await(acquire("a/free", alice)).lease.token;
  mailbox.await(submit(core::Release{"a/free", free, alice}));
  mailbox.await(submit(core::Release{"a/x/1", token, alice}));
  mailbox.await(acquire("b", bob));
  const Runner::Tree tree = runner->tree("a", "", 10);
  ASSERT_EQ(tree.children.size(), 1U);
  EXPECT_EQ(tree.children[0].name, "a/x");
  EXPECT_EQ(tree.children[0].held, 2U);
  EXPECT_TRUE(tree.children[0].lease);
  EXPECT_FALSE(tree.children[0].more);
  const Runner::Tree all = runner->tree("", "", 10);
  ASSERT_EQ(all.children.size(), 2U);
  EXPECT_EQ(all.children[0].name, "a");
  EXPECT_EQ(all.children[0].held, 2U);
  EXPECT_FALSE(all.children[0].lease);
  EXPECT_TRUE(all.children[1].lease);
}

TEST_F(RunnerTest, knows_who_holds_and_who_waits_by_owner_and_session) {
  start();
  mailbox.await(acquire("b", alice));
  mailbox.await(acquire("a", alice));
  mailbox.await(acquire("c", alice2));
  submit(Acquire{.name = "a", .who = bob, .ttl = 10s, .wait = 60s}, 9);
  const Runner::Sessions all = *runner->sessions({}, "", 10);
  ASSERT_EQ(all.lines.size(), 3U);
  EXPECT_FALSE(all.more);
  EXPECT_EQ(all.lines[0].who, alice);
  EXPECT_EQ(all.lines[0].leases, 2U);
  EXPECT_THAT(all.lines[0].names, ElementsAre("a", "b"));
  EXPECT_EQ(all.lines[1].who, alice2);
  EXPECT_EQ(all.lines[2].who, bob);
  EXPECT_EQ(all.lines[2].leases, 0U);
  EXPECT_EQ(all.lines[2].waits, 1U);
  EXPECT_THAT(all.lines[2].clients, ElementsAre(9U));
  EXPECT_EQ(runner->count_sessions(), 3U);
  EXPECT_EQ(runner->sessions({}, "bob", 10)->lines.size(), 1U);
}

TEST_F(RunnerTest, ends_a_page_of_the_tree_where_its_names_are_long_and_goes_on_behind_it) {
  start();
  std::set<std::string> expected, seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string branch = std::to_string(1'000 + i) + std::string(480, 'x');
    expected.insert(branch);
    mailbox.await(acquire(branch + (i % 2 == 0 ? "/below" : ""), alice));
  }
  std::string after;
  int pages = 0;
  do {
    const Runner::Tree page = runner->tree("", after, 1'000);
    std::size_t bytes = 0;
    for (const Runner::Tree::Child& child : page.children) {
      bytes += child.name.size();
      EXPECT_TRUE(seen.insert(child.name).second) << child.name;
    }
    EXPECT_LT(bytes, 150'000U);
    after = page.next;
    ++pages;
  } while (!after.empty());
  EXPECT_EQ(pages, 4);
  EXPECT_EQ(seen, expected);
}

TEST_F(RunnerTest, goes_through_no_leases_any_more_once_it_is_being_stopped) {
  start();
  mailbox.await(acquire("a", alice));
  EXPECT_TRUE(runner->sessions({}, "", 10).has_value());
  ASSERT_TRUE(runner->drain(30s));
  EXPECT_FALSE(runner->sessions({}, "", 10).has_value());
  EXPECT_FALSE(runner->count_sessions().has_value());
}

// A look at all leases and all names takes nothing of the disk.
TEST_F(RunnerTest, looks_at_who_holds_what_while_the_disk_hangs) {
  start({.policy = CommitPolicy::always_thread, .tick_by_hand = true});
  journal.shut();
  const Address waits = acquire("a/b", alice);
  journal.await_batch();
  EXPECT_EQ(runner->sessions({}, "", 10)->lines.size(), 1U);
  EXPECT_EQ(runner->tree("", "", 10).children.size(), 1U);
  EXPECT_EQ(runner->count_sessions(), 1U);
  const auto shown = std::make_shared<const core::Shown>();
  EXPECT_TRUE(mailbox.await(submit(core::Show{shown, true}, 2)).unsettled);
  const Address settled = submit(core::Show{shown, false}, 2);
  EXPECT_FALSE(mailbox.has(settled)) << "it may show what is not durable";
  journal.open_up();
  mailbox.await(settled);
  mailbox.await(waits);
}

// --- Many threads.

TEST_F(RunnerTest, gives_each_name_one_owner_and_delivers_grants_in_order_whoever_asks_when) {
  start();
  constexpr int threads = 4, rounds = 100;
  std::vector<std::vector<Address>> asked(threads);
  {
    std::vector<std::jthread> clients_at_work;
    for (int thread = 0; thread < threads; ++thread) {
      clients_at_work.emplace_back([&, thread] {
        const core::Who who{"owner", "session/" + std::to_string(thread)};
        const auto client = static_cast<std::uint64_t>(thread + 1);
        for (int round = 0; round < rounds; ++round) {
          asked[thread].push_back(acquire("contended/" + std::to_string(round), who, client));
          if (round % 10 == 0) runner->names("contended", "", 5);
          if (round % 7 == 0) runner->tick();
          if (round % 5 == 0) mailbox.await(asked[thread].back());
          runner->snapshot();
        }
      });
    }
  }
  std::map<std::string, int> owners;
  for (const auto& each : asked) {
    for (const Address& from : each) {
      const Reply reply = mailbox.await(from);
      if (reply.code == ErrorCode::none) ++owners[reply.lease.name];
    }
  }
  EXPECT_TRUE(runner->drain(30s));
  EXPECT_EQ(owners.size(), static_cast<std::size_t>(rounds));
  for (const auto& [name, count] : owners) EXPECT_EQ(count, 1) << name;
  EXPECT_EQ(journal.effects_.size(), static_cast<std::size_t>(rounds + 1)) << "the start, too";
  std::vector<Token> tokens;
  for (const Reply& reply : mailbox.order()) {
    if (reply.code == ErrorCode::none) tokens.push_back(reply.lease.token);
  }
  EXPECT_TRUE(std::ranges::is_sorted(tokens)) << "grants leave in the order in which they were decided";
}

}  // namespace
}  // namespace holdfast::engine
