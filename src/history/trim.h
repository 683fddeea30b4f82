// How much of one name is kept. A pure function.
#pragma once

#include <vector>

#include "history/entry.h"

namespace holdfast::history {

struct Bounds {
  std::size_t holdings_max = 100;          ///< Of one name.
  std::size_t name_bytes_max = 256 << 10;  ///< Of one name; its newest holding is kept whatever it takes.
  std::size_t steps_first = 8;             ///< Of a holding's effects between beginning and end, the first
  std::size_t steps_last = 24;             ///< and the last (at least one) are kept; those between are counted.
};

/// What becomes of holdings that ended long ago.
struct Expiry {
  WallTime before = WallTime::min();  ///< Those that ended before this are dropped.
};

/// Drops what `entries` (of one name, in order) have too much: the oldest holdings first, always whole ones.
///
/// Only where `entries` hold all that is kept of older times may an expiry be given: else the end of a holding could go
/// and its beginning stay elsewhere.
void trim(std::vector<Entry>& entries, const Bounds& bounds, const Expiry& expiry = {});

/// The earliest end of a holding in `entries`, for which an expiry may come; WallTime::max() if none has ended.
WallTime earliest_end(const std::vector<Entry>& entries);

}  // namespace holdfast::history
