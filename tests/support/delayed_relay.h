// A slow network on one machine: every byte arrives later than it was sent, and none overtakes another.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

namespace holdfast::support {

/// Listens on a free port of loopback and passes each connection on to `server_port`, in both directions `delay` later.
/// Runs until it is destroyed.
class DelayedRelay {
 public:
  DelayedRelay(std::uint16_t server_port, std::chrono::milliseconds delay);
  ~DelayedRelay();
  std::uint16_t port() const { return port_; }

 private:
  void relay(std::uint16_t server_port, std::chrono::milliseconds delay) const;

  int listening_ = -1;
  int stop_[2] = {-1, -1};  ///< A pipe; closing its writing end ends the thread.
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace holdfast::support
