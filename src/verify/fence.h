// Would the tokens have kept a late writer from what is guarded?
//
// Of the tokens alone: no two holdings have the same, and one that was granted after another was told has a greater
// one. Of the counter that the verifier brings along, guarded by them: it accepted no write under a token older than
// one it had accepted before, and no two writes were based on the same value, for then the first was lost.
#pragma once

#include "verify/chain.h"

namespace holdfast::verify {

struct Fenced {
  std::vector<Flaw> tokens;  ///< Not unique, or not rising.
  std::vector<Flaw> lost_updates;
  std::vector<Flaw> late_writes;  ///< Accepted under an old token.
  std::size_t writes = 0;         ///< That were accepted.
  std::size_t refused = 0;        ///< As too late.
};

/// `operations`: those of one name, in order of their calls.
Fenced fenced(const recording::Recording& recording, std::span<const Position> operations);

}  // namespace holdfast::verify
