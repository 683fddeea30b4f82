#include "client/stream.h"

#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json.hpp>
#include <limits>
#include <utility>

#include "client/socket.h"

namespace holdfast::client {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
namespace json = boost::json;

constexpr std::size_t refusal_bytes_max = 1024 * 1024;
constexpr std::size_t stream_header_bytes_max = 64 * 1024;

}  // namespace

class Stream::Wire {
 public:
  explicit Wire(Url to) : server(std::move(to)) {
    parser_.body_limit(std::numeric_limits<std::uint64_t>::max());
    parser_.header_limit(stream_header_bytes_max);
    parser_.eager(true);
  }

  Result<Opened> open(const Request& request, Deadline deadline) {
    HF_TRY_VOID(socket_.connect(server.host, server.port, deadline));
    if (const auto sent = socket_.send(bytes_of(request, server), deadline); !sent) {
      return fail(ErrorCode::unreachable, sent.error().words);
    }
    while (!parser_.is_header_done()) HF_TRY_VOID(read_some(deadline));
    if (parser_.get().result_int() == 200) return Opened{};
    if (parser_.get().result_int() < 200) return fail(ErrorCode::bad_answer, "no status of an answer");
    return refusal(deadline);
  }

  Result<std::string> more(Deadline deadline) {
    while (parser_.get().body().empty() && !parser_.is_done()) {
      HF_TRY_VOID(read_some(deadline));
    }
    return std::exchange(parser_.get().body(), {});
  }

  const Url server;
  Cancel cancel;

 private:
  /// Feeds the parser with what comes next.
  Result<void> read_some(Deadline deadline) {
    std::array<char, 16 * 1024> block;
    const auto got = socket_.receive(block, deadline);
    if (!got) return fail(ErrorCode::answer_lost, got.error().words);
    boost::system::error_code error;
    if (*got == 0) {
      if (parser_.got_some()) parser_.put_eof(error);
      if (error || !parser_.is_done()) return fail(ErrorCode::answer_lost, "the server closed the connection");
      return {};
    }
    pending_.append(block.data(), *got);
    while (!pending_.empty() && !parser_.is_done()) {
      const std::size_t used = parser_.put(net::buffer(pending_), error);
      pending_.erase(0, used);
      if (error && error != http::error::need_more) return fail(ErrorCode::bad_answer, error.message());
      if (error || used == 0) break;
    }
    return {};
  }

  Result<Opened> refusal(Deadline deadline) {
    Response response{.status = static_cast<int>(parser_.get().result_int())};
    while (!parser_.is_done() && parser_.get().body().size() < refusal_bytes_max) HF_TRY_VOID(read_some(deadline));
    json::error_code error;
    response.body = json::parse(parser_.get().body(), error);
    if (error) response.body = nullptr;  // Of something between us and the server; the status says enough.
    return Opened{.refusal = std::move(response)};
  }

  Socket socket_{cancel};
  http::response_parser<http::string_body> parser_;
  std::string pending_;
};

Stream::Stream(Url server) : wire_(std::make_unique<Wire>(std::move(server))) {}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

Result<Stream::Opened> Stream::open(const Request& request, Deadline deadline) {
  return wire_->open(request, deadline);
}
Result<std::string> Stream::more(Deadline deadline) {
  return wire_->more(deadline);
}
void Stream::cancel() noexcept {
  wire_->cancel.say();
}

}  // namespace holdfast::client
