// A server in the world: the real engine, driven as its runner drives it, on a disk and a clock that the world turns.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "simulate/agenda.h"
#include "simulate/disk_journal.h"
#include "simulate/hand_clocks.h"
#include "simulate/observer.h"

namespace holdfast::simulate {

/// What a server is made of. The sound one, or one with something injected.
struct Machine {
  std::function<std::unique_ptr<engine::Engine>(Clock&, const core::Presence&, core::Limits, engine::Bounds)> engine;
  /// Puts something around the journal; may be empty.
  std::function<std::unique_ptr<journal::Journal>(std::unique_ptr<journal::Journal>)> around_journal;
  const Frames* frames = nullptr;
};

/// Which connections are known to be closed.
class Connections final : public core::Presence {
 public:
  bool present(std::uint64_t client) const override { return client >= closed_.size() || !closed_[client]; }
  void close(std::uint64_t client) {
    if (client >= closed_.size()) closed_.resize(client + 1, false);
    closed_[client] = true;
  }

 private:
  std::vector<bool> closed_;
};

class Server {
 public:
  /// Is handed each answer that leaves; gives back what is to be taken back, where nobody is there to be told.
  using Deliver = std::function<std::optional<engine::Request>(core::Answer&)>;

  Server(const Machine& machine, const Plan& plan, Agenda& agenda, Observer& observer, Deliver deliver);

  /// Recovers from the disk. False: the journal cannot be read, and `unreadable` says why.
  bool boot();
  const std::string& unreadable() const { return unreadable_; }
  bool running() const { return engine_ != nullptr; }
  /// It takes requests: it has recovered, and written down that it did.
  bool serving() const { return running() && serving_; }
  std::uint64_t starts() const { return starts_; }

  void submit(std::span<engine::Request> requests, const Asked& asked);
  void tick();
  /// The disk is through with the batch of start `number`. False: it failed, and the server has ended.
  bool committed(std::uint64_t number);
  /// The process ends here and now.
  void end(bool power);

  /// Lease time as the server must count it.
  Instant lease() { return lease_clock_->read().lease; }
  const core::State& state() const { return std::as_const(*engine_).state(); }
  /// Nothing is decided that is not durable.
  bool quiet() const { return in_flight_.effects.empty() && !engine_->pending(); }
  const engine::Statistics& statistics() const { return engine_->statistics(); }
  void look();

  ServerClock clock;
  DiskState disk;
  Connections connections;
  Nanos hung_until = 0, slow_until = 0, slow_by = 0, full_until = 0;

 private:
  void before();
  void after(const Asked& asked, Instant lease);
  void let_leave();
  void begin_commit();
  Nanos latency();

  const Machine& machine_;
  const Plan& plan_;
  Agenda& agenda_;
  Observer& observer_;
  Deliver deliver_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<engine::Engine> engine_;
  std::optional<engine::LeaseClock> lease_clock_;
  engine::Batch in_flight_;
  std::vector<core::Answer> leaving_;
  std::string unreadable_;
  std::uint64_t starts_ = 0;
  std::uint64_t batches_ = 0;
  bool serving_ = false;
  std::uint64_t looked_ = 0;
};

}  // namespace holdfast::simulate
