// How a connection becomes a live socket: the handshake, and its way to the thread that has them all.
#include <fmt/format.h>

#include <boost/asio/use_awaitable.hpp>

#include "server/http/connection.h"
#include "server/http/io_thread.h"
#include "server/live/thread.h"

namespace holdfast::server::http {

namespace net = boost::asio;

namespace {

/// A refusal that says which version of which protocol is spoken here.
std::string upgrade_required(const Error& error) {
  api::Written written = api::problem(error);
  const std::string of_error = fmt::format("\"status\":{}", written.status);
  written.body.replace(written.body.find(of_error), of_error.size(), "\"status\":426");
  std::string response = response_head(426, "application/problem+json", written.body.size(), 0, false);
  response.insert(response.find("\r\n") + 2, "upgrade: websocket\r\nsec-websocket-version: 13\r\n");
  return response += written.body;
}

}  // namespace

net::awaitable<bool> Connection::upgrade(const Task& task) {
  if (io_.live.closing) {
    const Error error{ErrorCode::stopping};
    co_return co_await respond(task, api::problem(error));
  }
  if (std::optional<live::Refusal> refusal = live::refuse(*task.knock)) {
    io_.service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
    if (!refusal->says_version) co_return co_await respond(task, api::problem(refusal->error));
    std::string response = upgrade_required(refusal->error);
    co_await write(std::move(response));
    co_return false;
  }
  live::Arrival arrival;
  arrival.welcome = live::welcome(*task.knock);
  arrival.received = reader_.take_rest();
  arrival.address = peer_;
  io_.service.clients().remove(client_);  // Before somebody else's connection has the socket's number.
  boost::system::error_code error;
  arrival.socket = Fd(socket_.release(error));
  if (!error) io_.live.take(std::move(arrival));
  co_return false;
}

}  // namespace holdfast::server::http
