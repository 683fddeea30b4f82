// Somebody else's lock behind HTTP, as a few lines describe it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verify/http_wire.h"
#include "verify/target.h"

namespace holdfast::verify {

/// A request with {client}, {name}, {token}, {proof}, {ttl_ms}, {ttl_s}, {wait_ms} in it.
struct HttpAsk {
  std::string method, path, body;  ///< `method` is empty where the lock does not have this call.

  /// From `POST /locks/{name} {"client": "{client}"}`; the body may be left out. Error: bad_description.
  static Result<HttpAsk> parse(std::string_view text);
  bool names(std::string_view placeholder) const;
};

/// Which answers mean something: `200`, `2xx`, `200 acquired=true`, `holder={client}`. All words of it must be true.
struct HttpMeaning {
  std::string status;                                       ///< "200", "2xx", or empty: any.
  std::vector<std::pair<std::string, std::string>> fields;  ///< JSON path and value, as text.

  /// Error: bad_description.
  static Result<HttpMeaning> parse(std::string_view text);
};

/// Where in an answer something is: `lease.token` in its JSON, `header:X-Token`, or `body`.
std::string find_in(const HttpAnswer& answer, const std::string& place);
/// Whether one of them fits; {client} in a value is `client`.
bool means(const HttpAnswer& answer, const std::vector<HttpMeaning>& meanings, const std::string& client);

/// What is known of the lock. Filled line by line.
struct HttpLock {
  HttpPlace server;
  HttpAsk acquire, renew, release, query;
  /// What answers mean; looked at in this order.
  std::vector<HttpMeaning> held, granted, renewed, released, is_held;
  std::string token, proof, holder;  ///< Where they are in an answer; empty: nowhere.
  std::optional<Duration> ttl;       ///< None: what is held is held until it is released.
  std::string names = "verify-{run}-{n}";
  std::map<std::string, std::string> headers;
  bool fifo = false;
  bool keep_alive = true;

  /// Takes in `key = values`. Error: bad_description, which says what is wrong, without file and line.
  Result<void> set(std::string_view key, std::span<const std::string> values);
  /// When all is there. Error: bad_description, which says what is missing.
  Result<void> complete();
  /// Every key, for a message.
  static std::string keys();
};

/// The lock that `description` describes, which is complete.
std::unique_ptr<Target> make_http_target(HttpLock description);

/// An answer in a line: "409 {"error": ...", cut short.
std::string in_short(const HttpAnswer& answer);

}  // namespace holdfast::verify
