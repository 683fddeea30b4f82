// Takes connections in and gives them to the I/O threads in turn.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "server/http/io_thread.h"

namespace holdfast::server::http {

/// On a thread of its own, because an I/O thread may wait for the disk: it commits for a client that is alone. At most
/// one of them does so at a time, so with one more than there is work for, some thread is always free. A connection
/// that its thread does not get to within 50 ms is given to the next one.
///
/// Beyond connections_max it answers 503 and closes.
class Acceptor {
 public:
  /// Both must outlive it. The last of `threads` is the spare one: it is given only what others do not get to.
  Acceptor(Service& service, const std::vector<std::unique_ptr<IoThread>>& threads);
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
  void give_on(IoThread& to, std::vector<Offer> offers);

  Service& service_;
  const std::vector<std::unique_ptr<IoThread>>& threads_;
  boost::asio::io_context loop_{1};
  boost::asio::ip::tcp::acceptor acceptor_{loop_};
  boost::asio::steady_timer later_{loop_};
  boost::asio::steady_timer soon_{loop_};
  bool looking_after_ = false;
  std::size_t next_ = 0;
  std::thread thread_;
};

}  // namespace holdfast::server::http
