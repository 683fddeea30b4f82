// Who asks, where nobody said.
#pragma once

#include <string>

namespace holdfast::client {

/// user@host of this process.
std::string default_owner();

/// A session no other process has: user-host-pid-random.
std::string fresh_session();

}  // namespace holdfast::client
