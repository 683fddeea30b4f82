// What a request means, and who answers it. The bytes are connection.cpp's business.
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/write_text.h"
#include "base/check.h"
#include "server/http/connection.h"
#include "server/http/io_thread.h"
#include "server/http/media.h"
#include "server/look_up.h"

namespace holdfast::server::http {

namespace net = boost::asio;
using net::use_awaitable;
using tcp = net::ip::tcp;

namespace {

/// What is longer is read and written on a thread where nobody waits for other things.
constexpr std::size_t bulk_min = 64 << 10;

/// A form from a request's body and query, or from its query alone where nothing is changed.
Result<api::Form> read_form(const api::Operation& operation, std::string_view query, std::string_view body) {
  if (!operation.changes()) return api::Form::from_query(operation.fields, query);
  if (!query.empty()) {
    HF_TRY_VOID(api::Form::from_json(operation.fields, body));  // What is wrong with the body comes first.
    return fail(ErrorCode::unknown_field, "this takes no query", std::string{query.substr(0, query.find('='))});
  }
  return api::Form::from_json(operation.fields, body);
}
Result<api::Form> read_form(const api::Operation& operation, std::string_view query, std::string file) {
  return api::Form::from_file(operation.fields, query, std::move(file));
}

/// `rest`: what stands for the {...} of the path. `body`: a view of JSON, or the bytes of a file.
template <class Body>
Result<api::Call> read_call(const api::Operation& operation, std::string_view rest, std::string_view query, Body body,
                            const api::Context& context) {
  HF_TRY(form, read_form(operation, query, std::move(body)));
  if (!operation.subject().empty()) {
    HF_TRY(value, api::path_value(operation.path_kind, rest));
    form.path_name = std::move(value);
  }
  return operation.read(form, context);
}

/// Its place in the catalogue.
std::size_t number_of(const api::Operation& operation) {
  return static_cast<std::size_t>(&operation - api::operations().data());
}

bool wants_socket(const Request& request) {
  return request.method == "GET" && request.target.substr(0, request.target.find('?')) == live::path;
}

}  // namespace

bool Connection::Task::decided_at_once() const {
  if (knock) return false;
  if (!operation) return page != Page::ready && page != Page::metrics;
  const bool bulky = unread || (operation->bulky && !operation->changes());
  return !may_wait && !operation->go_on && !call.looks_up() && !call.history && !call.watch && !call.server && !bulky;
}

/// Everything about a request that can be known without asking anybody.
Connection::Task Connection::understand(const Request& request) {
  Task task;
  task.keep_alive = request.keep_alive;
  task.only_the_head = request.wants_only_the_head();
  task.began = std::chrono::steady_clock::now();
  const auto refuse = [&](Error error) {
    io_.service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
    task.refused = api::problem(error);
  };
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  const std::string_view method = task.only_the_head ? "GET" : request.method;
  const api::Routed routed = api::route(method, path);
  if (request.target.size() > io_.options.target_bytes_max) {
    refuse(Error{ErrorCode::uri_too_long});
  } else if (!request.one_host_at_most || !request.target.starts_with('/')) {
    refuse(Error{ErrorCode::bad_request, "one Host header and a path are needed"});
  } else if (std::optional<Error> refusal =
                 io_.admission.refuse({.method = request.method,
                                       .host = request.host,
                                       .origin = request.origin,
                                       .content_type = request.content_type,
                                       .has_body = !request.body.empty(),
                                       .takes_file = routed.operation && routed.operation->takes_file,
                                       .opens_socket = wants_socket(request)})) {
    refuse(*std::move(refusal));
  } else {
    if (method == "GET") task.page = page_at(path);
    if (task.page == Page::console) {
      const std::string codings = reader_.header("Accept-Encoding");
      const std::string kept = reader_.header("If-None-Match");
      task.file = std::make_unique<console::Answer>(io_.files.answer({.path = path,
                                                                      .if_none_match = kept,
                                                                      .brotli = takes_coding(codings, "br"),
                                                                      .gzip = takes_coding(codings, "gzip")}));
    }
    if (task.page != Page::none) return task;
    if (wants_socket(request)) {
      task.knock = std::make_unique<live::Knock>(live::Knock{.connection = reader_.header("Connection"),
                                                             .upgrade = reader_.header("Upgrade"),
                                                             .key = reader_.header("Sec-WebSocket-Key"),
                                                             .version = reader_.header("Sec-WebSocket-Version"),
                                                             .protocols = reader_.header("Sec-WebSocket-Protocol")});
      return task;
    }
    if (!routed.operation) {
      refuse(Error{routed.path_known ? ErrorCode::method_not_allowed : ErrorCode::no_such_path});
    } else if (!routed.operation->supported()) {
      refuse(Error{ErrorCode::not_supported_yet, std::string{routed.operation->name}});
    } else {
      task.operation = routed.operation;
      if (Result<void> read = read_operation(task, request, routed.rest); !read) refuse_operation(task, read.error());
    }
  }
  return task;
}

void Connection::refuse_operation(Task& task, const Error& error) {
  count(task, error.code, std::chrono::steady_clock::now() - task.began);
  task.operation = nullptr;
  task.refused = api::problem(error);
}

Connection::Page Connection::page_at(std::string_view path) {
  if (path == "/livez") return Page::alive;
  if (path == "/readyz") return Page::ready;
  if (path == "/metrics") return Page::metrics;
  if (path == "/v1/openapi.json") return Page::specification;
  if (console::Files::owns(path)) return Page::console;
  return Page::none;
}

/// `rest`: what stands for the {...} of the path.
Result<void> Connection::read_operation(Task& task, const Request& request, std::string_view rest) {
  const api::Operation& operation = *task.operation;
  task.context = {operation.makes_sessions() ? io_.ids.session() : std::string{}, peer_,
                  io_.service.runner().incarnation(), operation.gives_file && wants_plain_text(request.accept),
                  &io_.service.clients()};
  const std::size_t mark = request.target.find('?');
  const std::string_view query = mark == std::string_view::npos ? "" : request.target.substr(mark + 1);
  const bool is_file = operation.takes_file && is_plain_text(request.content_type);
  if (operation.bulky && request.body.size() > bulk_min) {
    task.unread = std::make_unique<Task::Unread>(std::string{rest}, std::string{query}, reader_.take_body(), is_file);
    return {};
  }
  if (is_file) return take_call(task, read_call(operation, rest, query, std::string{request.body}, task.context));
  HF_TRY_VOID(take_call(task, read_call(operation, rest, query, request.body, task.context)));
  if (task.call.watch) {
    task.last_event_id = request.last_event_id;
    task.one_last_event_id_at_most = request.one_last_event_id_at_most;
  }
  return {};
}

Result<void> Connection::take_call(Task& task, Result<api::Call> call) {
  if (!call) return std::unexpected(std::move(call).error());
  task.call = *std::move(call);
  const core::Acquire* const acquire = std::get_if<core::Acquire>(&task.call.command);
  task.begins = acquire || std::holds_alternative<core::Takeover>(task.call.command) ||
                std::holds_alternative<core::Move>(task.call.command);
  task.may_wait = api::may_wait(task.call.command);
  if (acquire) task.asker = Retries::key(acquire->name, acquire->who.owner, acquire->who.session);
  return {};
}

/// On the thread for lists.
net::awaitable<void> Connection::read_apart(Task& task) {
  auto begin = [this, &task](auto handler) {
    net::post(io_.lister, [this, &task, handler = std::move(handler)]() mutable {
      const std::unique_ptr<Task::Unread> unread = std::exchange(task.unread, nullptr);
      Result<api::Call> call =
          unread->is_file
              ? read_call(*task.operation, unread->rest, unread->query, std::move(unread->body), task.context)
              : read_call(*task.operation, unread->rest, unread->query, std::string_view{unread->body}, task.context);
      net::post(io_.loop, [handler = std::move(handler), call = std::move(call)]() mutable {
        std::move(handler)(std::move(call));
      });
    });
  };
  auto token = use_awaitable;
  Result<api::Call> call =
      co_await net::async_initiate<decltype(token), void(Result<api::Call>)>(std::move(begin), token);
  if (Result<void> taken = take_call(task, std::move(call)); !taken) refuse_operation(task, taken.error());
}

/// There too. `task` and `reply` stay where they are until it is done.
net::awaitable<std::string> Connection::write_apart(const Task& task, const core::Reply& reply, bool last) {
  auto begin = [this, &task, &reply, last](auto handler) {
    net::post(io_.lister, [this, &task, &reply, last, handler = std::move(handler)]() mutable {
      std::string response;
      append_response(response, task, api::write_reply(*task.operation, reply, task.context), last);
      net::post(io_.loop, [handler = std::move(handler), response = std::move(response)]() mutable {
        std::move(handler)(std::move(response));
      });
    });
  };
  auto token = use_awaitable;
  return net::async_initiate<decltype(token), void(std::string)>(std::move(begin), token);
}

net::awaitable<bool> Connection::handle(Task& task) {
  ++request_;
  if (task.knock) co_return co_await upgrade(task);
  if (task.unread) co_await read_apart(task);
  if (task.operation && task.call.watch) co_return co_await watch(task);
  if (task.operation) co_return co_await operate(task);
  if (task.refused) {
    api::Written refusal = *std::move(task.refused);
    co_return co_await respond(task, std::move(refusal));
  }
  const bool last = !task.keep_alive || io_.closing;
  std::string response;
  append_page(response, task, last);
  const bool written = co_await write(std::move(response));
  co_return written && !last;
}

void Connection::append_page(std::string& out, const Task& task, bool last) {
  constexpr std::string_view plain = "text/plain; charset=utf-8";
  Service& service = io_.service;
  switch (task.page) {
    case Page::alive:
      return append_response(out, task, 200, plain, "ok\n", 0, last);
    case Page::ready: {
      std::string text = service.ready ? "ok\n" : "not ready\n";
      for (const std::string& injection : service.injections) {
        text += "warning: the fault " + injection + " is injected; ownership here is broken on purpose\n";
      }
      // Still ready: whoever sends requests elsewhere for this would take renewals and releases away from here.
      if (service.out_of_room) {
        text += "warning: the disk is full; nothing new can be owned until there is room, all else goes on\n";
      }
      return append_response(out, task, service.ready ? 200 : 503, plain, text, 0, last);
    }
    case Page::metrics: {
      Metrics::Standing standing{.ready = service.ready, .injections = service.injections.size()};
      if (const history::Store* kept = service.history().history()) standing.history = kept->figures();
      const std::string text = service.metrics().render(service.runner().snapshot(), standing);
      return append_response(out, task, 200, "text/plain; version=0.0.4; charset=utf-8", text, 0, last);
    }
    case Page::specification:
      return append_response(out, task, 200, "application/json", api::openapi(), 0, last);
    case Page::console:
      append_response_head(out, task.file->status, task.file->type, task.file->body.size(), task.file->headers, !last);
      if (!task.only_the_head) out += task.file->body;
      return;
    case Page::none:
      HF_CHECK(!"there is no such page");
  }
}

net::awaitable<bool> Connection::operate(Task& task) {
  Service& service = io_.service;
  const api::Operation& operation = *task.operation;
  api::Call& call = task.call;
  if (call.history) {
    api::Written told = co_await history(*call.history, task.context);
    count(task, told.code, std::chrono::steady_clock::now() - task.began);
    co_return co_await respond(task, std::move(told));
  }
  if (call.server) {
    api::Written told = answer_server(service, task.context);
    count(task, ErrorCode::none, std::chrono::steady_clock::now() - task.began);
    co_return co_await respond(task, std::move(told));
  }
  core::Answer answer;
  if (call.looks_up()) answer.reply.code = co_await look_up_apart(call);
  core::Command rest = operation.go_on ? call.command : core::Command{};
  core::Answer* given = nullptr;
  if (answer.reply.code == ErrorCode::none) {
    given = co_await ask(call.command, task.may_wait);
    answer = std::move(*given);
  }
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
  const Duration took = std::chrono::steady_clock::now() - task.began;
  if (task.begins && took > patience_of_clients && !service.clients().present(client_)) {
    take_back(answer);  // It waited for the disk, and gave up: nobody is there to own it.
    co_return false;
  }
  count(task, answer.reply.code, took);
  const bool last = !task.keep_alive || io_.closing;
  std::string response;
  if (operation.bulky && api::bulk_of(answer.reply) > bulk_min) {
    response = co_await write_apart(task, answer.reply, last);
  } else {
    append_response(response, task, api::write_reply(operation, answer.reply, task.context), last);
  }
  const bool ok = co_await write(std::move(response));
  if (!ok) take_back(answer);  // It could not be handed to the kernel: nobody was told (L8).
  co_return ok && !last;
}

void Connection::count(const Task& task, ErrorCode code, Duration took) {
  Metrics& metrics = io_.service.metrics();
  metrics.count_request(number_of(*task.operation), code, took);
  if (task.asker) metrics.observe_acquire(*task.asker, code, took);
  if (code == ErrorCode::stale) metrics.stale_writes.fetch_add(1, std::memory_order_relaxed);
}

/// On the thread for lists: the first of them goes through all names there are. `call` stays where it is until it is
/// done.
net::awaitable<ErrorCode> Connection::look_up_apart(api::Call& call) {
  auto begin = [this, &call](auto handler) {
    net::post(pool_for(io_, call), [this, &call, handler = std::move(handler)]() mutable {
      const ErrorCode code = look_up(io_.service, client_, call);
      net::post(io_.loop, [handler = std::move(handler), code]() mutable { std::move(handler)(code); });
    });
  };
  auto token = use_awaitable;
  return net::async_initiate<decltype(token), void(ErrorCode)>(std::move(begin), token);
}

net::awaitable<api::Written> Connection::history(const api::HistoryRequest& request, const api::Context& context) {
  auto begin = [this, request, context](auto handler) {
    auto tell = [this, handler = std::move(handler)](api::Written told) mutable {
      net::post(io_.loop, [handler = std::move(handler), told = std::move(told)]() mutable {
        std::move(handler)(std::move(told));
      });
    };
    io_.service.history().read(client_, request, context, std::move(tell));
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
  const std::uint64_t place = answer.to.request - pipeline_begins_;
  if (place < pipeline_.size()) return answered_at(place, answer);
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
