// Where time, state and journal meet: commands in, batches of effects out, answers when they are durable.
//
// The engine owns no thread, no lock and no file. A runner (runner.h) drives it in a server, a test by hand.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "core/rules.h"
#include "engine/batch.h"
#include "engine/lease_clock.h"
#include "engine/statistics.h"
#include "journal/journal.h"

namespace holdfast::engine {

/// A command and where its answer goes.
struct Request {
  core::Address from;
  core::Command command;
};

/// The bounds of what may be pending, and how much one step does.
struct Bounds {
  std::size_t pending_bytes_max = 64 << 20;       ///< Decided, not yet durable.
  Duration behind_max = std::chrono::seconds(5);  ///< Age of the oldest pending effect.
  std::size_t batch_bytes_max = 1 << 20;
  std::size_t looks_a_tick = 1'000;
};

/// The token that stands for a time of day: tokens of a start begin there or above it (L3).
core::Token token_of(WallTime wall);

/// One partition. Not thread-safe; nothing here blocks.
class Engine {
 public:
  /// `clock` and `presence` must outlive the engine.
  Engine(Clock& clock, const core::Presence& presence, core::Limits limits = {}, Bounds bounds = {});
  virtual ~Engine() = default;

  /// Before `start`: takes a durable effect back in.
  virtual void replay(const core::Effect& effect, core::Position position);
  /// Ends the replay: every recovered lease has its full ttl from now, tokens begin as L3 says, and takeovers that were
  /// pending are dropped (L9), which is journaled.
  ///
  /// `announced`: positions are given to clients, so the start is journaled, before all else that it decides: from
  /// there on positions are of this incarnation (L14).
  virtual void start(bool announced = false);

  /// Decides `requests` in order, at one reading of the clock. Answers that wait for nothing are added to `leaving`;
  /// the others leave from `durable`.
  void submit(std::span<Request> requests, std::vector<core::Answer>& leaving);

  /// What the journal has room for, to be told before `submit` and `tick`.
  ///
  /// While it is full and what is left is kept for the ends of what is owned, nobody new becomes an owner: acquires are
  /// refused with disk_full, whoever waits is told the same, and nothing is forgotten. All else goes on.
  void set_room(const journal::Room& room) { room_ = room; }
  bool out_of_room() const;

  /// To be called every 50 ms. True when more is due and the next call should follow at once.
  bool tick(std::vector<core::Answer>& leaving);

  /// The next batch to make durable; empty when nothing is pending. One batch at a time: `durable` or `fail` must
  /// follow before the next call.
  Batch take_batch();
  bool pending() const { return !batches_.empty(); }
  /// The client that all pending answers go to; none when there are several, or no answer is pending.
  std::optional<std::uint64_t> only_client_pending() const;

  /// Everything up to `position` would outlive a power cut: the answers that waited for it leave.
  void durable(core::Position position, std::vector<core::Answer>& leaving);

  /// The journal failed: whatever waits for it is answered maybe_done, who waits in a queue that the server stops.
  /// Nothing may be submitted after this.
  void fail(std::vector<core::Answer>& leaving);

  /// Those who wait, in a queue or for a flush window, are told that the server stops, and nothing new is decided but
  /// renewals and releases.
  void stop_waiting(std::vector<core::Answer>& leaving);

  /// Whether the disk is so far behind that new commands are refused.
  bool behind() const;
  /// Of effects that are decided and not yet durable, about.
  std::size_t pending_bytes() const { return pending_bytes_; }

  /// Unique to this start: its first token. Part of every position that leaves.
  std::uint64_t incarnation() const { return incarnation_; }

  const core::State& state() const { return state_; }
  /// Names that came and went since the last call; from the first call on they are recorded.
  std::vector<core::NameChange> take_name_changes();
  const Statistics& statistics() const { return statistics_; }

 protected:
  /// Decides one command. The decorator for injected faults overrides it.
  virtual void handle(core::Step& step, Request& request);
  /// Called at each tick, before the rules look at the timers.
  virtual void before_tick(core::Step&) {}
  virtual const core::Presence& presence() const { return presence_; }
  /// The one place where the clock is read (L4).
  virtual core::Now read_clock() { return lease_clock_.read(); }
  /// Whether an answer has nothing to wait for any more.
  virtual bool may_leave(const core::Reply& reply) const { return reply.waits_for <= durable_; }
  core::State& state() { return state_; }
  core::Now last_reading() const { return now_; }

 private:
  /// Effects that gather, and the answers that wait for them.
  struct Gathering {
    Batch batch;
    std::size_t bytes = 0;
    Instant since{};
    std::vector<core::Answer> answers;
  };

  bool refuses(const core::Command& command) const;
  void tell_stopping(std::vector<core::Answer>& leaving);
  bool needs_room(const core::Command& command) const;
  bool holds_already(const core::Command& command) const;
  void end_waits(ErrorCode why, std::vector<core::Answer>& leaving);
  bool changes_ttl(const core::Renew& renew) const;
  /// What programs are refused on their way: they begin, change and end what they do one by one.
  core::Refusals refusals() const;
  /// Takes over what came of a step. `whole`: its effects are those of one command, and stay in one batch.
  void collect(bool whole, std::vector<core::Answer>& leaving);
  /// The same in two parts, for several commands: each is counted into a batch, then all of them change hands at once.
  void collect_effects(bool whole);
  void finish_step(std::vector<core::Answer>& leaving);
  void hand_over_effects();
  /// Answers leave, or wait with the effects that they are about.
  void route_answers(std::vector<core::Answer>& leaving);
  void open_batch_for(std::size_t bytes, core::Position next);
  void route(core::Answer&& answer, std::vector<core::Answer>& leaving);
  /// It leaves from here on.
  void let_go(core::Answer& answer);
  /// Ends what programs began and were told that they do not hold.
  void take_back_late(std::vector<core::Answer>& leaving);

  LeaseClock lease_clock_;
  const core::Presence& presence_;
  Bounds bounds_;
  core::State state_;
  core::Now now_;
  std::vector<std::uint64_t> fetched_;  ///< Of the names in one call; kept for its memory, too.
  core::Outcome outcome_;               ///< Kept between steps for its memory.
  std::size_t collected_ = 0;           ///< Of its effects: those that the newest batch counts already.
  std::deque<Gathering> batches_;       ///< Oldest first; the front one may be at the journal.
  std::vector<Request> late_;           ///< Grants of programs that were answered as lapsed, to be taken back.
  bool front_taken_ = false;
  bool stopping_ = false;
  std::size_t pending_bytes_ = 0;  ///< As the journal will have them, at most.
  journal::Room room_;
  core::Position durable_;
  std::uint64_t incarnation_ = 0;
  Statistics statistics_;
};

}  // namespace holdfast::engine
