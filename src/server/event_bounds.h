// What watchers may cost.
#pragma once

#include <chrono>
#include <cstddef>

namespace holdfast::server {

struct EventBounds {
  std::size_t watchers_max = 2'000;
  std::size_t pending_bytes_max = 64 << 10;       ///< Of one watcher: written, and not with the kernel yet.
  std::size_t kernel_bytes = 64 << 10;            ///< Of one watcher: how much the kernel is asked to hold.
  std::chrono::milliseconds sign_of_life{9'000};  ///< Where there is nothing to tell; up to a second late.
  std::chrono::milliseconds stall{30'000};        ///< How long a peer may take nothing of what is there for it.
};

}  // namespace holdfast::server
