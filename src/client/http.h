// One connection to a server that speaks HTTP/1.1 and JSON. Blocking, for the command line and for tests.
//
// Every failure says whether the request may have been carried out (L12):
//   unreachable  (not_done)    the server never had the whole request;
//   answer_lost  (maybe_done)  it may have had it: the connection broke, time ran out, or somebody called cancel();
//   bad_answer   (maybe_done)  what came back is not HTTP with JSON.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "client/socket.h"
#include "client/url.h"

namespace holdfast::client {

struct Request {
  std::string method = "GET";
  std::string target = "/";
  std::optional<boost::json::value> body{};  ///< Sent as application/json; none: no body.
  /// Carrying it out twice is as good as once, so it may be sent again where an old connection turns out to be closed.
  /// A GET always may.
  bool repeatable = false;
  std::string accept = "application/json";
  std::string more_headers{};  ///< Whole lines, each with its end.
};

/// `request` as it goes over the wire to `server`.
std::string bytes_of(const Request& request, const Url& server);

struct Response {
  int status = 0;
  boost::json::value body;  ///< Null where the answer has no body.
  std::optional<std::chrono::seconds> retry_after{};
};

/// Opened at the first request and kept open between them. One thread at a time, but for cancel().
class Connection {
 public:
  explicit Connection(Url server);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  /// Sends `request` and waits for its answer, until `deadline` at the latest; connecting is part of it, and ends at
  /// `connect_by` already.
  ///
  /// A kept connection that the server has closed meanwhile is opened again, once, if the server cannot have had the
  /// request or it is repeatable; nothing else is ever sent twice.
  Result<Response> request(const Request& request, Deadline deadline, Deadline connect_by = Deadline::max());

  /// From any thread: the request under way fails at once, and so does each later one. For good.
  void cancel() noexcept;

  const Url& server() const;

 private:
  class Wire;
  std::unique_ptr<Wire> wire_;
};

}  // namespace holdfast::client
