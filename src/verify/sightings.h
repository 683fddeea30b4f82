// Did watchers see every change once, in order, or were they told of the gap?
//
// Of each watcher: positions rise; no holding begins twice, and tokens of a name rise; and of the holdings that clients
// were told of, each whose token lies between two that the watcher saw begin, was seen by it, too. What began before
// the first or after the last of what it saw says nothing: it may have come later, or gone earlier. A gap that it was
// told of excuses what lies in it.
#pragma once

#include "verify/chain.h"

namespace holdfast::verify {

struct Watched {
  struct Miss {
    recording::Index name = 0;
    Flaw flaw;
  };
  std::vector<Miss> misses;
  std::size_t violations = 0;
};

/// Of all names and watchers. `tokens`: whether the lock gives any; without, only positions can be judged.
Watched watched(const recording::Recording& recording);

}  // namespace holdfast::verify
