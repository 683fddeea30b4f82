// The flags that `serve` and `config` share.
#pragma once

#include <optional>

#include "cli/options.h"
#include "cli/settings.h"

namespace holdfast::cli {

/// Reads the command line and the file it names. None: `settings` is checked and in force. Else the exit status;
/// what is wrong has been said.
std::optional<int> read_settings(Options& options, const Words& words, Settings& settings);

}  // namespace holdfast::cli
