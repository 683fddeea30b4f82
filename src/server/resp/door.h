// The door for clients of Redis: their protocol, and of their commands those that locks are made with.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "server/event_streams.h"
#include "server/resp/reader.h"
#include "server/service.h"

namespace holdfast::server::resp {

/// What the door listens on and accepts.
struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7421;  ///< 0: any free one; `port()` tells.
  int io_threads = 1;
  CommandBounds command{};
  std::size_t pipeline_max = 4'096;         ///< Commands of one connection that are being decided at once.
  std::size_t output_bytes_max = 1 << 20;   ///< Unread answers, beyond which nothing more is taken from a connection.
  std::chrono::seconds unread_for_max{60};  ///< So long nothing was read of them: the connection ends.
  std::chrono::seconds first_command_time{10};
};

/// Connections beyond the service's limit are told so and closed.
class Door {
 public:
  /// `service` and `streams`, where those who watch go, must outlive the door. Threads start with `open`.
  Door(Service& service, EventStreams& streams, Options options);
  ~Door();

  /// Binds and listens. Error: bad_configuration.
  Result<void> open();
  std::uint16_t port() const;

  /// Takes no more connections and no more commands on those that are open.
  void stop_taking();
  /// Waits until the answers under way are written, at most `patience`, and closes every connection.
  void close(std::chrono::milliseconds patience);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::server::resp
