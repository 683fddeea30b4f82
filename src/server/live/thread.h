// All live sockets: a thread of their own, with the loop that the door for clients of Redis uses too.
//
// What came in a round is handed to the engine at once. What became durable is read from the ring, and pushed to those
// whom it concerns.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/ids.h"
#include "core/commands.h"
#include "core/keys.h"
#include "core/rules.h"
#include "engine/engine.h"
#include "engine/event_ring.h"
#include "server/live/hub.h"
#include "server/live/options.h"
#include "server/loop.h"
#include "server/service.h"

namespace holdfast::server::live {

class LivePeer;

/// A connection that has shaken hands.
struct Arrival {
  Fd socket{};           ///< Does not block.
  std::string welcome;   ///< To be said first.
  std::string received;  ///< What has come behind the handshake already.
  std::string address;   ///< The peer's, on the network.
};

/// `deliver`, `post`, `take`, `live_sessions`, `stop_taking` and what EventRing::Reader has are for any thread; `start`
/// and `close` for the one that owns it; everything else runs on its own.
class LiveThread final : public Lane, public LiveSessions, engine::EventRing::Reader {
 public:
  /// `its_service` must outlive it.
  LiveThread(Service& its_service, Options its_options);
  ~LiveThread() override;

  /// The runner has been started.
  void start();
  /// Nobody is let in any more.
  void stop_taking() { closing = true; }
  /// Waits until the answers under way have left, at most `patience`; then says goodbye to everybody, and ends.
  void close(std::chrono::milliseconds patience);

  /// Serves the socket from here on. It has not been counted among the connections.
  void take(Arrival arrival);
  void deliver(std::vector<core::Answer> answers) override;
  void post(std::move_only_function<void()> work) { loop.post(std::move(work)); }
  std::optional<std::vector<LiveSession>> live_sessions(const core::Who& after, const std::string& owner,
                                                        std::size_t limit) override;

  // For its peers.

  /// Adds to what is handed to the engine at the end of this round.
  void gather(core::Address from, core::Command command) { gathered_.emplace_back(from, std::move(command)); }
  /// Nobody is there to hear of this grant (L8).
  void take_back(const core::Address& to, std::string name, core::Token token, core::Who who);
  /// The same of everything that `answer` grants.
  void take_back(const core::Answer& answer);
  /// Null: it is gone.
  LivePeer* find(std::uint64_t client) const;
  LivePeer& peer_of(Member& member) const;
  /// `peer` waits no more, follows nothing and holds nothing.
  void forget(LivePeer& peer);
  /// Renews what `peer` holds under `token`; `LivePeer::renewed` hears of it.
  void renew(const LivePeer& peer, std::string name, core::Token token);
  /// `LivePeer::give_up` of that request hears how things are once nothing can be granted to it any more.
  void give_up(const LivePeer& peer, std::uint64_t request, std::uint64_t cancel, const std::string& name);
  /// A request waits for the name, or does no more.
  void waits(const std::string& name, core::Address from);
  void waits_no_more(const std::string& name, core::Address from);
  std::uint64_t incarnation() const { return service.runner().incarnation(); }

  Service& service;
  const Options options;
  RandomIds ids;
  Loop loop;
  std::optional<Hub> hub;              ///< From `start` on.
  boost::asio::thread_pool lister{1};  ///< For what takes long,
  boost::asio::thread_pool walker{1};  ///< and for what goes through all leases, which takes longer.
  std::atomic<bool> closing = false;

  // For its peers' parting.
  std::size_t busy() const;
  bool close_all();
  void join();

 private:
  /// A request of the thread itself.
  struct Own {
    enum class Kind : std::uint8_t { renewal, cancel, queue } kind = Kind::renewal;
    std::uint64_t client = 0;
    std::string name;
    core::Token token;
    std::uint64_t request = 0, cancel = 0;
    std::shared_ptr<class QueueLook> look;
  };
  /// Those of our peers who wait for one name.
  struct Queue {
    std::vector<core::Address> waiting;
    bool moved = true;     ///< Somebody's place may have changed.
    bool looking = false;  ///< That is being asked.
  };

  void wake() override;
  bool round_over();
  void adopt(Arrival arrival);
  void drain_inbox();
  void hand_out(std::vector<core::Answer>& answers);
  void answered(Own own, core::Answer& answer);
  void own(Own own, core::Command command);
  void read_ring();
  bool replay(core::Position behind, const Hub::Visit& visit) const;
  void look_at_queues();
  void removed(Peer& peer);
  void each_second(Loop::Clock::time_point now);
  void publish_figures();

  std::uint64_t lane_;
  std::uint64_t numbered_ = 0;
  boost::unordered_flat_map<std::uint64_t, LivePeer*> peers_;
  std::vector<engine::Request> gathered_, submitted_;
  std::unordered_map<std::uint64_t, Own> own_;
  std::uint64_t own_numbered_ = 0;
  std::unordered_map<std::string, Queue> queues_;
  Hub::Figures published_;
  std::atomic<std::size_t> places_ = 0;  ///< Sockets, those on their way included.
  std::atomic<bool> woken_ = false;      ///< The ring is to be read, and nobody has begun.
  std::mutex inbox_mutex_;
  std::vector<core::Answer> inbox_;  ///< Guarded by inbox_mutex_.
  std::thread thread_;
};

}  // namespace holdfast::server::live
