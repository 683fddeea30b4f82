// HTTP/1.1 as a verifier needs it: it can hold a request's last byte back, and hang up in the middle.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "verify/gate.h"

namespace holdfast::verify {

/// http://host:port/base taken apart.
struct HttpPlace {
  std::string host;  ///< An IPv6 address without brackets.
  std::uint16_t port = 80;
  std::string base;  ///< Before every path; empty, or it begins with / and does not end with one.

  std::string authority() const;
  std::string text() const;
};

/// Error: bad_description, which says what is wrong with `text`.
Result<HttpPlace> parse_http_place(std::string_view text);

struct HttpRequest {
  std::string method = "GET";
  std::string path = "/";
  std::map<std::string, std::string> headers{};
  std::string body{};
};

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< Names in small letters.
  std::string body;
  bool closes = false;
};

/// Takes an answer from the front of `bytes`. `ended`: the peer has closed, so nothing follows. None yet: `status` 0.
///
/// Error: bad_answer.
Result<HttpAnswer> take_http_answer(std::string_view bytes, bool ended);

/// One connection, opened when it is needed. One thread at a time, but for hang_up().
class HttpWire {
 public:
  explicit HttpWire(HttpPlace place) : place_(std::move(place)) {}
  ~HttpWire();
  HttpWire(const HttpWire&) = delete;
  HttpWire& operator=(const HttpWire&) = delete;

  /// Sends `request` but for its last byte, passes `gate` with that byte, and waits for the answer.
  ///
  /// Errors: unreachable (not_done: the whole request was never sent), answer_lost and bad_answer (maybe_done).
  Result<HttpAnswer> exchange(const HttpRequest& request, Ticket& gate, Duration patience, bool keep_open = true);

  /// From any thread. A request under way is answered `answer_lost`; the next one opens a connection of its own.
  void hang_up();

 private:
  Result<void> connect(Duration patience);
  void close();
  bool quiet() const;

  HttpPlace place_;
  std::mutex guarding_socket_;
  int socket_ = -1;
};

}  // namespace holdfast::verify
