// Whether a call that failed may be tried again, and when. Pure.
//
// Kept here: what may have happened is tried again only where twice is as good as once (L12).
#pragma once

#include <chrono>
#include <cstdint>

#include "client/calls.h"

namespace holdfast::client {

enum class Next : std::uint8_t {
  answer,     ///< This is the answer.
  here,       ///< Again, after a pause.
  elsewhere,  ///< Again, at the next address at once; after a pause where all have been tried.
};

/// `repeatable`: carrying the call out twice is as good as once.
Next next_after(const Problem& problem, bool repeatable);

/// Pauses that double, each with a random half, so that those who failed together do not come back together.
class Backoff {
 public:
  /// `chance`: 0 to 1. Never less than what the server asked for in `retry_after`.
  Duration pause(const Problem& problem, double chance);

  static constexpr Duration first = std::chrono::milliseconds(50);
  static constexpr Duration most = std::chrono::seconds(2);

 private:
  Duration step_ = first;
};

}  // namespace holdfast::client
