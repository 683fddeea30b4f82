// A loop on a thread of its own, with its connections.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "core/commands.h"
#include "core/rules.h"
#include "engine/engine.h"
#include "server/http/admission.h"
#include "server/http/door.h"
#include "server/http/event_streams.h"
#include "server/service.h"

namespace holdfast::server::http {

class Connection;

/// An accepted connection that nobody serves yet.
struct Offer {
  int fd = -1;
  boost::asio::ip::tcp protocol = boost::asio::ip::tcp::v4();
  std::chrono::steady_clock::time_point since{};
};

/// `deliver`, `start`, `join`, `offer`, `withdraw` and `closing` are for any thread; everything else runs on its own.
class IoThread final : public Lane {
 public:
  IoThread(Service& its_service, const Options& its_options, const Admission& its_admission, EventStreams& its_streams);
  ~IoThread() override;

  void deliver(std::vector<core::Answer> answers) override;
  void start();
  void join();
  /// Serves the connection from when its loop gets to it until it closes; the descriptor is its own from here on.
  void offer(Offer offer);
  /// Takes back what was offered before `time` and not got to: this thread may be waiting for a disk.
  std::vector<Offer> withdraw(std::chrono::steady_clock::time_point time);
  bool has_offers();

  /// Adds to what the loop hands to the engine once it has run everything that is ready.
  void gather(core::Address from, core::Command command);
  /// Nobody is there to hear of this grant (L8).
  void take_back(const core::Answer& answer);
  void close_all();
  std::size_t busy() const;

  boost::asio::io_context loop{1};
  boost::asio::thread_pool lister{1};  ///< For what takes long.
  Service& service;
  const Options& options;
  const Admission& admission;
  EventStreams& streams;  ///< Where those who watch go.
  RandomIds ids;
  std::atomic<bool> closing = false;

 private:
  void take_in();
  void adopt(const Offer& offer);
  void hand_out(std::vector<core::Answer> answers);
  void look_at_times();

  std::uint64_t lane_;
  std::uint64_t numbered_ = 0;
  std::unordered_map<std::uint64_t, Connection*> connections_;
  std::mutex offers_mutex_;
  std::vector<Offer> offers_;  ///< Guarded by offers_mutex_.
  std::vector<engine::Request> gathered_;
  std::vector<engine::Request> submitted_;
  boost::asio::steady_timer second_{loop};
  std::thread thread_;
};

}  // namespace holdfast::server::http
