// Beast asserts that the last chunk of a body comes in pieces of five bytes or more, which no peer need heed. What it
// does with fewer is right, so its assertions go, in every build. Before anything of Boost is included.
#define BOOST_DISABLE_ASSERTS

#include "server/http/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>
#include <optional>
#include <utility>

namespace holdfast::server::http {
namespace {

namespace beast = boost::beast;
using beast::http::field;
using Parser = beast::http::request_parser<beast::http::string_body>;

constexpr std::size_t read_bytes = 16 << 10;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
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
bool says_its_length_clearly(const Parser::value_type& message) {
  const std::string_view length = view(message[field::content_length]);
  const std::string_view coding = view(message[field::transfer_encoding]);
  return message.count(field::content_length) <= 1 && message.count(field::transfer_encoding) <= 1 &&
         std::ranges::all_of(length, [](unsigned char c) { return std::isdigit(c) != 0; }) &&
         (coding.empty() || beast::iequals(coding, "chunked"));
}

}  // namespace

struct RequestReader::Parsing {
  beast::flat_buffer buffer;
  std::optional<Parser> parser;
  bool header_told = false;
};

RequestReader::RequestReader(std::size_t header_bytes_max, BodyBound body_bound)
    : parsing_(std::make_unique<Parsing>()), header_bytes_max_(header_bytes_max), body_bound_(std::move(body_bound)) {
  begin();
}

RequestReader::RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : RequestReader(header_bytes_max, [body_bytes_max](auto, auto) { return body_bytes_max; }) {}

RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

void RequestReader::begin() {
  Parser& parser = parsing_->parser.emplace();
  parser.header_limit(static_cast<std::uint32_t>(header_bytes_max_));
  parser.body_limit(boost::none);  // Until it is known what is asked.
  parsing_->header_told = false;
}

std::span<char> RequestReader::space() {
  const auto room = parsing_->buffer.prepare(read_bytes);
  return {static_cast<char*>(room.data()), room.size()};
}

void RequestReader::received(std::size_t bytes) {
  parsing_->buffer.commit(bytes);
}

bool RequestReader::has_bytes() const {
  return parsing_->buffer.size() > 0;
}

Result<RequestReader::Step> RequestReader::next() {
  Parser& parser = *parsing_->parser;
  beast::flat_buffer& buffer = parsing_->buffer;
  while (buffer.size() > 0) {
    beast::error_code error;
    const std::size_t used = parser.put(buffer.data(), error);
    buffer.consume(used);
    if (parser.is_header_done() && !says_its_length_clearly(parser.get())) {
      return fail(ErrorCode::bad_request, "the length of the body can be read in more than one way");
    }
    const bool header_is_new = parser.is_header_done() && !std::exchange(parsing_->header_told, true);
    if (header_is_new) HF_TRY_VOID(bound_body());
    if (parser.is_done()) return Step::complete;
    if (error && error != beast::http::error::need_more) return std::unexpected(framing_error(error));
    if (header_is_new) return Step::header;
    if (used == 0) break;
  }
  return Step::starved;
}

/// Nothing of the body has been read yet.
Result<void> RequestReader::bound_body() {
  Parser& parser = *parsing_->parser;
  const Parser::value_type& message = parser.get();
  const std::size_t bytes_max = body_bound_(view(message.method_string()), view(message.target()));
  const auto length = parser.content_length();
  if (length && *length > bytes_max) return fail(ErrorCode::body_too_large);
  parser.body_limit(bytes_max);  // Of one in chunks.
  return {};
}

bool RequestReader::expects_continue() const {
  return beast::iequals(parsing_->parser->get()[field::expect], "100-continue");
}

Request RequestReader::request() const {
  const Parser::value_type& message = parsing_->parser->get();
  return {.method = view(message.method_string()),
          .target = view(message.target()),
          .host = view(message[field::host]),
          .origin = view(message[field::origin]),
          .content_type = view(message[field::content_type]),
          .accept = view(message[field::accept]),
          .body = message.body(),
          .last_event_id = view(message["Last-Event-ID"]),
          .one_host_at_most = message.count(field::host) <= 1,
          .one_last_event_id_at_most = message.count("Last-Event-ID") <= 1,
          .keep_alive = message.keep_alive()};
}

std::string RequestReader::header(std::string_view name) const {
  std::string all;
  const auto [first, last] = parsing_->parser->get().equal_range(beast::string_view(name.data(), name.size()));
  for (auto each = first; each != last; ++each) all += (each == first ? "" : ",") + std::string(view(each->value()));
  return all;
}

std::string RequestReader::take_rest() {
  const auto bytes = parsing_->buffer.data();
  std::string rest(static_cast<const char*>(bytes.data()), bytes.size());
  parsing_->buffer.consume(rest.size());
  return rest;
}

std::string RequestReader::take_body() {
  return std::exchange(parsing_->parser->get().body(), {});
}

std::string_view event_stream_head() {
  // Whoever buffers in between would make an event late by as much as it takes to fill the buffer; nginx is told not
  // to.
  return "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n"
         "x-content-type-options: nosniff\r\nx-accel-buffering: no\r\nconnection: close\r\n\r\n";
}

std::string response_head(int status, std::string_view type, std::size_t body_bytes, std::int64_t retry_after_s,
                          bool keep_alive) {
  std::string text;
  append_response_head(text, status, type, body_bytes, retry_after_s, keep_alive);
  return text;
}

void append_response_head(std::string& out, int status, std::string_view type, std::size_t body_bytes,
                          std::string_view further, bool keep_alive) {
  const std::string_view reason = view(beast::http::obsolete_reason(static_cast<beast::http::status>(status)));
  const auto add = [&out](auto... parts) { (out.append(parts), ...); };
  add("HTTP/1.1 ", fmt::format_int(status).c_str(), " ", reason, "\r\ncontent-type: ", type, "\r\n", further);
  // A response without a body for what it says of itself (RFC 9110, 15.4.5) has no length either.
  if (status != 304) add("content-length: ", fmt::format_int(body_bytes).c_str(), "\r\n");
  add("x-content-type-options: nosniff\r\n");
  if (!keep_alive) out += "connection: close\r\n";
  out += "\r\n";
}

void append_response_head(std::string& out, int status, std::string_view type, std::size_t body_bytes,
                          std::int64_t retry_after_s, bool keep_alive) {
  const std::string_view reason = view(beast::http::obsolete_reason(static_cast<beast::http::status>(status)));
  if (out.empty()) out.reserve(256 + body_bytes);  // The body follows.
  const auto add = [&out](auto... parts) { (out.append(parts), ...); };
  add("HTTP/1.1 ", fmt::format_int(status).c_str(), " ", reason, "\r\ncontent-type: ", type,
      "\r\ncontent-length: ", fmt::format_int(body_bytes).c_str(),
      "\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n");
  if (retry_after_s > 0) out += fmt::format("retry-after: {}\r\n", retry_after_s);
  if (!keep_alive) out += "connection: close\r\n";
  out += "\r\n";
}

}  // namespace holdfast::server::http
