// What a live socket may cost, and how long it is waited for. docs/live.md says all of it.
#pragma once

#include <chrono>
#include <cstddef>

namespace holdfast::server::live {

struct Options {
  std::size_t message_bytes_max = 1'114'112;  ///< 1 MiB of changes, and what stands around them.
  std::size_t follows_max = 256;              ///< Names that a socket follows.
  std::size_t waits_max = 64;                 ///< Requests of a socket that wait for somebody else.
  std::size_t pipeline_max = 1'024;           ///< Requests of a socket that are being decided at once,
  std::size_t heavy_max = 4;                  ///< and those whose answers may be long.
  std::size_t tight_bytes = 64 << 10;         ///< Pushed and not taken: from here on what may be left out is,
  std::size_t pushed_bytes_max = 1 << 20;     ///< and from here on everything.
  std::size_t output_bytes_max = 1 << 20;     ///< Unread answers, beyond which nothing more is taken from a socket.
  std::size_t kernel_bytes = 64 << 10;        ///< How much the kernel is asked to hold for a socket.
  std::chrono::milliseconds ping{10'000};
  int pings_unanswered_max = 3;
  std::chrono::milliseconds hello_time{10'000};
  std::chrono::milliseconds unread_for_max{60'000};  ///< So long nothing of what is there was taken: it ends.
  std::chrono::milliseconds grace{30'000};  ///< In which a session may come back, where its leases' ttl is longer.
};

}  // namespace holdfast::server::live
