// The server that `simulate` runs: the real engine on the file journal's own bytes, sound or with faults injected.
#pragma once

#include <string>
#include <vector>

#include "simulate/server.h"

namespace holdfast::cli {

/// Errors: bad_configuration, for what `injections` cannot name.
Result<simulate::Machine> make_machine(const std::vector<std::string>& injections);

}  // namespace holdfast::cli
