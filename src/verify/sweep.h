// Whether the answers about one name fit one order of events, decided by one pass over them in time.
//
// Each stretch of the chain has four slots, one after the other: it begins (A), is held (H), ends (E), and the name is
// free (F). Each operation may stand in some of them: a grant in the A of its stretch, a renewal in H, a release in E,
// "free" in any F, "held under 7" in the H of 7, and so on. An order of events exists if and only if slots can be given
// so that whatever returned before another was called has no later slot than it. Each set of slots has a least element
// from any point on, so the least solution is found by going through time once: M is the greatest slot of all that has
// returned, and each operation gets its least slot that is not before M at its call. Where there is none, no order
// explains what was seen.
//
// Two kinds of moments are no operations: a stretch cannot begin before its grant was asked for, and it cannot end
// before its lease may lapse or its release was asked for. Both only bound M: it may not have gone past the slot before
// that time.
//
// What is exact: grants, renewals, releases, refusals and queries of a lock with tokens, or without while no lease ends
// before its grant has arrived; leases, renewed late or not; takeovers, moves, transfers, revocations. "Exact" means
// that a violation is reported if and only if no order exists. What is only necessary (a violation is one, but some may
// be missed): which session of several that share a holding left it first; calls of unknown outcome, which are taken to
// have happened or not as each answer needs it, one answer at a time. What cannot be trusted is marked: Chain::forced.
#pragma once

#include "verify/chain.h"

namespace holdfast::verify {

struct Swept {
  std::vector<Flaw> flaws;  ///< At most a few with their operations; `violations` counts all.
  std::size_t violations = 0;
  bool forced = true;  ///< Whether flaws are violations: if not, another order may explain what was seen.
};

/// Whether answers may be explained by holdings that nobody saw: those of calls of unknown outcome.
enum class Unseen : bool { were_not, may_have_been };

/// Sweeps `operations`, those of one name in order of their calls. `chain` is theirs and is used up.
Swept sweep(const recording::Recording& recording, std::span<const Position> operations, Chain chain, Unseen unseen);

}  // namespace holdfast::verify
