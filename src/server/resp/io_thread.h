// A loop on a thread of its own, with its connections; and a second thread, which goes on with it where a disk holds
// the first one up.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/ids.h"
#include "core/commands.h"
#include "core/rules.h"
#include "engine/engine.h"
#include "server/acceptor.h"
#include "server/event_streams.h"
#include "server/helm.h"
#include "server/loop.h"
#include "server/resp/door.h"
#include "server/resp/scripts.h"
#include "server/service.h"

namespace holdfast::server::resp {

class Connection;

/// `deliver`, `look_after`, `start`, `join`, `closing`, `post` and what Taker has are for any thread; everything else
/// runs on its own, the one of the two that is at the helm.
class IoThread final : public Lane, public Taker {
 public:
  IoThread(Service& its_service, const Options& its_options, Scripts& its_scripts, EventStreams& its_streams);
  ~IoThread() override;

  void deliver(std::vector<core::Answer> answers) override;
  void look_after() override;
  void start();
  void join();
  void post(std::move_only_function<void()> work) { loop.post(std::move(work)); }

  /// Adds to what is handed to the engine at the end of this round.
  template <class Command>
  void gather(core::Address from, Command&& command) {
    gathered_.emplace_back(from, std::forward<Command>(command));
  }
  /// The same, to be filled in.
  core::Acquire& gather_acquire(core::Address from) {
    return std::get<core::Acquire>(gathered_.emplace_back(from).command);  // The first of its kinds.
  }
  /// It is not to be handed over after all.
  void forget_gathered() { gathered_.pop_back(); }
  /// Nobody is there to hear of this grant (L8).
  void take_back(const core::Address& to, std::string name, core::Token token, core::Who who);
  /// Null: it is gone.
  Connection* find(std::uint64_t client) const;
  /// Takes no more commands, and closes connections that owe no answer.
  void begin_closing();
  /// Connections that owe an answer.
  std::size_t busy() const;
  /// False: one of the threads still waits for the disk, and cannot end before that.
  bool close_all();

  Service& service;
  const Options& options;
  Scripts& scripts;
  EventStreams& streams;  ///< Where those who watch go.
  RandomIds ids;
  Loop loop;
  boost::asio::thread_pool lister{1};  ///< For what takes long,
  boost::asio::thread_pool walker{1};  ///< and for what goes through all leases, which takes longer.
  std::atomic<bool> closing = false;
  std::uint16_t port = 0;  ///< Of the door.
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

 private:
  void offered() override;
  void adopt(const Offer& offer);
  void hand_out(std::vector<core::Answer>& answers);
  void serve(Helm::Hand hand);
  bool submit();
  void submit_some();
  void removed(Peer& peer);
  void look_at_times(Loop::Clock::time_point now);

  std::uint64_t lane_;
  std::uint64_t numbered_ = 0;
  boost::unordered_flat_map<std::uint64_t, Connection*> connections_;
  std::vector<engine::Request> gathered_;
  std::vector<engine::Request> submitted_;
  std::mutex inbox_mutex_;
  std::vector<core::Answer> inbox_;  ///< Guarded by inbox_mutex_.
  Helm helm_;
  std::vector<std::thread> threads_;
};

}  // namespace holdfast::server::resp
