// A loop on a thread of its own, with its connections.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "core/commands.h"
#include "core/rules.h"
#include "engine/engine.h"
#include "server/acceptor.h"
#include "server/console/files.h"
#include "server/event_streams.h"
#include "server/http/admission.h"
#include "server/http/door.h"
#include "server/live/thread.h"
#include "server/service.h"

namespace holdfast::server::http {

class Connection;

/// `deliver`, `post`, `start`, `join`, `closing` and what Taker has are for any thread; everything else runs on its
/// own.
class IoThread final : public Lane, public Taker {
 public:
  IoThread(Service& its_service, const Options& its_options, const Admission& its_admission, EventStreams& its_streams,
           live::LiveThread& its_live, const console::Files& its_files);

  void deliver(std::vector<core::Answer> answers) override;
  void post(std::move_only_function<void()> work);
  void start();
  void join();

  /// Adds to what the loop hands to the engine once it has run everything that is ready.
  void gather(core::Address from, core::Command command);
  /// Nobody is there to hear of this grant (L8).
  void take_back(const core::Answer& answer);
  /// True: nothing keeps the thread from ending now.
  bool close_all();
  std::size_t busy() const;

  boost::asio::io_context loop{1};
  boost::asio::thread_pool lister{1};  ///< For what takes long,
  boost::asio::thread_pool walker{1};  ///< and for what goes through all leases, which takes longer.
  Service& service;
  const Options& options;
  const Admission& admission;
  EventStreams& streams;   ///< Where those who watch go,
  live::LiveThread& live;  ///< and live sockets.
  const console::Files& files;
  RandomIds ids;
  std::atomic<bool> closing = false;

 private:
  void offered() override;
  void adopt(const Offer& offer);
  void hand_out(std::vector<core::Answer> answers);
  void look_at_times();

  std::uint64_t lane_;
  std::uint64_t numbered_ = 0;
  std::unordered_map<std::uint64_t, Connection*> connections_;
  std::vector<engine::Request> gathered_;
  std::vector<engine::Request> submitted_;
  boost::asio::steady_timer second_{loop};
  std::thread thread_;
};

}  // namespace holdfast::server::http
