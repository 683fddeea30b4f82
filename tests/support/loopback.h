// Connections to servers on this machine.
#pragma once

#include <cstdint>

namespace holdfast::support {

/// Throws std::runtime_error: what the system says of the call `what`, that has just failed.
[[noreturn]] void system_failed(const char* what);

/// A TCP connection to 127.0.0.1, which the caller closes. Throws std::runtime_error.
int connect_to_loopback(std::uint16_t port);

}  // namespace holdfast::support
