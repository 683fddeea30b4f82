// Calls for several names at once: whether the orders of events of the single names fit together.
//
// A set is taken or given back whole, so its call has one place in the order of events of each of its names. Each name
// has its order (its chain), and time has one: what returned before another was called comes first. Where the union of
// these goes round in a circle, no one order fits all names, though each name by itself may look right.
//
// Only necessary: of names whose order is not forced nothing is said, and refusals are judged name by name.
#pragma once

#include "verify/chain.h"

namespace holdfast::verify {

struct SetsJudged {
  std::vector<Flaw> flaws;
  recording::Index name = 0;  ///< One of those that the flaw is about.
  std::size_t sets = 0;       ///< Calls for more than one name.
};

/// `operations`: of each name, in order of their calls.
SetsJudged judge_sets(const recording::Recording& recording, const std::vector<std::vector<Position>>& operations);

}  // namespace holdfast::verify
