// Were those who waited served in order?
//
// Nobody outside sees a queue. But who is granted after waiting is told how long it waited, so by its return less that
// time it certainly was in the queue. A client that asked only after that moment, and was granted before it, overtook
// it. That is sound whatever else happened, and it is all that is judged: of two that came at about the same time
// either may be first. What may go before the queue does not count: takeovers, moves, transfers, those who hold
// already, and sessions of an owner that may share.
#pragma once

#include "verify/chain.h"

namespace holdfast::verify {

struct Ordered {
  std::vector<Flaw> flaws;
  std::size_t violations = 0;
  std::size_t waits = 0;  ///< Grants after a wait.
};

/// `operations`: those of one name, in order of their calls.
Ordered ordered(const recording::Recording& recording, std::span<const Position> operations);

}  // namespace holdfast::verify
