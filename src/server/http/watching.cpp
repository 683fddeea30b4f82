// How a connection becomes a watcher's: from where it is to be told, and its way to the thread that tells.
#include <boost/asio/use_awaitable.hpp>

#include "server/http/connection.h"
#include "server/http/io_thread.h"
#include "server/http/server_sent_events.h"
#include "server/newcomer.h"

namespace holdfast::server::http {

namespace net = boost::asio;

namespace {

constexpr std::string_view resume_header = "Last-Event-ID";

/// The position to go on from: the header's, which a browser that connects again sends to the same URL, else the
/// URL's. Error: bad_field.
Result<std::optional<api::GivenPosition>> resume_at(const std::optional<api::GivenPosition>& of_url,
                                                    std::string_view of_header, bool one_header_at_most) {
  const std::string field{resume_header};
  if (!one_header_at_most) return fail(ErrorCode::duplicate_field, {}, field);
  if (of_header.empty()) return of_url;
  Result<api::GivenPosition> given = api::parse_position(of_header);
  if (!given) return fail(given.error().code, given.error().where, field);
  return *given;
}

}  // namespace

/// Without its socket, which is given away last.
Result<Newcomer> Connection::newcomer(Task& task) {
  api::WatchRequest& wanted = *task.call.watch;
  HF_TRY(asked, resume_at(wanted.after, task.last_event_id, task.one_last_event_id_at_most));
  return server::newcomer(io_.service, server_sent_events(), std::move(wanted.prefix), asked);
}

net::awaitable<bool> Connection::watch(Task& task) {
  Service& service = io_.service;
  const auto refuse = [&](const Error& error) {
    count(task, error.code, Duration::zero());
    return respond(task, api::problem(error));
  };
  if (io_.closing || !io_.streams.reserve()) {
    const Error error{io_.closing ? ErrorCode::stopping : ErrorCode::too_many_watchers};
    co_return co_await refuse(error);
  }
  // After its place is reserved: from here on nothing can become durable without that thread hearing of it.
  Result<Newcomer> made = newcomer(task);
  if (!made || task.only_the_head) io_.streams.cancel();
  if (!made) {
    const Error error = std::move(made).error();
    co_return co_await refuse(error);
  }
  count(task, ErrorCode::none, Duration::zero());
  if (task.only_the_head) {
    std::string head{event_stream_head()};
    co_await write(std::move(head));
    co_return false;
  }
  boost::system::error_code error;
  service.clients().remove(client_);  // Before somebody else's connection has the socket's number.
  made->socket = Fd(socket_.release(error));
  if (error) {
    io_.streams.cancel();
    co_return false;
  }
  io_.streams.take(*std::move(made));
  co_return false;
}

}  // namespace holdfast::server::http
