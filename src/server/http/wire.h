// HTTP/1.1 as bytes: requests out of what a connection received, and the heads of responses. Does no I/O.
//
// The only thing that knows Beast, which costs ten seconds of compiling each time it is included, is wire.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace holdfast::server::http {

/// One whole request. What it shows belongs to its reader and holds until the reader begins the next.
struct Request {
  std::string_view method;
  std::string_view target;
  std::string_view host;
  std::string_view origin;
  std::string_view content_type;
  std::string_view accept;
  std::string_view body;
  std::string_view last_event_id;
  bool one_host_at_most = true;
  bool one_last_event_id_at_most = true;
  bool keep_alive = true;

  bool wants_only_the_head() const { return method == "HEAD"; }
};

/// Finds the requests in the bytes of one connection, one after the other.
class RequestReader {
 public:
  /// How long the body of a request may be, by its method and target.
  using BodyBound = std::function<std::size_t(std::string_view method, std::string_view target)>;

  RequestReader(std::size_t header_bytes_max, BodyBound body_bound);
  /// The same bound for all.
  RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max);
  ~RequestReader();
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  /// Forgets the request before; the bytes behind it stay.
  void begin();
  /// Where the next bytes are to be read to, and how many have come.
  std::span<char> space();
  void received(std::size_t bytes);
  /// Whether something has been received that belongs to no request yet.
  bool has_bytes() const;

  enum class Step {
    starved,   ///< More has to be received.
    header,    ///< The header is there, told once; the body is not.
    complete,  ///< `request` is there.
  };
  /// Goes on with what has been received. An error is what to tell the peer; nothing behind it may be taken for a
  /// request: bad_request, headers_too_large, body_too_large.
  Result<Step> next();
  /// From Step::header on: whether the peer waits to be told to go on.
  bool expects_continue() const;
  /// From Step::complete on.
  Request request() const;
  /// From Step::complete on: all that a header says; where it came several times, parted by commas.
  std::string header(std::string_view name) const;
  /// From Step::complete on: takes what has been received behind the request.
  std::string take_rest();
  /// The same; its body, which `request` does not show from then on.
  std::string take_body();

 private:
  struct Parsing;
  Result<void> bound_body();

  std::unique_ptr<Parsing> parsing_;
  std::size_t header_bytes_max_;
  BodyBound body_bound_;
};

/// The head of a response that is events, and ends when the connection does.
std::string_view event_stream_head();

/// The head of a response, with room behind it for the body. `retry_after_s` 0: says nothing of that.
std::string response_head(int status, std::string_view type, std::size_t body_bytes, std::int64_t retry_after_s,
                          bool keep_alive);
/// Of a response with header lines of its own, each with its end; they say, too, how long it may be kept.
void append_response_head(std::string& out, int status, std::string_view type, std::size_t body_bytes,
                          std::string_view further, bool keep_alive);
/// The same behind what `out` has already.
void append_response_head(std::string& out, int status, std::string_view type, std::size_t body_bytes,
                          std::int64_t retry_after_s, bool keep_alive);

}  // namespace holdfast::server::http
