// The address of a server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace holdfast::client {

inline constexpr std::uint16_t default_port = 7420;

struct Url {
  std::string host;  ///< A name or an address; an IPv6 one without brackets.
  std::uint16_t port = default_port;

  /// http://host:port, as it may be given to parse_url again.
  std::string text() const;
  /// host:port for the Host header.
  std::string authority() const;
  bool operator==(const Url&) const = default;
};

/// Reads `http://host:port`, also without the scheme. `http://host` is port 80 as everywhere; `host` is ours, 7420.
/// A path other than `/`, a query and a user are refused, so that nothing is ignored in silence.
///
/// Errors: bad_configuration.
Result<Url> parse_url(std::string_view text);

/// Reads several of them, with commas between.
///
/// Errors: bad_configuration, also where there is none.
Result<std::vector<Url>> parse_urls(std::string_view text);

}  // namespace holdfast::client
