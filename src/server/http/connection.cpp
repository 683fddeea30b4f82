#include "server/http/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "server/http/io_thread.h"

namespace holdfast::server::http {

namespace net = boost::asio;
using net::as_tuple;
using net::use_awaitable;
using tcp = net::ip::tcp;

Connection::Connection(IoThread& io, tcp::socket socket, std::uint64_t client)
    : io_(io),
      socket_(std::move(socket)),
      client_(client),
      reader_(io.options.header_bytes_max, io.options.body_bytes_max) {
  io_.service.clients().add(client_, socket_.native_handle());
  enter(Phase::idle);
}

Connection::~Connection() {
  io_.service.metrics().connections.fetch_sub(1, std::memory_order_relaxed);
  io_.service.clients().remove(client_);
}

net::awaitable<void> Connection::serve() {
  while (!io_.closing) {
    reader_.begin();
    if (!co_await read_request()) break;
    enter(Phase::working);
    const Request request = reader_.request();
    ++request_;
    if (!co_await handle(request)) break;
    enter(Phase::idle);
  }
  close();
}

void Connection::enter(Phase phase) {
  phase_ = phase;
  const auto now = std::chrono::steady_clock::now();
  switch (phase) {
    case Phase::idle:
      deadline_ = now + io_.options.idle_time;
      break;
    case Phase::header:
      deadline_ = now + io_.options.header_time;
      break;
    case Phase::body:
      deadline_ = now + io_.options.body_time;
      break;
    case Phase::working:
      deadline_ = std::chrono::steady_clock::time_point::max();
      break;
  }
}

void Connection::look_at_time(std::chrono::steady_clock::time_point now) {
  if (now >= deadline_ || (io_.closing && phase_ == Phase::idle)) close();
  if (unwatched_ && waiting_ && !io_.service.clients().present(client_)) peer_has_gone();
}

void Connection::close() {
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.cancel(ignored);
}

/// One request, or false when the connection is over. Whatever is malformed is answered and ends it, so that nothing
/// behind it can be taken for a request.
net::awaitable<bool> Connection::read_request() {
  while (true) {
    if (reader_.has_bytes() && phase_ == Phase::idle) enter(Phase::header);
    Result<RequestReader::Step> step = reader_.next();
    if (!step) {
      Error told = std::move(step).error();
      co_await refuse_and_end(std::move(told));
      co_return false;
    }
    if (*step == RequestReader::Step::complete) co_return true;
    if (*step == RequestReader::Step::header) {
      enter(Phase::body);
      if (reader_.expects_continue()) {
        std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        if (!co_await write(std::move(go_on))) co_return false;
      }
      continue;
    }
    const std::span<char> space = reader_.space();
    const auto [error, bytes] =
        co_await socket_.async_read_some(net::buffer(space.data(), space.size()), as_tuple(use_awaitable));
    if (error) {
      if (phase_ != Phase::idle && error == net::error::eof) {
        Error told{ErrorCode::bad_request, "the request was cut short"};
        co_await refuse_and_end(std::move(told));
      }
      co_return false;
    }
    reader_.received(bytes);
  }
}

net::awaitable<bool> Connection::write(std::string response) {
  const auto [error, bytes] = co_await net::async_write(socket_, net::buffer(response), as_tuple(use_awaitable));
  co_return !error;
}

net::awaitable<void> Connection::refuse_and_end(Error error) {
  io_.service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
  const api::Written written = api::problem(error);
  std::string response =
      response_head(written.status, "application/problem+json", written.body.size(), written.retry_after_s, false) +
      written.body;
  co_await write(std::move(response));
  // Reading what the peer still sends, for a moment, keeps the kernel from throwing the answer away with a reset.
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  for (int reads = 0; reads < 64; ++reads) {
    const std::span<char> space = reader_.space();
    const auto [read_error, bytes] =
        co_await socket_.async_read_some(net::buffer(space.data(), space.size()), as_tuple(use_awaitable));
    if (read_error) break;
  }
}

net::awaitable<bool> Connection::respond_text(const Request& request, int status, std::string_view type,
                                              std::string body) {
  const bool keep_alive = request.keep_alive && !io_.closing;
  std::string response = response_head(status, type, body.size(), 0, keep_alive);
  if (!request.wants_only_the_head()) response += body;
  const bool written = co_await write(std::move(response));
  co_return written&& keep_alive;
}

net::awaitable<bool> Connection::respond(const Request& request, api::Written written) {
  const bool keep_alive = request.keep_alive && !io_.closing;
  std::string response =
      response_head(written.status, written.problem ? "application/problem+json" : "application/json",
                    written.body.size(), written.retry_after_s, keep_alive);
  if (!request.wants_only_the_head()) response += written.body;
  const bool ok = co_await write(std::move(response));
  co_return ok&& keep_alive;
}

}  // namespace holdfast::server::http
