// One connection of the HTTP door: a loop that reads like the protocol, and what its thread asks of it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/operations.h"
#include "base/error.h"
#include "core/commands.h"
#include "core/rules.h"
#include "engine/name_index.h"
#include "server/http/event_streams.h"
#include "server/http/wire.h"

namespace holdfast::server::http {

class IoThread;

/// Lives on its thread's loop; owned by its coroutine and known to its thread while it is open. Everything here runs on
/// that thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  /// Known to the service from here to the end of its life. It has been counted when it was accepted.
  Connection(IoThread& io, boost::asio::ip::tcp::socket socket, std::uint64_t client);
  ~Connection();
  Awaitable<void> serve();
  /// The answer to the request under way.
  void answered(core::Answer& answer);
  /// Closes a connection that is over its time, or idle while the door closes.
  void look_at_time(std::chrono::steady_clock::time_point now);
  void close();
  bool idle() const { return phase_ == Phase::idle; }

 private:
  enum class Phase { idle, header, body, working };

  // connection.cpp: bytes and time.
  Awaitable<bool> read_request();
  Awaitable<bool> write(std::string response);
  Awaitable<bool> respond(const Request& request, api::Written written);
  Awaitable<bool> respond_text(const Request& request, int status, std::string_view type, std::string body);
  Awaitable<void> refuse_and_end(Error error);
  void enter(Phase phase);

  // handling.cpp: what a request means, and who answers it.
  Awaitable<bool> handle(const Request& request);
  Awaitable<bool> operate(const api::Operation& operation, api::Call& call, const Request& request,
                          const api::Context& context);
  /// Takes `command`. Points to the answer only until the coroutine waits for something else.
  Awaitable<core::Answer*> ask(core::Command& command, bool may_wait);
  Awaitable<engine::NamePage> names(const api::PageRequest& page);
  Awaitable<api::Written> history(const api::HistoryRequest& request, const api::Context& context);
  /// Gives the connection to those who watch, or refuses. False where it has gone there.
  Awaitable<bool> watch(const api::Operation& operation, api::WatchRequest& wanted, const Request& request);
  Result<Newcomer> newcomer(api::WatchRequest& wanted, const Request& request);
  void watch_for_close();
  void peer_has_gone();
  void take_back(const core::Answer& answer);

  IoThread& io_;
  boost::asio::ip::tcp::socket socket_;
  std::uint64_t client_;
  std::string peer_;           ///< Its network address.
  std::uint64_t request_ = 0;  ///< The number of the request under way.
  RequestReader reader_;
  Phase phase_ = Phase::idle;
  std::chrono::steady_clock::time_point deadline_;
  bool gone_ = false;       ///< The peer has closed while it waited.
  bool unwatched_ = false;  ///< It waits, and something to read hides its closing from watch_for_close.
  std::move_only_function<void(core::Answer*)> waiting_;
};

}  // namespace holdfast::server::http
