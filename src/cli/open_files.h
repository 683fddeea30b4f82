// The limit on open files: each connection is one.
#pragma once

#include <cstddef>

namespace holdfast::cli {

/// Raises this process's limit to all that the system lets it have, and says how many that is.
std::size_t raise_open_files();

}  // namespace holdfast::cli
