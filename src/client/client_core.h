// What the copies of a Client share, and the forms that its parts have in common.
#pragma once

#include <holdfast/client.h>

#include <boost/json/object.hpp>
#include <string>

#include "client/calls.h"
#include "client/servers.h"

namespace holdfast::client {

class Core {
 public:
  Core(std::vector<Url> urls, std::string whose, std::chrono::nanoseconds time)
      : servers(std::move(urls)), owner(std::move(whose)), timeout(time) {}

  Servers servers;
  const std::string owner;
  const std::chrono::nanoseconds timeout;
};

}  // namespace holdfast::client

namespace holdfast {

// From the forms of the wire to those of the public headers.
Lease lease_of(client::Holding holding);
Problem problem_of(client::Problem problem, bool cancelled = false);
/// Of a call that nothing was sent for: `field` is at fault.
Problem bad_field(const std::string& field, const std::string& why);

/// A point of the belief's clock.
inline BootTime::time_point point_of(Duration since_start) {
  return BootTime::time_point(since_start);
}

}  // namespace holdfast
