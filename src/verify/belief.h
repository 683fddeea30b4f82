// Did two clients ever believe at once that they own a name?
//
// A client believes from the moment its grant reaches it until its lease may be over by its own clock (call + time
// waited + ttl, moved on by each renewal that was answered), or it asks to release, or it is told that it has lost the
// name: whichever comes first. It is judged across everything that happened in between, the ends of leases and releases
// included.
//
// One that is displaced (by a takeover, a move, a transfer, a revocation) cannot know before it hears of it. Such
// overlaps are no violation; they are counted, with the longest. Sessions of one owner may share.
#pragma once

#include "verify/chain.h"

namespace holdfast::verify {

struct Believed {
  std::vector<Flaw> flaws;
  std::size_t violations = 0;
  std::size_t displaced_overlaps = 0;
  recording::Nanos longest_displaced = 0;
};

/// `operations`: those of one name, in order of their calls; `losses`: all of that name, in order of time.
Believed believed(const recording::Recording& recording, std::span<const Position> operations,
                  std::span<const recording::Loss* const> losses);

}  // namespace holdfast::verify
