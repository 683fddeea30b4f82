// What a request means, and who answers it. The bytes are connection.cpp's business.
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/names.h"
#include "server/history_answer.h"
#include "server/http/connection.h"
#include "server/http/io_thread.h"

namespace holdfast::server::http {

namespace net = boost::asio;
using net::use_awaitable;
using tcp = net::ip::tcp;

namespace {

/// A client whose grant took longer than this may have given up: its connection is looked at before the grant is told.
constexpr std::chrono::seconds patience_of_clients{1};

/// Its place in the catalogue.
std::size_t number_of(const api::Operation& operation) {
  return static_cast<std::size_t>(&operation - api::operations().data());
}

}  // namespace

net::awaitable<bool> Connection::handle(const Request& request) {
  Service& service = io_.service;
  const auto began = std::chrono::steady_clock::now();
  const auto refuse = [&](Error error) {
    service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
    return respond(request, api::problem(error));
  };
  const std::string_view target = request.target;
  if (target.size() > io_.options.target_bytes_max) {
    Error error{ErrorCode::uri_too_long};
    co_return co_await refuse(std::move(error));
  }
  if (!request.one_host_at_most || !target.starts_with('/')) {
    Error error{ErrorCode::bad_request, "one Host header and a path are needed"};
    co_return co_await refuse(std::move(error));
  }
  const Knock knock{.method = request.method,
                    .host = request.host,
                    .origin = request.origin,
                    .content_type = request.content_type,
                    .has_body = !request.body.empty()};
  if (std::optional<Error> refusal = io_.admission.refuse(knock)) {
    Error error = *std::move(refusal);
    co_return co_await refuse(std::move(error));
  }
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query = path.size() < target.size() ? target.substr(path.size() + 1) : "";
  const std::string_view method = knock.method == "HEAD" ? "GET" : knock.method;

  if (method == "GET") {
    if (path == "/livez") co_return co_await respond_text(request, 200, "text/plain; charset=utf-8", "ok\n");
    if (path == "/readyz") {
      std::string text = service.ready ? "ok\n" : "not ready\n";
      for (const std::string& injection : service.injections) {
        text += "warning: the fault " + injection + " is injected; ownership here is broken on purpose\n";
      }
      // Still ready: whoever sends requests elsewhere for this would take renewals and releases away from here.
      if (service.out_of_room) {
        text += "warning: the disk is full; nothing new can be owned until there is room, all else goes on\n";
      }
      co_return co_await respond_text(request, service.ready ? 200 : 503, "text/plain; charset=utf-8", std::move(text));
    }
    if (path == "/metrics") {
      Metrics::Standing standing{.ready = service.ready, .injections = service.injections.size()};
      if (service.history()) standing.history = service.history()->figures();
      std::string text = service.metrics().render(service.runner().snapshot(), standing);
      co_return co_await respond_text(request, 200, "text/plain; version=0.0.4; charset=utf-8", std::move(text));
    }
    if (path == "/v1/openapi.json") {
      std::string text = api::openapi();
      co_return co_await respond_text(request, 200, "application/json", std::move(text));
    }
  }
  const api::Routed routed = api::route(method, path);
  if (!routed.operation) {
    Error error{routed.path_known ? ErrorCode::method_not_allowed : ErrorCode::no_such_path};
    co_return co_await refuse(std::move(error));
  }
  const api::Operation& operation = *routed.operation;
  if (!operation.supported()) {
    Error error{ErrorCode::not_supported_yet, std::string{operation.name}};
    co_return co_await refuse(std::move(error));
  }
  const auto refuse_call = [&](Error error) {
    service.metrics().count_request(number_of(operation), error.code, std::chrono::steady_clock::now() - began);
    return respond(request, api::problem(error));
  };
  Result<api::Form> form = operation.changes() ? api::Form::from_json(operation.fields, request.body)
                                               : api::Form::from_query(operation.fields, query);
  if (form && operation.changes() && !query.empty()) {
    form = fail(ErrorCode::unknown_field, "this takes no query", std::string{query.substr(0, query.find('='))});
  }
  if (form && operation.path.find('{') != std::string_view::npos) {
    Result<std::string> value = api::path_value(operation.path_kind, routed.rest);
    if (value) {
      form->path_name = *std::move(value);
    } else {
      form = std::unexpected(std::move(value).error());
    }
  }
  if (!form) {
    Error error = std::move(form).error();
    co_return co_await refuse_call(std::move(error));
  }
  api::Context context{operation.makes_sessions() ? io_.ids.session() : std::string{}, peer_,
                       service.runner().incarnation()};
  Result<api::Call> call = operation.read(*form, context);
  if (!call) {
    Error error = std::move(call).error();
    co_return co_await refuse_call(std::move(error));
  }
  if (call->watch) co_return co_await watch(operation, *call->watch, request);
  co_return co_await operate(operation, *call, request, context);
}

net::awaitable<bool> Connection::operate(const api::Operation& operation, api::Call& call, const Request& request,
                                         const api::Context& context) {
  Service& service = io_.service;
  const auto began = std::chrono::steady_clock::now();
  if (call.history) {
    api::Written told = co_await history(*call.history, context);
    const ErrorCode code = told.problem ? ErrorCode::history_off : ErrorCode::none;
    service.metrics().count_request(number_of(operation), code, std::chrono::steady_clock::now() - began);
    co_return co_await respond(request, std::move(told));
  }
  if (call.page) {
    engine::NamePage page = co_await names(*call.page);
    core::List& list = std::get<core::List>(call.command);
    list.names = std::move(page.names);
    list.next = std::move(page.next);
  }
  const core::Acquire* acquire = std::get_if<core::Acquire>(&call.command);
  const core::Takeover* takeover = std::get_if<core::Takeover>(&call.command);
  const bool may_wait =
      (acquire && acquire->wait > Duration::zero()) || (takeover && takeover->flush > Duration::zero());
  const std::size_t asker = acquire ? Retries::key(acquire->name, acquire->who.owner, acquire->who.session) : 0;
  const bool is_acquire = acquire != nullptr;
  const bool begins = is_acquire || takeover || std::holds_alternative<core::Move>(call.command);
  core::Command rest = operation.go_on ? call.command : core::Command{};
  core::Answer* given = co_await ask(call.command, may_wait);
  core::Answer answer = std::move(*given);
  std::size_t done = 0;  // By the steps before: a refusal of a later one must not say that nothing was.
  while (operation.go_on && !gone_ && answer.reply.code == ErrorCode::none && operation.go_on(answer.reply, rest)) {
    done = answer.reply.count;
    core::Command next = rest;
    given = co_await ask(next, false);
    answer = std::move(*given);
  }
  const bool refused_midway = answer.reply.code != ErrorCode::none && done > 0;
  if (refused_midway) answer.reply.code = ErrorCode::partly_done;
  if (gone_) {
    take_back(answer);
    co_return false;
  }
  Metrics& metrics = service.metrics();
  const core::Reply& reply = answer.reply;
  const Duration took = std::chrono::steady_clock::now() - began;
  if (begins && took > patience_of_clients && !service.clients().present(client_)) {
    take_back(answer);  // It waited for the disk, and gave up: nobody is there to own it.
    co_return false;
  }
  metrics.count_request(number_of(operation), reply.code, took);
  if (is_acquire) metrics.observe_acquire(asker, reply.code, took);
  if (reply.code == ErrorCode::stale) metrics.stale_writes.fetch_add(1, std::memory_order_relaxed);

  api::Written written = api::write_reply(operation, reply, context);
  const bool keep_alive = request.keep_alive && !io_.closing;
  std::string response =
      response_head(written.status, written.problem ? "application/problem+json" : "application/json",
                    written.body.size(), written.retry_after_s, keep_alive);
  if (!request.wants_only_the_head()) response += written.body;
  const bool ok = co_await write(std::move(response));
  if (!ok) take_back(answer);  // It could not be handed to the kernel: nobody was told (L8).
  co_return ok&& keep_alive;
}

/// On the thread for lists: the first of them goes through all names there are.
net::awaitable<engine::NamePage> Connection::names(const api::PageRequest& page) {
  auto begin = [this, page](auto handler) {
    net::post(io_.lister, [this, page, handler = std::move(handler)]() mutable {
      engine::NamePage found = io_.service.runner().names(page.prefix, page.after, page.limit);
      net::post(io_.loop, [handler = std::move(handler), found = std::move(found)]() mutable {
        std::move(handler)(std::move(found));
      });
    });
  };
  auto token = use_awaitable;
  return net::async_initiate<decltype(token), void(engine::NamePage)>(std::move(begin), token);
}

/// On the thread for lists too: it reads files.
net::awaitable<api::Written> Connection::history(const api::HistoryRequest& request, const api::Context& context) {
  auto begin = [this, request, context](auto handler) {
    net::post(io_.lister, [this, request, context, handler = std::move(handler)]() mutable {
      api::Written told = answer_history(io_.service.history(), request, context);
      net::post(io_.loop, [handler = std::move(handler), told = std::move(told)]() mutable {
        std::move(handler)(std::move(told));
      });
    });
  };
  auto token = use_awaitable;
  return net::async_initiate<decltype(token), void(api::Written)>(std::move(begin), token);
}

void Connection::take_back(const core::Answer& answer) {
  io_.take_back(answer);
}

net::awaitable<core::Answer*> Connection::ask(core::Command& command, bool may_wait) {
  auto begin = [this, &command, may_wait](auto handler) {
    unwatched_ = false;
    waiting_ = [handler = std::move(handler)](core::Answer* answer) mutable { std::move(handler)(answer); };
    io_.gather({client_, request_}, std::move(command));
    if (may_wait) watch_for_close();
  };
  auto token = use_awaitable;
  return net::async_initiate<decltype(token), void(core::Answer*)>(std::move(begin), token);
}

void Connection::answered(core::Answer& answer) {
  if (answer.to.request != request_ || !waiting_) return io_.take_back(answer);
  auto resume = std::exchange(waiting_, nullptr);
  resume(&answer);
}

/// While a request waits in a queue, the peer's closing is to be noticed at once (L8).
void Connection::watch_for_close() {
  socket_.async_wait(tcp::socket::wait_read,
                     [self = shared_from_this(), request = request_](const boost::system::error_code& error) {
                       if (error || request != self->request_ || !self->waiting_) return;
                       char byte = 0;
                       const ssize_t read = ::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
                       if (read < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return self->watch_for_close();
                       if (read > 0) {
                         self->unwatched_ = true;  // The next request, pipelined: look_at_time asks from here on.
                       } else {
                         self->peer_has_gone();
                       }
                     });
}

/// Gives its place up. Without this nobody would ever answer it: whoever is not there is passed over in silence.
void Connection::peer_has_gone() {
  const auto self = shared_from_this();
  gone_ = true;
  io_.gather({client_, request_}, core::Leave{});
  auto resume = std::exchange(waiting_, nullptr);
  core::Answer nothing;
  resume(&nothing);
}

}  // namespace holdfast::server::http
