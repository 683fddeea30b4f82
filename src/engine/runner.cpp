#include "engine/runner.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>
#include <utility>

#include "base/check.h"
#include "base/text_hash.h"

namespace holdfast::engine {
namespace {

using core::Answer;
using Lock = std::unique_lock<std::mutex>;

constexpr Duration tick_every = std::chrono::milliseconds(50);
/// Between two looks while more is due. Without it this thread would have the mutex again before anybody who waits for
/// it has woken up: whoever unlocks is the first who can lock.
constexpr Duration tick_breath = std::chrono::microseconds(500);
/// Leases, sessions that hold them and places in queues that are gone through between two such pauses, about: those of
/// a few shards, or of one that is large.
constexpr std::size_t looks_together = 1'000;
constexpr std::size_t tree_bytes_max = 256 << 10;  ///< Of a page of the tree, about.

Duration steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace

Runner::Runner(std::unique_ptr<Engine> engine, journal::Journal& journal, Deliver deliver, OnJournalFailure on_failure,
               RunnerOptions options)
    : engine_(std::move(engine)),
      journal_(journal),
      deliver_(std::move(deliver)),
      on_failure_(std::move(on_failure)),
      options_(options) {}

Runner::~Runner() {
  // The threads hold the members they use: they end first.
  tick_thread_ = {};
  commit_thread_ = {};
}

Result<journal::Opened> Runner::start() {
  HF_TRY(opened, journal_.open([this](const core::Effect& effect, core::Position position) {
    engine_->replay(effect, position);
    for (Listener* listener : options_.listeners) listener->replayed(effect, position);
  }));
  engine_->start(true);
  incarnation_ = engine_->incarnation();
  {
    Lock lock(mutex_);
    while (engine_->pending() && !failed_) commit_once(lock);
    if (failed_) return fail(ErrorCode::journal_io, "the start could not be written down");
    hand_over_ = false;
  }
  commit_thread_ = std::jthread([this](const std::stop_token& stop) { commit_loop(stop); });
  if (options_.tick_by_hand) return opened;
  tick_thread_ = std::jthread([this](const std::stop_token& stop) { tick_loop(stop); });
  return opened;
}

void Runner::submit(std::span<Request> requests, const Submitter& submitter) {
  std::vector<Answer> leaving;
  leaving.reserve(requests.size());
  Lock lock(mutex_);
  if (failed_) {
    for (const Request& request : requests) {
      core::Reply reply;
      reply.code = ErrorCode::stopping;
      leaving.push_back({request.from, std::move(reply)});
    }
  } else {
    engine_->set_room(journal_.room());
    engine_->submit(requests, leaving);
  }
  send(lock, leaving);
  if (submitter.more && options_.policy == CommitPolicy::adaptive) return;
  start_commit(lock, &submitter);
}

/// Sees to it that what is pending gets to the journal: by this thread if it may and it pays, else by the commit
/// thread. Null: this thread may not.
void Runner::start_commit(Lock& lock, const Submitter* submitter) {
  if (!failed_ && committing_ && engine_->pending() && submitter && submitter->wait && disk_is_quick()) {
    await_commit(lock);
  }
  if (committing_ || failed_ || !engine_->pending()) return;  // Whoever commits now looks again when it is done.
  committing_ = true;
  if (!submitter || !may_commit_here(*submitter)) {
    hand_over_ = true;
    commit_wanted_.notify_one();
    return;
  }
  ++counted_.inline_commits;
  commit_once(lock, submitter->wait);
}

bool Runner::may_commit_here(const Submitter& submitter) {
  // A client whose commit was the last one too is alone: nobody gains from a hand-over, which would only cost it. With
  // two or more, the others' requests would lie unread while this thread waits for the disk.
  const std::optional<std::uint64_t> client = engine_->only_client_pending();
  const bool alone = client && client == std::exchange(last_client_, client);
  switch (options_.policy) {
    case CommitPolicy::always_thread:
      return false;
    case CommitPolicy::always_inline:
      return true;
    case CommitPolicy::adaptive:
      break;
  }
  return (alone && !submitter.others) || (submitter.wait && disk_is_quick());
}

bool Runner::disk_is_quick() const {
  const bool hangs = commit_began_ && steady_now() - *commit_began_ > options_.quick_commit;
  return options_.policy == CommitPolicy::adaptive && commit_pace_ < options_.quick_commit && !hangs;
}

/// Waits for the commit that is under way, but not for a disk that is not quick this time.
///
/// Else, once the commit thread has begun, for a lapse perhaps, it would go on for as long as there is load: there is
/// always something that has gathered meanwhile.
void Runner::await_commit(Lock& lock) {
  if (std::exchange(taken_next_, true)) return;
  idle_.wait_for(lock, options_.quick_commit, [this] { return !committing_; });
  taken_next_ = false;
}

/// Makes one batch durable and lets its answers leave. `committing_` is set, and passes to the commit thread if more
/// is pending afterwards.
void Runner::commit_once(Lock& lock, DiskWait* wait) {
  const auto batch = std::make_shared<const Batch>(engine_->take_batch());
  const Duration began = steady_now();
  commit_began_ = began;
  lock.unlock();
  const std::uint64_t waited = wait ? wait->leave() : 0;
  const Result<void> kept = journal_.append(batch->first, batch->effects);
  if (wait) wait->back(waited);
  if (kept) {
    for (Listener* listener : options_.listeners) listener->durable(batch);
  }
  lock.lock();
  commit_began_.reset();
  std::vector<Answer> leaving;
  if (!kept) {
    // An fsync is never tried again: what it did is not known, and a second one may lie.
    failed_ = true;
    engine_->fail(leaving);
    committing_ = false;
    send(lock, leaving);
    lock.unlock();
    on_failure_(kept.error());
    lock.lock();
    idle_.notify_all();
    return;
  }
  const Duration took = steady_now() - began;
  counted_.commit.observe(took);
  commit_pace_ += (took - commit_pace_) / 8;
  ++counted_.batches;
  counted_.batch_effects += batch->effects.size();
  engine_->durable(batch->last(), leaving);
  counted_.batch_sizes.observe(batch->effects.size());
  committing_ = engine_->pending() && !taken_next_;
  hand_over_ = committing_;
  if (hand_over_) commit_wanted_.notify_one();
  send(lock, leaving);
  idle_.notify_all();
}

/// Answers leave in the order in which they were decided, one sender at a time; whoever comes meanwhile leaves its
/// own in the outbox.
void Runner::send(Lock& lock, std::vector<Answer>& leaving) {
  if (leaving.empty()) return;
  if (outbox_.empty()) {
    outbox_.swap(leaving);
  } else {
    outbox_.insert(outbox_.end(), std::make_move_iterator(leaving.begin()), std::make_move_iterator(leaving.end()));
  }
  if (sending_) return;
  sending_ = true;
  while (!outbox_.empty()) {
    std::vector<Answer> now = std::exchange(outbox_, {});
    lock.unlock();
    deliver_(now);
    lock.lock();
  }
  sending_ = false;
  idle_.notify_all();
}

void Runner::commit_loop(const std::stop_token& stop) {
  // Before the lock is taken: it is called right here where the stop has come before this thread began.
  const std::stop_callback wake(stop, [this] {
    const Lock guard(mutex_);
    commit_wanted_.notify_all();
  });
  Lock lock(mutex_);
  while (true) {
    commit_wanted_.wait(lock, [&] { return hand_over_ || stop.stop_requested(); });
    if (!hand_over_) return;
    hand_over_ = false;
    commit_once(lock);
  }
}

void Runner::tick() {
  bool more = true;
  while (more) {
    std::vector<Answer> leaving;
    Lock lock(mutex_);
    if (failed_) return;
    const journal::Room room = journal_.room();
    engine_->set_room(room);
    const bool full = engine_->out_of_room();
    more = engine_->tick(leaving);
    const bool changed = std::exchange(out_of_room_, full) != full;
    send(lock, leaving);
    start_commit(lock, nullptr);
    lock.unlock();
    if (changed && options_.on_room) options_.on_room(full, room);
    if (more) std::this_thread::sleep_for(tick_breath);
  }
  // A list that is being made takes the changes in itself; lapses do not wait for it.
  const std::unique_lock index(index_mutex_, std::try_to_lock);
  if (!index || !index_built_) return;
  Lock lock(mutex_);
  std::vector<core::NameChange> changes = engine_->take_name_changes();
  lock.unlock();
  index_.apply(std::move(changes));
}

void Runner::tick_loop(const std::stop_token& stop) {
  std::mutex sleeping;
  std::condition_variable_any timer;
  while (!stop.stop_requested()) {
    tick();
    if (options_.on_tick) options_.on_tick();
    std::unique_lock sleep(sleeping);
    timer.wait_for(sleep, stop, tick_every, [] { return false; });
  }
}

void Runner::build_index() {
  {
    const Lock lock(mutex_);
    index_.apply(engine_->take_name_changes());  // From here on every change is recorded.
  }
  for (std::size_t shard = 0; shard < core::State::shards; ++shard) {
    std::vector<core::NameChange> found;
    {
      const Lock lock(mutex_);
      std::as_const(*engine_).state().for_each_in(shard, [&](const core::Lease& lease) {
        found.push_back({lease.name, true});
      });
    }
    index_.apply(std::move(found));
  }
  index_built_ = true;
}

core::Position Runner::update_index() {
  if (!index_built_) build_index();
  std::vector<core::NameChange> changes;
  core::Position as_of;
  {
    const Lock lock(mutex_);
    changes = engine_->take_name_changes();
    as_of = std::as_const(*engine_).state().position();
  }
  index_.apply(std::move(changes));
  return as_of;
}

NamePage Runner::names(std::string_view prefix, std::string_view after, std::size_t limit) {
  const std::lock_guard index(index_mutex_);
  const core::Position as_of = update_index();
  NamePage page = index_.page(prefix, after, limit);
  page.as_of = as_of;
  return page;
}

/// Counts those of `names` that are held.
void Runner::look_at(std::span<const std::string> names, Tree::Child& child) {
  const Lock lock(mutex_);
  const core::State& state = std::as_const(*engine_).state();
  for (const std::string& name : names) {
    const core::Lease* const lease = state.find(name);
    if (!lease || !lease->held()) continue;
    ++child.held;
    if (name == child.name) child.lease = true;
  }
}

Runner::Tree Runner::tree(std::string_view prefix, std::string_view after, std::size_t limit) {
  const std::lock_guard one(tree_mutex_);
  BranchPage page;
  Tree tree;
  {
    const std::lock_guard index(index_mutex_);
    tree.as_of = update_index();
    page = index_.branches(prefix, after, {.branches = limit});
  }
  tree.next = std::move(page.next);
  std::size_t bytes = 0;
  std::size_t looks = 0;
  for (Branch& branch : page.branches) {
    Tree::Child child{.name = std::move(branch.name), .more = branch.more};
    std::span<const std::string> left = branch.names;
    while (!left.empty()) {
      const std::size_t now = std::min(left.size(), looks_together - looks);
      look_at(left.first(now), child);
      left = left.subspan(now);
      looks = (looks + now) % looks_together;
      if (looks == 0) std::this_thread::sleep_for(tick_breath);
    }
    if (child.held == 0 && !child.more) continue;
    bytes += 2 * child.name.size();  // Its last segment is told beside it.
    tree.children.push_back(std::move(child));
    if (bytes < tree_bytes_max || &branch == &page.branches.back()) continue;
    tree.next = std::move(branch.place);
    break;
  }
  return tree;
}

template <class Visit, class Pause>
bool Runner::each_lease(Visit&& visit, Pause&& pause, const std::function<bool()>& wanted) {
  const std::lock_guard walk(walk_mutex_);
  if (!wanted()) return false;
  std::size_t looks = 0;
  for (std::size_t shard = 0; shard < core::State::shards; ++shard) {
    if (draining_) return false;
    {
      const Lock lock(mutex_);
      std::as_const(*engine_).state().for_each_in(shard, [&](const core::Lease& lease) {
        visit(lease);
        looks += 1 + lease.parts.size() + lease.waiting();
      });
    }
    pause();
    if (looks < looks_together) continue;
    looks = 0;
    std::this_thread::sleep_for(tick_breath);
    if (!wanted()) return false;
  }
  return true;
}

std::optional<Runner::Sessions> Runner::sessions(const core::Who& after, const std::string& owner, std::size_t limit,
                                                 const std::function<bool()>& wanted) {
  SessionPage page(after, owner, limit);
  Sessions found;
  {
    const Lock lock(mutex_);
    found.as_of = std::as_const(*engine_).state().position();
  }
  if (!each_lease([&](const core::Lease& lease) { page.look(lease); }, [] {}, wanted)) return std::nullopt;
  found.lines = page.take();
  found.more = page.more();
  return found;
}

std::optional<std::size_t> Runner::count_sessions() {
  boost::unordered_flat_set<std::uint64_t> seen;  // By their hashes: two of a million meet once in thirty million runs.
  std::vector<std::uint64_t> met;  // Under the mutex; a set that grows would keep it for as long as that takes.
  const std::uint64_t salt = salt_of_process();
  const auto note = [&](const std::string& owner, const std::string& session) {
    met.push_back(hash_of(session, hash_of(owner, salt)));
  };
  const auto look = [&](const core::Lease& lease) {
    for (const core::Part& part : lease.parts) {
      if (!part.lapsed) note(lease.owner, part.session);
    }
    if (lease.queue) {
      for (const core::WaitQueue::Place& place : lease.queue->places) {
        note(place.waiter.command.who.owner, place.waiter.command.who.session);
      }
    }
    const core::PendingTakeover* const pending = lease.pending();
    if (pending && pending->command) note(pending->by.owner, pending->by.session);
  };
  const auto take_in = [&] {
    seen.insert(met.begin(), met.end());
    met.clear();  // And keeps its room.
  };
  if (!each_lease(look, take_in, [] { return true; })) return std::nullopt;
  return seen.size();
}

Runner::Standing Runner::standing(std::uint64_t incarnation, core::Position position) {
  const Lock lock(mutex_);
  const core::State& state = std::as_const(*engine_).state();
  const std::vector<core::Start>& starts = state.starts();
  const auto start = std::ranges::find(starts, incarnation, &core::Start::incarnation);
  if (start == starts.end()) return Standing::foreign;
  const auto next = std::next(start);
  // What a server decided and could not keep is not what the next one decided at the same position.
  if (next != starts.end()) return position < next->from ? Standing::known : Standing::foreign;
  return position <= state.position() ? Standing::known : Standing::future;
}

bool Runner::drain(Duration patience) {
  draining_ = true;
  tick_thread_ = {};  // Else new lapses could keep a slow disk busy for ever.
  Lock lock(mutex_);
  std::vector<Answer> leaving;
  if (!failed_) engine_->stop_waiting(leaving);
  send(lock, leaving);
  start_commit(lock, nullptr);
  return await_idle(lock, patience);
}

bool Runner::finish(Duration patience) {
  {
    Lock lock(mutex_);
    start_commit(lock, nullptr);
    if (!await_idle(lock, patience)) return false;
  }
  commit_thread_ = {};
  return true;
}

bool Runner::await_idle(Lock& lock, Duration patience) {
  // Durable is not delivered: another thread may be handing the last answers over right now.
  return idle_.wait_for(lock, patience,
                        [this] { return !sending_ && (failed_ || (!committing_ && !engine_->pending())); });
}

Runner::Snapshot Runner::snapshot() {
  const Lock lock(mutex_);
  Snapshot now = counted_;
  const core::State& state = std::as_const(*engine_).state();
  now.engine = engine_->statistics();
  now.names = state.names();
  now.held = state.held();
  now.waiting = state.waiting();
  now.contended = state.contended();
  now.texts = state.buffers().size();
  now.drafts = state.buffers().drafts().size();
  now.remembered = state.remembered();
  now.position = state.position();
  now.journal = journal_.counters();
  now.room = journal_.room();
  now.out_of_room = out_of_room_;
  now.failed = failed_;
  now.behind = engine_->behind();
  now.pending_bytes = engine_->pending_bytes();
  if (commit_began_) now.oldest_commit = steady_now() - *commit_began_;
  return now;
}

}  // namespace holdfast::engine
