// Whether the answers about one name fit one order of events in which it was never held by more than may hold it.
//
// Locks with one holder are swept; where the sweep cannot tell, and for shared locks and permits, there is the bounded
// search. Of these first what needs no search: more certain holdings at one time than there may be.
#pragma once

#include "verify/chain.h"

namespace holdfast::verify {

struct Linearized {
  Answer answer = Answer::holds;
  std::vector<Flaw> flaws;
  std::size_t violations = 0;
  std::string because;     ///< Of `undecided`; of `holds` what was given the benefit of the doubt.
  std::size_t lapses = 0;  ///< Holdings that ended by themselves, and somebody else's followed.
};

/// `operations`: those of one name, in order of their calls.
Linearized linearized(const recording::Recording& recording, std::span<const Position> operations,
                      std::size_t states_max);

}  // namespace holdfast::verify
