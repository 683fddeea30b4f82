// A real server with everything that can be done to it: it is killed, paused, cut from power; its disk hangs, fails and
// fills; its wall clock is set. Clients find it at one address all the time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/durability/here.h"
#include "tests/durability/loop_disk.h"
#include "tests/support/process.h"

namespace holdfast::soak {

/// Used by the thread that made it: the server ends with that. Clients in other threads use only `await_up`.
class World {
 public:
  /// Starts a server. `inject`: bugs that are put back. As root it has a disk of its own, which can be full and lose
  /// its power.
  explicit World(const std::vector<std::string>& inject);
  ~World();

  std::uint16_t port() const { return port_; }
  bool has_disk() const { return disk_ != nullptr; }
  support::Process& server() { return server_->process(); }

  // What is done. Each leaves a server that runs or none at all; `start` brings one back.
  void kill();
  /// SIGTERM, and its end. Complains if it takes longer than five seconds or says that it failed.
  void stop();
  void cut_power();
  /// Every sync fails until the server has ended, which it must by itself.
  void fail_syncs();
  /// Starts a server where none runs, and returns when it listens. The first one's port is kept.
  void start();
  bool running() const { return up_; }

  void hang_disk(bool hang) const { put_up("hang", hang); }
  void fill_disk() const;
  void make_room() const;
  void set_wall_clock(std::int64_t seconds_ahead) const;
  /// A second server on the same directory must be turned away.
  void start_second();

  /// Nothing is wrong any more: disk, clock, server.
  void mend();

  /// From any thread: until a server is there, or for so long.
  void await_up(std::chrono::milliseconds patience);

  /// What went wrong that should not have, whoever judges the locking.
  const std::vector<std::string>& complaints() const { return complaints_; }
  void complain(std::string what) { complaints_.push_back(std::move(what)); }
  std::size_t starts() const { return starts_; }

 private:
  void put_up(const std::string& sign, bool up) const;
  void end(int expected_status);
  void gone();
  support::ServerProcess::How how() const;

  const std::vector<std::string> inject_;
  support::ScratchDirectory signs_;
  std::unique_ptr<durability::LoopDisk> disk_;
  std::unique_ptr<durability::Store> store_;
  std::unique_ptr<support::ServerProcess> server_;
  std::uint16_t port_ = 0;
  std::size_t starts_ = 0;
  std::vector<std::string> complaints_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool up_ = false;  // Guarded by mutex_ where it changes.
};

}  // namespace holdfast::soak
