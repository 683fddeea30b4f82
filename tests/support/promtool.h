// Prometheus's own opinion of what we show it.
#pragma once

#include <string>

#include "tests/support/process.h"

namespace holdfast::support {

/// `promtool WORDS`, as a shell reads them. From PATH, or where tools/setup puts it.
inline Process promtool(const std::string& words) {
  return Process({"sh", "-c", "PATH=\"$PATH:build/tools\"; exec promtool " + words});
}

}  // namespace holdfast::support
