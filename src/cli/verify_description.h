// The description of somebody else's lock, read from a file.
#pragma once

#include <string>

#include "verify/http_lock.h"

namespace holdfast::cli {

/// Reads the TOML file at `path`. Error: bad_description, which names file, line and key; an unknown key is one.
Result<verify::HttpLock> read_description(const std::string& path);

}  // namespace holdfast::cli
