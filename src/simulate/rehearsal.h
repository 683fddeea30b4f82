// A story once more, line by line: what was done to the server is done to another one, and nothing else.
//
// No client thinks and no network delays here, so a line can be left out and all others stay as they are.
#pragma once

#include "simulate/world.h"

namespace holdfast::simulate {

/// What is done to a server, in order of time.
struct Script {
  std::vector<Moment> lines;  ///< None of them an answer.
  Nanos end = 0;              ///< So long it runs.
};

/// What was done in `outcome`, which has a story.
Script script_of(const Outcome& outcome);

/// Does it again. A token that somebody named is the one that the same answer shows now; where that answer is missing,
/// so is the line. The recording has what was asked and answered at the server's end.
Outcome rehearse(const Script& script, const Plan& plan, const Machine& machine);

}  // namespace holdfast::simulate
