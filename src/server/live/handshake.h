// How an HTTP connection becomes a live socket: what RFC 6455 asks of both sides. Does no I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace holdfast::server::live {

/// The subprotocol that is spoken here.
inline constexpr std::string_view subprotocol = "holdfast.v1";
inline constexpr std::string_view path = "/v1/live";

/// What a GET said about becoming a socket. A header that came several times is one list, parted by commas.
struct Knock {
  std::string connection;
  std::string upgrade;
  std::string key;
  std::string version;
  std::string protocols;
};

/// How it is refused, if it is.
struct Refusal {
  Error error;
  bool says_version = false;  ///< By 426, with the version that is spoken here.
};
std::optional<Refusal> refuse(const Knock& knock);

/// The whole answer to a knock that is not refused. From behind it on, frames are spoken.
std::string welcome(const Knock& knock);

/// What proves that a key was read: RFC 6455, 4.2.2.
std::string accept_of(std::string_view key);

}  // namespace holdfast::server::live
