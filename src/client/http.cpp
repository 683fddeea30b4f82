#include "client/http.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "client/socket.h"

namespace holdfast::client {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
namespace json = boost::json;

constexpr std::size_t answer_bytes_max = 64 * 1024 * 1024;
constexpr std::size_t header_bytes_max = 64 * 1024;

using Parser = http::response_parser<http::string_body>;

Result<Response> read_answer(const Parser& parser) {
  const auto& message = parser.get();
  Response response{.status = static_cast<int>(message.result_int())};
  if (const auto found = message.find(http::field::retry_after); found != message.end()) {
    int seconds = 0;
    const auto text = found->value();
    if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec == std::errc{} && seconds >= 0) {
      response.retry_after = std::chrono::seconds(seconds);
    }
  }
  if (message.body().empty()) return response;

  json::error_code error;
  response.body = json::parse(message.body(), error);
  if (error) {
    const auto type = message[http::field::content_type];
    return fail(ErrorCode::bad_answer, "status " + std::to_string(response.status) + ", not JSON but " +
                                           (type.empty() ? "of no type" : std::string{type}));
  }
  return response;
}

}  // namespace

std::string bytes_of(const Request& request, const Url& server) {
  std::string out = request.method + " " + request.target + " HTTP/1.1\r\nHost: " + server.authority() +
                    "\r\nAccept: " + request.accept + "\r\n" + request.more_headers;
  if (request.body) {
    const std::string body = json::serialize(*request.body);
    out += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  } else {
    // Without a body a POST still says so, or some proxies wait for one.
    out += request.method == "GET" ? "\r\n" : "Content-Length: 0\r\n\r\n";
  }
  return out;
}

class Connection::Wire {
 public:
  explicit Wire(Url to) : server(std::move(to)) {}

  Result<Response> request(const Request& request, Deadline deadline, Deadline connect_by) {
    const std::string bytes = bytes_of(request, server);
    const bool repeatable = request.repeatable || request.method == "GET";

    if (socket_.open() && !socket_.quiet()) socket_.close();  // Closed by the server meanwhile; nothing was sent on it.
    if (socket_.open()) {
      Attempt attempt = once(bytes, deadline);
      const bool may_repeat = attempt.closed_early && (attempt.unsent || repeatable);
      if (!may_repeat) return std::move(attempt.result);
    }
    HF_TRY_VOID(socket_.connect(server.host, server.port, std::min(deadline, connect_by)));
    return once(bytes, deadline).result;
  }

  const Url server;
  Cancel cancel;

 private:
  struct Attempt {
    Result<Response> result;
    bool unsent = false;        ///< The server cannot have had the whole request.
    bool closed_early = false;  ///< The peer closed before the first byte of an answer.
  };

  Attempt once(const std::string& bytes, Deadline deadline) {
    const auto sent = socket_.send(bytes, deadline);
    // Also where it could not all be sent: who refuses a large body answers early and closes.
    bool closed_early = false;
    Result<Response> result = receive(deadline, !bytes.starts_with("HEAD "), closed_early);
    if (!result || !keep_) socket_.close();
    if (!result && !sent) result = fail(ErrorCode::unreachable, sent.error().words);
    return {.result = std::move(result), .unsent = !sent, .closed_early = closed_early};
  }

  Result<Response> receive(Deadline deadline, bool has_body, bool& closed_early) {
    keep_ = false;
    std::string pending;
    std::array<char, 16 * 1024> block;
    bool begun = false;
    for (;;) {  // Once for each interim answer (1xx), and once for the one that counts.
      Parser parser;
      parser.body_limit(answer_bytes_max);
      parser.header_limit(header_bytes_max);
      parser.eager(true);
      parser.skip(!has_body);  // The answer to a HEAD says how long a body would have been.
      bool at_end = false;
      while (!parser.is_done() && !at_end) {
        boost::system::error_code error;
        if (!pending.empty()) pending.erase(0, parser.put(net::buffer(pending), error));
        if (error && error != http::error::need_more) return fail(ErrorCode::bad_answer, error.message());
        if (parser.is_done()) break;

        const auto got = socket_.receive(block, deadline);
        if (!got) {
          closed_early = !begun && got.error().kind == Trouble::Kind::broken;
          return fail(ErrorCode::answer_lost, got.error().words);
        }
        pending.append(block.data(), *got);
        at_end = *got == 0;
        closed_early = at_end && !begun;
        begun = begun || *got > 0;
      }
      if (at_end) {
        boost::system::error_code error;
        if (parser.got_some()) parser.put_eof(error);
        if (error || !parser.is_done()) return fail(ErrorCode::answer_lost, "the server closed the connection");
      }
      if (parser.get().result_int() < 100) return fail(ErrorCode::bad_answer, "no status of an answer");
      if (parser.get().result_int() < 200) continue;
      keep_ = parser.keep_alive() && pending.empty() && !at_end;
      return read_answer(parser);
    }
  }

  Socket socket_{cancel};
  bool keep_ = false;
};

Connection::Connection(Url server) : wire_(std::make_unique<Wire>(std::move(server))) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result<Response> Connection::request(const Request& request, Deadline deadline, Deadline connect_by) {
  return wire_->request(request, deadline, connect_by);
}
void Connection::cancel() noexcept {
  wire_->cancel.say();
}
const Url& Connection::server() const {
  return wire_->server;
}

}  // namespace holdfast::client
