// A word to systemd, or whoever speaks its protocol: that the server serves, and that it stops.
#pragma once

#include <string_view>

namespace holdfast::cli {

/// Sends `state` ("READY=1", "STOPPING=1") to the datagram socket that NOTIFY_SOCKET names. Does nothing where there is
/// none, and nothing more where it cannot be reached: a server must not fail because nobody listens.
void tell_service_manager(std::string_view state);

}  // namespace holdfast::cli
