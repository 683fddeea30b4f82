// Events as people read them.
#pragma once

#include <string>

#include "base/time.h"
#include "client/watch.h"

namespace holdfast::cli {

/// "14:02:11  deploy/web  granted to alice (session s1) for 30 s", without a line break. Of a gap, that there is one.
std::string line_of(const client::Event& event, WallTime now);

}  // namespace holdfast::cli
