// Events as people read them.
#pragma once

#include <holdfast/watch.h>

#include <string>

#include "base/time.h"

namespace holdfast::cli {

/// "14:02:11  deploy/web  granted to alice (session s1) for 30 s", without a line break. Of a gap, that there is one;
/// of a begin, nothing.
std::string line_of(const Event& event, WallTime now);

}  // namespace holdfast::cli
