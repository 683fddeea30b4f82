// Takes connections in and gives them to the I/O threads in turn.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "server/http/io_thread.h"

namespace holdfast::server::http {

/// Beyond connections_max it answers 503 and closes. Lives on the loop of the first of `threads`.
class Acceptor {
 public:
  /// `threads` is not empty, and it and what is in it outlive the acceptor.
  Acceptor(Service& service, const std::vector<std::unique_ptr<IoThread>>& threads);

  /// Binds. Error: bad_configuration.
  Result<void> listen(const std::string& host, std::uint16_t port);
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  /// Begins to accept. From any thread.
  void start();
  /// On the loop's thread.
  void close();

 private:
  void accept();
  void accept_later(const boost::system::error_code& error);
  void turn_away(boost::asio::ip::tcp::socket socket);

  Service& service_;
  const std::vector<std::unique_ptr<IoThread>>& threads_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer later_;
  std::size_t next_ = 0;
};

}  // namespace holdfast::server::http
