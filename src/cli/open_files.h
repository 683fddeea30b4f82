// The limit on open files: each connection is one.
#pragma once

#include <cstdint>

namespace holdfast::cli {

/// Raises this process's limit to all that the system lets it have, and says how many that is; the greatest number
/// where there is no limit.
std::uint64_t raise_open_files();

}  // namespace holdfast::cli
