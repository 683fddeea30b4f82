// What the doors share: the engine's runner, the answers on their way to the doors' threads, and what is watched there.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/operations.h"
#include "core/commands.h"
#include "core/types.h"
#include "engine/event_ring.h"
#include "engine/runner.h"
#include "history/store.h"
#include "server/conflict_monitor.h"
#include "server/history_reader.h"
#include "server/live_sessions.h"
#include "server/log.h"
#include "server/metrics.h"

namespace holdfast::server {

/// One thread of one door. Its clients carry its number in the top bits of their ids.
class Lane {
 public:
  virtual ~Lane() = default;
  /// Takes answers for this lane's clients, in order. Called from any thread; must not block.
  virtual void deliver(std::vector<core::Answer> answers) = 0;
  /// Called every 50 ms or so, by one other thread: to see whether the lane's own is held up.
  virtual void look_after() {}
};

/// Which connections are still open, asked when one that waited is to be granted (L8), and where they come from: those
/// that closed last, too, for what was taken by them may be held still. Thread-safe.
class Clients final : public core::Presence, public api::Addresses {
 public:
  static constexpr std::size_t closed_max = 10'000;

  /// From here on `client` is present while the TCP connection behind `socket` is established.
  void add(std::uint64_t client, int socket);
  /// Before the socket is closed.
  void remove(std::uint64_t client);
  bool present(std::uint64_t client) const override;
  /// Whether it was added and not removed: nobody here has noticed that its peer has gone, if it has.
  bool open(std::uint64_t client) const;
  std::string address_of(std::uint64_t client) const override;

 private:
  struct Open {
    int socket = -1;
    std::string address;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Open> open_;
  std::unordered_map<std::uint64_t, std::string> closed_;  ///< The addresses of those that closed last,
  std::deque<std::uint64_t> closed_in_order_;              ///< the first of them first.
};

/// Lives as long as the server. Thread-safe, but `add_lane`, which comes before the first request.
class Service {
 public:
  static constexpr int lane_shift = 48;

  /// Both must outlive it.
  Service(Log& log, engine::EventRing& events) : log_(log), events_(events), monitor_(log, metrics_) {}

  Clients& clients() { return clients_; }
  Metrics& metrics() { return metrics_; }
  ConflictMonitor& monitor() { return monitor_; }
  Log& log() { return log_; }

  /// The number that `lane`'s clients carry.
  std::uint64_t add_lane(Lane& lane);
  static std::uint64_t client_id(std::uint64_t lane, std::uint64_t number) { return lane << lane_shift | number; }

  /// Of a grant that nobody heard of: counts it, and gives what takes it back (L8).
  core::TakeBack take_back(std::string name, core::Token token, core::Who who);

  /// Where the runner delivers: to the monitor, then to the lanes, one call a lane.
  void deliver(std::vector<core::Answer>& leaving);

  void run(engine::Runner& runner) { runner_ = &runner; }
  engine::Runner& runner() { return *runner_; }

  /// To be called at the runner's ticks.
  void look_after_lanes();

  /// Nobody new becomes an owner for want of room on the disk, or somebody does again.
  void room_changed(bool out, const journal::Room& room);

  HistoryReader& history() { return history_; }

  engine::EventRing& events() { return events_; }

  /// Who has a live socket; null: nobody can.
  void meet(LiveSessions& live) { live_ = &live; }
  LiveSessions* live() { return live_; }

  std::vector<std::string>
      injections;             ///< In force; for /readyz and the warnings. As the next ones set before the doors open.
  std::string journal;        ///< Which one, in words.
  std::string console;        ///< What tells the page that is served from another one. Empty: there is none.
  std::string demonstration;  ///< Where the demonstration of a fault is. Empty: there is none.
  std::atomic<bool> demonstration_over{false};  ///< It has ended before its time.
  std::atomic<bool> ready{false};
  std::atomic<bool> out_of_room{false};  ///< Nobody new becomes an owner until there is room on the disk.

 private:
  Log& log_;
  engine::EventRing& events_;
  Clients clients_;
  Metrics metrics_;
  ConflictMonitor monitor_;
  std::vector<Lane*> lanes_;
  engine::Runner* runner_ = nullptr;
  LiveSessions* live_ = nullptr;
  HistoryReader history_{clients_};
};

}  // namespace holdfast::server
