// The only translation unit that sees Asio's I/O and Beast's parser: both are slow to compile.
#include "server/http/door.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <condition_variable>
#include <functional>
#include <future>
#include <thread>
#include <unordered_map>

#include "api/names.h"
#include "api/operations.h"
#include "base/ids.h"
#include "server/http/admission.h"

namespace holdfast::server::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using tcp = net::ip::tcp;
using net::as_tuple;
using net::use_awaitable;
using Parser = beast::http::request_parser<beast::http::string_body>;

constexpr std::size_t read_bytes = 16 << 10;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

std::string_view reason(int status) {
  return view(beast::http::obsolete_reason(static_cast<beast::http::status>(status)));
}

/// What Beast's parser says of a malformed request, in our words.
Error framing_error(const beast::error_code& error) {
  using Code = beast::http::error;
  if (error == Code::header_limit) return Error{ErrorCode::headers_too_large};
  if (error == Code::body_limit) return Error{ErrorCode::body_too_large};
  return Error{ErrorCode::bad_request, error.message()};
}

/// Beast takes one length said twice for one, and looks only at the end of a list of codings. Some proxy in front may
/// read either differently, so neither is taken.
bool says_its_length_clearly(const beast::http::request<beast::http::string_body>& request) {
  using beast::http::field;
  const std::string_view length = view(request[field::content_length]);
  const std::string_view coding = view(request[field::transfer_encoding]);
  return request.count(field::content_length) <= 1 && request.count(field::transfer_encoding) <= 1 &&
         std::ranges::all_of(length, [](unsigned char c) { return std::isdigit(c) != 0; }) &&
         (coding.empty() || beast::iequals(coding, "chunked"));
}

/// Its place in the catalogue.
std::size_t number_of(const api::Operation& operation) {
  return static_cast<std::size_t>(&operation - api::operations().data());
}

/// A client whose grant took longer than this may have given up: its connection is looked at before the grant is told.
constexpr std::chrono::seconds patience_of_clients{1};

class IoThread;

/// One connection. Lives on its thread's loop; owned by its coroutine and known to its thread while it is open.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(IoThread& io, tcp::socket socket, std::uint64_t client);
  ~Connection();
  net::awaitable<void> serve();
  /// The answer to the request under way. On this connection's thread only.
  void answered(core::Answer& answer);
  /// Closes a connection that is over its time, or idle while the door closes.
  void look_at_time(std::chrono::steady_clock::time_point now);
  void close();
  bool idle() const { return phase_ == Phase::idle; }

 private:
  enum class Phase { idle, header, body, working };
  using Request = beast::http::request<beast::http::string_body>;

  net::awaitable<bool> read_request(Parser& parser);
  net::awaitable<bool> write(std::string response);
  net::awaitable<bool> handle(const Request& request);
  net::awaitable<bool> operate(const api::Operation& operation, api::Call& call, const Request& request,
                               const api::Context& context);
  /// Takes `command`. Points to the answer only until the coroutine waits for something else.
  net::awaitable<core::Answer*> ask(core::Command& command, bool may_wait);
  net::awaitable<engine::NamePage> names(const api::PageRequest& page);
  net::awaitable<bool> respond(const Request& request, api::Written written);
  net::awaitable<bool> respond_text(const Request& request, int status, std::string_view type, std::string body);
  net::awaitable<void> refuse_and_end(Error error);
  std::string head(int status, std::string_view type, std::size_t body_bytes, std::int64_t retry_after_s,
                   bool keep_alive) const;
  void watch_for_close();
  void peer_has_gone();
  void take_back(const core::Answer& answer);
  void enter(Phase phase);

  IoThread& io_;
  tcp::socket socket_;
  std::uint64_t client_;
  std::uint64_t request_ = 0;  ///< The number of the request under way.
  beast::flat_buffer buffer_;
  Phase phase_ = Phase::idle;
  std::chrono::steady_clock::time_point deadline_;
  bool gone_ = false;       ///< The peer has closed while it waited.
  bool unwatched_ = false;  ///< It waits, and something to read hides its closing from watch_for_close.
  std::move_only_function<void(core::Answer*)> waiting_;
};

/// A loop on a thread of its own, with its connections. Everything but `deliver` runs on that thread.
class IoThread final : public Lane {
 public:
  IoThread(Service& its_service, const Options& its_options, const Admission& its_admission)
      : service(its_service), options(its_options), admission(its_admission), lane_(service.add_lane(*this)) {}

  void deliver(std::vector<core::Answer> answers) override {
    if (std::this_thread::get_id() == thread_.get_id()) return hand_out(std::move(answers));
    net::post(loop, [this, answers = std::move(answers)]() mutable { hand_out(std::move(answers)); });
  }

  void start() {
    thread_ = std::thread([this] {
      const auto work = net::make_work_guard(loop);
      loop.run();
    });
    net::post(loop, [this] { look_at_times(); });
  }

  void join() {
    lister.join();
    loop.stop();
    if (thread_.joinable()) thread_.join();
  }

  /// From any thread.
  void adopt(tcp::socket socket) {
    net::post(loop, [this, socket = std::move(socket)]() mutable {
      const std::uint64_t client = Service::client_id(lane_, ++numbered_);
      auto connection = std::make_shared<Connection>(*this, std::move(socket), client);
      connections_[client] = connection.get();
      auto job = connection->serve();  // Named first: g++ 12 frees unnamed operands twice.
      net::co_spawn(loop, std::move(job), [this, connection, client](std::exception_ptr thrown) {
        connections_.erase(client);
        if (!thrown) return;
        try {
          std::rethrow_exception(thrown);
        } catch (const std::exception& e) {
          service.log().write(Log::Level::error, "a connection ended by an exception", {{"what", e.what()}});
        }
      });
    });
  }

  /// Adds to what the loop hands to the engine once it has run everything that is ready.
  void gather(core::Address from, core::Command command) {
    gathered_.push_back({from, std::move(command)});
    if (gathered_.size() > 1) return;
    net::post(loop, [this] {
      submitted_.swap(gathered_);  // Both keep their room: requests are long to move.
      // A disk that hangs must hang nobody but those who asked for something of it: a renewal needs none.
      service.runner().submit(submitted_, connections_.size() > 1);
      submitted_.clear();
    });
  }

  void close_all() {
    for (const auto& [client, connection] : std::unordered_map(connections_)) connection->close();
  }
  std::size_t busy() const {
    std::size_t busy = 0;
    for (const auto& [client, connection] : connections_) busy += connection->idle() ? 0 : 1;
    return busy;
  }

  net::io_context loop{1};
  net::thread_pool lister{1};  ///< For what takes long.
  Service& service;
  const Options& options;
  const Admission& admission;
  RandomIds ids;
  bool closing = false;

 private:
  void hand_out(std::vector<core::Answer> answers) {
    for (core::Answer& answer : answers) {
      const auto found = connections_.find(answer.to.client);
      if (found != connections_.end()) {
        found->second->answered(answer);
      } else {
        take_back(answer);
      }
    }
  }

 public:
  /// Nobody is there to hear of this grant (L8).
  void take_back(const core::Answer& answer) {
    const core::Reply& reply = answer.reply;
    if (reply.code != ErrorCode::none || reply.void_after == Instant{}) return;
    service.metrics().grants_taken_back.fetch_add(1, std::memory_order_relaxed);
    service.monitor().taken_back(reply);
    gather(answer.to, core::TakeBack{reply.lease.name, reply.lease.token, reply.who});
  }

 private:
  void look_at_times() {
    const auto now = std::chrono::steady_clock::now();
    for (const auto& [client, connection] : std::unordered_map(connections_)) connection->look_at_time(now);
    second_.expires_after(std::chrono::seconds(1));
    second_.async_wait([this](const beast::error_code& error) {
      if (!error) look_at_times();
    });
  }

  std::uint64_t lane_;
  std::uint64_t numbered_ = 0;
  std::unordered_map<std::uint64_t, Connection*> connections_;
  std::vector<engine::Request> gathered_;
  std::vector<engine::Request> submitted_;
  net::steady_timer second_{loop};
  std::thread thread_;
};

/// Notices a peer that vanished without a word within 10 s (L8): probes after 5 s of silence, and gives up on unread
/// data as fast.
void watch_peer(tcp::socket& socket) {
  const int fd = socket.native_handle();
  const auto set = [&](int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 5);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 2);
  set(IPPROTO_TCP, TCP_KEEPCNT, 2);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 9'000);
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
  beast::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.cancel(ignored);
}

/// Known to the service from here to the end of its life. It has been counted when it was accepted.
Connection::Connection(IoThread& io, tcp::socket socket, std::uint64_t client)
    : io_(io), socket_(std::move(socket)), client_(client) {
  io_.service.clients().add(client_, socket_.native_handle());
  enter(Phase::idle);
}

Connection::~Connection() {
  io_.service.metrics().connections.fetch_sub(1, std::memory_order_relaxed);
  io_.service.clients().remove(client_);
}

net::awaitable<void> Connection::serve() {
  while (!io_.closing) {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(io_.options.header_bytes_max));
    parser.body_limit(io_.options.body_bytes_max);
    if (!co_await read_request(parser)) break;
    enter(Phase::working);
    const Request request = parser.release();
    ++request_;
    if (!co_await handle(request)) break;
    enter(Phase::idle);
  }
  close();
}

/// One request, or false when the connection is over. Whatever is malformed is answered and ends it, so that nothing
/// behind it can be taken for a request.
net::awaitable<bool> Connection::read_request(Parser& parser) {
  bool continued = false;
  while (true) {
    if (buffer_.size() > 0) {
      if (phase_ == Phase::idle) enter(Phase::header);
      beast::error_code error;
      const std::size_t used = parser.put(buffer_.data(), error);
      buffer_.consume(used);
      if (parser.is_header_done() && !says_its_length_clearly(parser.get())) {
        Error told{ErrorCode::bad_request, "the length of the body can be read in more than one way"};
        co_await refuse_and_end(std::move(told));
        co_return false;
      }
      if (parser.is_done()) co_return true;
      if (error && error != beast::http::error::need_more) {
        Error told = framing_error(error);
        co_await refuse_and_end(std::move(told));
        co_return false;
      }
      if (parser.is_header_done() && phase_ != Phase::body) {
        enter(Phase::body);
        const bool expects = beast::iequals(parser.get()[beast::http::field::expect], "100-continue");
        if (expects && !std::exchange(continued, true)) {
          std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
          if (!co_await write(std::move(go_on))) co_return false;
        }
      }
      if (used > 0 && buffer_.size() > 0) continue;
    }
    const auto space = buffer_.prepare(read_bytes);
    const auto [error, bytes] = co_await socket_.async_read_some(space, as_tuple(use_awaitable));
    if (error) {
      if (phase_ != Phase::idle && error == net::error::eof) {
        Error told{ErrorCode::bad_request, "the request was cut short"};
        co_await refuse_and_end(std::move(told));
      }
      co_return false;
    }
    buffer_.commit(bytes);
  }
}

std::string Connection::head(int status, std::string_view type, std::size_t body_bytes, std::int64_t retry_after_s,
                             bool keep_alive) const {
  std::string text;
  text.reserve(256 + body_bytes);  // The body follows.
  const auto add = [&text](auto... parts) { (text.append(parts), ...); };
  add("HTTP/1.1 ", fmt::format_int(status).c_str(), " ", reason(status), "\r\ncontent-type: ", type,
      "\r\ncontent-length: ", fmt::format_int(body_bytes).c_str(),
      "\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n");
  if (retry_after_s > 0) text += fmt::format("retry-after: {}\r\n", retry_after_s);
  if (!keep_alive) text += "connection: close\r\n";
  text += "\r\n";
  return text;
}

net::awaitable<bool> Connection::write(std::string response) {
  const auto [error, bytes] = co_await net::async_write(socket_, net::buffer(response), as_tuple(use_awaitable));
  co_return !error;
}

net::awaitable<void> Connection::refuse_and_end(Error error) {
  io_.service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
  const api::Written written = api::problem(error);
  std::string response =
      head(written.status, "application/problem+json", written.body.size(), written.retry_after_s, false) +
      written.body;
  co_await write(std::move(response));
  // Reading what the peer still sends, for a moment, keeps the kernel from throwing the answer away with a reset.
  beast::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  for (int reads = 0; reads < 64; ++reads) {
    const auto space = buffer_.prepare(read_bytes);
    const auto [read_error, bytes] = co_await socket_.async_read_some(space, as_tuple(use_awaitable));
    if (read_error) break;
  }
}

net::awaitable<bool> Connection::respond_text(const Request& request, int status, std::string_view type,
                                              std::string body) {
  const bool keep_alive = request.keep_alive() && !io_.closing;
  std::string response = head(status, type, body.size(), 0, keep_alive);
  if (request.method() != beast::http::verb::head) response += body;
  const bool written = co_await write(std::move(response));
  co_return written&& keep_alive;
}

net::awaitable<bool> Connection::respond(const Request& request, api::Written written) {
  const bool keep_alive = request.keep_alive() && !io_.closing;
  std::string response = head(written.status, written.problem ? "application/problem+json" : "application/json",
                              written.body.size(), written.retry_after_s, keep_alive);
  if (request.method() != beast::http::verb::head) response += written.body;
  const bool ok = co_await write(std::move(response));
  co_return ok&& keep_alive;
}

net::awaitable<bool> Connection::handle(const Request& request) {
  Service& service = io_.service;
  const auto began = std::chrono::steady_clock::now();
  const auto refuse = [&](Error error) {
    service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
    return respond(request, api::problem(error));
  };
  using beast::http::field;
  const std::string_view target = view(request.target());
  if (target.size() > io_.options.target_bytes_max) {
    Error error{ErrorCode::uri_too_long};
    co_return co_await refuse(std::move(error));
  }
  if (request.count(field::host) > 1 || !target.starts_with('/')) {
    Error error{ErrorCode::bad_request, "one Host header and a path are needed"};
    co_return co_await refuse(std::move(error));
  }
  const Knock knock{.method = view(request.method_string()),
                    .host = view(request[field::host]),
                    .origin = view(request[field::origin]),
                    .content_type = view(request[field::content_type]),
                    .has_body = !request.body().empty()};
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
      co_return co_await respond_text(request, service.ready ? 200 : 503, "text/plain; charset=utf-8", std::move(text));
    }
    if (path == "/metrics") {
      std::string text =
          service.metrics().render(service.runner().snapshot(), {service.ready, service.injections.size()});
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
  Result<api::Form> form = operation.changes() ? api::Form::from_json(operation.fields, request.body())
                                               : api::Form::from_query(operation.fields, query);
  if (form && operation.changes() && !query.empty()) {
    form = fail(ErrorCode::unknown_field, "this takes no query", std::string{query.substr(0, query.find('='))});
  }
  if (form && operation.path.find('{') != std::string_view::npos) {
    Result<std::string> decoded = api::decode_percent(routed.rest);
    if (decoded) decoded = api::canonical_name(*decoded);
    if (decoded) {
      form->path_name = *std::move(decoded);
    } else {
      form = std::unexpected(std::move(decoded).error());
    }
  }
  if (!form) {
    Error error = std::move(form).error();
    co_return co_await refuse_call(std::move(error));
  }
  api::Context context{operation.makes_sessions() ? io_.ids.session() : std::string{}, service.runner().incarnation()};
  Result<api::Call> call = operation.read(*form, context);
  if (!call) {
    Error error = std::move(call).error();
    co_return co_await refuse_call(std::move(error));
  }
  co_return co_await operate(operation, *call, request, context);
}

net::awaitable<bool> Connection::operate(const api::Operation& operation, api::Call& call, const Request& request,
                                         const api::Context& context) {
  Service& service = io_.service;
  const auto began = std::chrono::steady_clock::now();
  if (call.page) {
    engine::NamePage page = co_await names(*call.page);
    core::List& list = std::get<core::List>(call.command);
    list.names = std::move(page.names);
    list.next = std::move(page.next);
  }
  const core::Acquire* acquire = std::get_if<core::Acquire>(&call.command);
  const bool may_wait = acquire && acquire->wait > Duration::zero();
  const std::size_t asker = acquire ? Retries::key(acquire->name, acquire->who.owner, acquire->who.session) : 0;
  const bool is_acquire = acquire != nullptr;
  core::Answer* given = co_await ask(call.command, may_wait);
  const core::Answer answer = std::move(*given);
  if (gone_) {
    take_back(answer);
    co_return false;
  }
  Metrics& metrics = service.metrics();
  const core::Reply& reply = answer.reply;
  const Duration took = std::chrono::steady_clock::now() - began;
  if (is_acquire && took > patience_of_clients && !service.clients().present(client_)) {
    take_back(answer);  // It waited for the disk, and gave up: nobody is there to own it.
    co_return false;
  }
  metrics.count_request(number_of(operation), reply.code, took);
  if (is_acquire) metrics.observe_acquire(asker, reply.code, took);
  if (reply.code == ErrorCode::stale) metrics.stale_writes.fetch_add(1, std::memory_order_relaxed);

  api::Written written = api::write_reply(operation, reply, context);
  const bool keep_alive = request.keep_alive() && !io_.closing;
  std::string response = head(written.status, written.problem ? "application/problem+json" : "application/json",
                              written.body.size(), written.retry_after_s, keep_alive);
  if (request.method() != beast::http::verb::head) response += written.body;
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
                     [self = shared_from_this(), request = request_](const beast::error_code& error) {
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

}  // namespace

class Door::Impl {
 public:
  /// Runs `work` on the thread's loop and waits for it.
  template <class Work>
  auto on(IoThread& thread, Work work) {
    std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
    auto done = task.get_future();
    net::post(thread.loop, [&task] { task(); });
    return done.get();
  }

  Impl(Service& service, Options options)
      : service_(service), options_(std::move(options)), admission_(own_names(options_)) {
    service_.metrics().connections_max = static_cast<std::int64_t>(options_.connections_max);
    while (threads_.size() < static_cast<std::size_t>(options_.io_threads)) {
      threads_.push_back(std::make_unique<IoThread>(service_, options_, admission_));
    }
  }

  ~Impl() { close(std::chrono::milliseconds(0)); }

  Result<void> open() {
    beast::error_code error;
    const auto address = net::ip::make_address(options_.host == "localhost" ? "127.0.0.1" : options_.host, error);
    if (error) return fail(ErrorCode::bad_configuration, "--listen: " + options_.host + " is not an address");
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(4096, error);
    if (error) {
      return fail(ErrorCode::bad_configuration,
                  fmt::format("cannot listen on {}:{}: {}", options_.host, options_.port, error.message()));
    }
    for (auto& thread : threads_) thread->start();
    net::post(accepting().loop, [this] { accept(); });
    open_ = true;
    return {};
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void stop_taking() {
    if (!open_) return;
    for (auto& thread : threads_) {
      on(*thread, [this, &thread] {
        if (thread == threads_.front()) {
          beast::error_code ignored;
          acceptor_.close(ignored);
        }
        thread->closing = true;
      });
    }
  }

  void close(std::chrono::milliseconds patience) {
    if (!std::exchange(open_, false)) return;
    const auto until = std::chrono::steady_clock::now() + patience;
    for (auto& thread : threads_) {
      std::size_t busy = 1;
      while (busy > 0 && std::chrono::steady_clock::now() < until) {
        busy = on(*thread, [&] { return thread->busy(); });
        if (busy > 0)
          std::this_thread::sleep_for(std::chrono::milliseconds(5));  // Polls other threads' writes: no event.
      }
      on(*thread, [&] { thread->close_all(); });
    }
    for (auto& thread : threads_) thread->join();
  }

 private:
  static std::vector<std::string> own_names(const Options& options) {
    std::vector<std::string> names = options.names;
    names.push_back(options.host.find(':') == std::string::npos ? options.host : "[" + options.host + "]");
    return names;
  }

  IoThread& accepting() { return *threads_.front(); }

  void accept() {
    acceptor_.async_accept(threads_[next_]->loop, [this](const beast::error_code& error, tcp::socket socket) {
      if (error == net::error::operation_aborted || !acceptor_.is_open()) return;
      if (error) return accept_later(error);  // Out of file descriptors, most likely.
      Metrics& metrics = service_.metrics();
      if (metrics.connections.load(std::memory_order_relaxed) >=
          metrics.connections_max.load(std::memory_order_relaxed)) {
        turn_away(std::move(socket));
      } else {
        watch_peer(socket);
        metrics.connections.fetch_add(1, std::memory_order_relaxed);  // Not when its thread gets to it: it may be busy.
        threads_[next_]->adopt(std::move(socket));
        next_ = (next_ + 1) % threads_.size();
      }
      accept();
    });
  }

  /// Whoever looks at the figures says so in the log: five lines a second would hide all others.
  void accept_later(const beast::error_code& error) {
    service_.metrics().accept_error.store(error.value(), std::memory_order_relaxed);
    service_.metrics().accept_failures.fetch_add(1, std::memory_order_relaxed);
    later_.expires_after(std::chrono::milliseconds(200));
    later_.async_wait([this](const beast::error_code& cancelled) {
      if (!cancelled && acceptor_.is_open()) accept();
    });
  }

  void turn_away(tcp::socket socket) {
    service_.metrics().connections_refused.fetch_add(1, std::memory_order_relaxed);
    const api::Written written = api::problem(Error{ErrorCode::too_many_connections});
    const std::string response = fmt::format(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n"
        "retry-after: 1\r\nconnection: close\r\n\r\n{}",
        written.body.size(), written.body);
    beast::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(net::buffer(response), ignored);
  }

  Service& service_;
  Options options_;
  Admission admission_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  tcp::acceptor acceptor_{accepting_loop()};
  net::steady_timer later_{accepting_loop()};
  std::size_t next_ = 0;
  bool open_ = false;

  net::io_context& accepting_loop();
};

net::io_context& Door::Impl::accepting_loop() {
  // Members are made in order: the acceptor needs a loop before the constructor's body has made the threads.
  if (threads_.empty()) threads_.push_back(std::make_unique<IoThread>(service_, options_, admission_));
  return threads_.front()->loop;
}

Door::Door(Service& service, Options options) : impl_(std::make_unique<Impl>(service, std::move(options))) {}
Door::~Door() = default;
Result<void> Door::open() {
  return impl_->open();
}
std::uint16_t Door::port() const {
  return impl_->port();
}
void Door::stop_taking() {
  impl_->stop_taking();
}
void Door::close(std::chrono::milliseconds patience) {
  impl_->close(patience);
}

}  // namespace holdfast::server::http
