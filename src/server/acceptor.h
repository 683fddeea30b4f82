// Takes connections in and gives them to a door's I/O threads in turn.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "server/service.h"

namespace holdfast::server {

/// An accepted connection that nobody serves yet.
struct Offer {
  int fd = -1;
  boost::asio::ip::tcp protocol = boost::asio::ip::tcp::v4();
  std::chrono::steady_clock::time_point since{};
};

/// An I/O thread, as the acceptor sees it: what it is offered and has not got to yet. Thread-safe.
class Taker {
 public:
  Taker() = default;
  virtual ~Taker();
  Taker(const Taker&) = delete;
  Taker& operator=(const Taker&) = delete;

  /// Serves the connection from when its thread gets to it until it closes; the descriptor is its own from here on.
  void offer(Offer offer);
  /// Takes back what was offered before `time` and not got to: this thread may be waiting for a disk.
  std::vector<Offer> withdraw(std::chrono::steady_clock::time_point time);
  bool has_offers();

 protected:
  /// Has the thread call `take_offers` soon.
  virtual void offered() = 0;
  std::vector<Offer> take_offers();

 private:
  std::mutex offers_mutex_;
  std::vector<Offer> offers_;  ///< Guarded by offers_mutex_.
};

/// On a thread of its own, because an I/O thread may wait for the disk: it commits for a client that is alone. At most
/// one of them does so at a time, so with a spare one some thread is always free. A connection that its thread does not
/// get to within 50 ms is given to the next one.
///
/// Beyond connections_max it says `refusal` and closes.
class Acceptor {
 public:
  /// `service` and all threads must outlive it. `spare` is given only what others do not get to; null: none is needed.
  /// `option` is the flag that says where to listen.
  Acceptor(Service& service, std::vector<Taker*> threads, Taker* spare, std::string option, std::string refusal);
  ~Acceptor();

  /// Binds. Error: bad_configuration.
  Result<void> listen(const std::string& host, std::uint16_t port);
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  /// Begins to accept.
  void start();
  /// Listens no more, and ends its thread. May be called again.
  void close();

 private:
  void accept();
  void accept_later(const boost::system::error_code& error);
  void turn_away(boost::asio::ip::tcp::socket socket);
  void look_after_offers();
  static void give_on(Taker& to, std::vector<Offer> offers);

  Service& service_;
  std::vector<Taker*> threads_;  ///< In turn; behind them the spare one.
  const std::size_t in_turn_;
  const std::string option_;
  const std::string refusal_;
  boost::asio::io_context loop_{1};
  boost::asio::ip::tcp::acceptor acceptor_{loop_};
  boost::asio::steady_timer later_{loop_};
  boost::asio::steady_timer soon_{loop_};
  bool looking_after_ = false;
  std::size_t next_ = 0;
  std::thread thread_;
};

}  // namespace holdfast::server
