#include "client/watch.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "client/event_reader.h"

namespace holdfast::client {
namespace {

namespace http = boost::beast::http;
namespace json = boost::json;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;
using Parser = http::response_parser<http::string_body>;

constexpr Duration connect_time = 10s;
/// A server says something every ten seconds; who says nothing for three times as long is not there.
constexpr Duration silence_max = 30s;
constexpr std::chrono::milliseconds pause_first = 100ms;
constexpr std::chrono::milliseconds pause_max = 5s;
constexpr std::uint32_t header_bytes_max = 64 << 10;

std::string request_text(const Url& server, const WatchCall& call, const std::string& position) {
  std::string target = "/v1/events";
  const auto add = [&](std::string_view key, const std::string& value) {
    if (value.empty()) return;
    target += target.find('?') == std::string::npos ? '?' : '&';
    target.append(key).append("=").append(path_of(value));
  };
  add("prefix", call.prefix);
  if (position.empty()) add("after", call.after);
  std::string text = "GET " + target + " HTTP/1.1\r\nHost: " + server.authority() + "\r\nAccept: text/event-stream\r\n";
  if (!position.empty()) text += "Last-Event-ID: " + position + "\r\n";
  return text + "\r\n";
}

/// Whether asking again later may help.
bool may_pass(const Problem& problem) {
  return problem.status == 0 || problem.status == 408 || problem.status == 429 || problem.status >= 500;
}

}  // namespace

class Watch::Wire {
 public:
  Wire(Url to, WatchCall what, OnTrouble on_trouble)
      : server_(std::move(to)), call_(std::move(what)), on_trouble_(std::move(on_trouble)) {}

  Answer<Event> next() {
    while (true) {
      Answer<std::optional<Event>> got = connected_ ? read() : connect();
      if (got && *got) return **std::move(got);
      if (got) continue;
      connected_ = false;
      socket_.close();
      if (cancelled() || !may_pass(got.error()) || !begun_) return std::unexpected(std::move(got).error());
      const std::chrono::milliseconds pause = std::max<std::chrono::milliseconds>(pause_, retry_after(got.error()));
      if (on_trouble_) on_trouble_(got.error(), pause);
      if (!sleep(pause)) return std::unexpected(std::move(got).error());
      pause_ = std::min(2 * pause_, pause_max);
    }
  }

  const std::string& position() const { return position_; }
  Cancel cancel;

 private:
  static std::chrono::milliseconds retry_after(const Problem& problem) {
    return std::min<std::chrono::milliseconds>(problem.retry_after.value_or(0s), pause_max);
  }
  bool cancelled() const {
    pollfd said{.fd = cancel.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&said, 1, 0) > 0;
  }
  /// False: somebody interrupted.
  bool sleep(std::chrono::milliseconds time) const {
    pollfd said{.fd = cancel.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&said, 1, static_cast<int>(time.count())) <= 0;
  }

  Answer<std::optional<Event>> connect() {
    const Deadline deadline = Steady::now() + connect_time;
    if (auto connected = socket_.connect(server_.host, server_.port, deadline); !connected) {
      return std::unexpected(problem_of(connected.error()));
    }
    if (auto sent = socket_.send(request_text(server_, call_, position_), deadline); !sent) {
      return broken(sent.error().words);
    }
    parser_.emplace();
    parser_->header_limit(header_bytes_max);
    parser_->body_limit(boost::none);
    parser_->eager(true);
    reader_ = {};
    pending_.clear();
    while (!parser_->is_header_done()) {
      if (auto trouble = receive(deadline)) return std::unexpected(*std::move(trouble));
    }
    if (parser_->get().result_int() != 200) return refused(deadline);
    connected_ = true;
    pause_ = pause_first;
    return std::nullopt;
  }

  /// The rest of an answer that is no stream.
  Answer<std::optional<Event>> refused(Deadline deadline) {
    while (!parser_->is_done()) {
      if (auto trouble = receive(deadline)) break;  // What has come says enough.
    }
    Response response{.status = static_cast<int>(parser_->get().result_int()), .body = {}};
    json::error_code error;
    response.body = json::parse(parser_->get().body(), error);
    return std::unexpected(problem_of(std::move(response)));
  }

  /// One event, none where only the position moved.
  Answer<std::optional<Event>> read() {
    while (true) {
      if (parser_->is_header_done()) reader_.received(std::exchange(parser_->get().body(), {}));
      if (std::optional<EventBlock> block = reader_.next()) return event_of(*std::move(block));
      if (reader_.too_long()) return broken("what the server sends is no stream of events");
      if (parser_->is_done()) return broken("the server closed the connection");
      if (auto trouble = receive(Steady::now() + silence_max)) return std::unexpected(*std::move(trouble));
    }
  }

  Answer<std::optional<Event>> event_of(EventBlock&& block) {
    if (!block.id.empty()) position_ = block.id;
    if (block.data.empty()) return std::nullopt;
    json::error_code error;
    json::value data = json::parse(block.data, error);
    if (error || !data.is_object()) return broken("an event that is not a JSON object");
    Event event{.position = std::move(block.id), .type = std::move(block.type), .json = std::move(data.get_object())};
    if (event.type == "begin" && std::exchange(begun_, true)) return std::nullopt;
    begun_ = true;
    return event;
  }

  /// Feeds the parser with what comes. None: something did.
  std::optional<Problem> receive(Deadline deadline) {
    std::array<char, 16 << 10> block;
    const auto got = socket_.receive(block, deadline);
    if (!got) return broken(got.error().words).error();
    boost::system::error_code error;
    if (*got == 0) {
      parser_->put_eof(error);
      if (error || !parser_->is_done()) return broken("the server closed the connection").error();
      return std::nullopt;
    }
    pending_.append(block.data(), *got);
    while (!pending_.empty() && !parser_->is_done()) {
      const std::size_t used = parser_->put(boost::asio::buffer(pending_), error);
      pending_.erase(0, used);
      if (error == http::error::need_more || used == 0) break;
      if (error) return problem_of(Error{ErrorCode::bad_answer, error.message()});
    }
    return std::nullopt;
  }

  static std::unexpected<Problem> broken(const std::string& words) {
    return std::unexpected(problem_of(Error{ErrorCode::unreachable, words}));
  }

  const Url server_;
  const WatchCall call_;
  const OnTrouble on_trouble_;
  Socket socket_{cancel};
  std::optional<Parser> parser_;
  std::string pending_;  ///< Received, and not yet the parser's.
  EventReader reader_;
  std::string position_;
  bool connected_ = false;
  bool begun_ = false;
  std::chrono::milliseconds pause_ = pause_first;
};

Watch::Watch(Url server, WatchCall call, OnTrouble on_trouble)
    : wire_(std::make_unique<Wire>(std::move(server), std::move(call), std::move(on_trouble))) {}
Watch::~Watch() = default;

Answer<Event> Watch::next() {
  return wire_->next();
}
const std::string& Watch::position() const {
  return wire_->position();
}
void Watch::interrupt() noexcept {
  wire_->cancel.say();
}

}  // namespace holdfast::client
