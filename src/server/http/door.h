// The HTTP door: connections, each a loop that reads like the protocol, on a few I/O threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "server/event_streams.h"
#include "server/service.h"

namespace holdfast::server::live {
class LiveThread;
}

namespace holdfast::server::console {
class Files;
}

namespace holdfast::server::http {

/// What the door listens on and accepts. Every bound has an error that names it.
struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7420;         ///< 0: any free one; `port()` tells.
  std::vector<std::string> names{};  ///< Further names of this server that a Host header may give.
  int io_threads = 1;
  std::size_t connections_max = 10'000;
  std::size_t body_bytes_max = 1 << 20;
  std::size_t header_bytes_max = 64 << 10;
  std::size_t target_bytes_max = 8 << 10;
  std::chrono::seconds header_time{10};  ///< From a request's first byte to its last header's.
  std::chrono::seconds body_time{60};
  std::chrono::seconds idle_time{75};  ///< Between requests.
};

/// Serves the catalogue, /livez, /readyz, /metrics, /v1/openapi.json, and the console.
class Door {
 public:
  /// `service`, and `streams` and `live`, where those who watch and live sockets go, and the console's `files` must
  /// outlive the door. Threads start with `open`; until then `files` may change.
  Door(Service& service, EventStreams& streams, live::LiveThread& live, const console::Files& files, Options options);
  ~Door();

  /// Binds and listens. After this `port` is known and requests are answered. Error: bad_configuration.
  Result<void> open();
  std::uint16_t port() const;

  /// Takes no more connections and no more requests on those that are open.
  void stop_taking();
  /// Waits until the answers under way are written, at most `patience`, and closes every connection.
  void close(std::chrono::milliseconds patience);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::server::http
