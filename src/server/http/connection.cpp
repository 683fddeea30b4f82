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
      reader_(io.options.header_bytes_max, [usual = io.options.body_bytes_max](auto method, auto target) {
        if (method != "PUT") return usual;  // Nothing long comes in otherwise.
        const api::Operation* const asked = api::route(method, target.substr(0, target.find('?'))).operation;
        return asked ? asked->body_bytes_max(usual) : usual;
      }) {
  io_.service.clients().add(client_, socket_.native_handle());
  boost::system::error_code ignored;  // Gone already: then it has no address, and its first read ends it.
  const tcp::endpoint peer = socket_.remote_endpoint(ignored);
  if (!ignored) peer_ = peer.address().to_string();
  enter(Phase::idle);
}

Connection::~Connection() {
  io_.service.metrics().connections.fetch_sub(1, std::memory_order_relaxed);
  io_.service.clients().remove(client_);
}

net::awaitable<void> Connection::serve() {
  bool go_on = true;
  while (go_on && !io_.closing) {
    if (!co_await read_request()) break;
    enter(Phase::working);
    Task task = understand(reader_.request());
    reader_.begin();
    if (reader_.has_bytes() && task.keep_alive && task.decided_at_once()) {
      go_on = co_await handle_pipeline(task);
    } else {
      go_on = co_await handle(task);
    }
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
    const bool begun_before = std::exchange(body_begun_, false);
    Result<RequestReader::Step> step = begun_before ? RequestReader::Step::header : reader_.next();
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

/// Whether another whole request has been received already. Error: it is malformed, as in read_request.
Result<bool> Connection::another_is_there() {
  using Step = RequestReader::Step;
  if (body_begun_ || !reader_.has_bytes()) return false;
  HF_TRY(step, reader_.next());
  if (step == Step::header) {
    HF_TRY(behind, reader_.next());
    body_begun_ = behind != Step::complete;
    step = behind;
  }
  return step == Step::complete;
}

net::awaitable<std::size_t> Connection::hand_over(const std::string& response) {
  const auto [error, bytes] = co_await net::async_write(socket_, net::buffer(response), as_tuple(use_awaitable));
  co_return bytes;
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

void Connection::append_response(std::string& out, const Task& task, int status, std::string_view type,
                                 std::string_view body, std::int64_t retry_after_s, bool last) {
  append_response_head(out, status, type, body.size(), retry_after_s, !last);
  if (!task.only_the_head) out += body;
}

void Connection::append_response(std::string& out, const Task& task, const api::Written& written, bool last) {
  const std::string_view type = written.problem ? "application/problem+json"
                                : written.file  ? "text/plain; charset=utf-8"
                                                : "application/json";
  append_response(out, task, written.status, type, written.body, written.retry_after_s, last);
}

net::awaitable<bool> Connection::respond(const Task& task, api::Written written) {
  const bool last = !task.keep_alive || io_.closing;
  std::string response;
  append_response(response, task, written, last);
  const bool ok = co_await write(std::move(response));
  co_return ok && !last;
}

}  // namespace holdfast::server::http
