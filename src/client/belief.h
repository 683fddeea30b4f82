// Until when a client may believe that it holds a name.
//
// Kept here: belief ends no later than the server's lease does, whatever was lost on the way (semantics.md, "Belief"):
//   K1  it counts from before the request was sent, never from when the answer came;
//   K2  it is lowered before a shorter ttl is asked for;
//   K3  a loss once reported is final: no later answer raises it again.
// Times are those of one clock that goes on while the machine sleeps (boot_clock.h).
#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"

namespace holdfast::client {

class Belief {
 public:
  /// A lease held until released or taken over has no end.
  static constexpr Duration forever = Duration::max();

  /// The server granted or renewed for `ttl` (none: no end). `sent` is before the request left, `received` after its
  /// answer came; `waited` is the time in the queue, as the server counted it.
  ///
  /// `waited` is only what this request waited: whoever asked more than once passes zero. A wait longer than the
  /// request took cannot be its own and counts for nothing; a millisecond is taken off, because the wire rounds up
  /// (K1).
  void granted(Duration sent, Duration received, Duration waited, std::optional<Duration> ttl) {
    if (lost_) return;
    waited -= std::chrono::milliseconds(1);
    if (waited < Duration::zero() || waited > received - sent) waited = Duration::zero();
    const Duration until = ttl ? sent + waited + *ttl : forever;
    until_ = std::max(until_, until);
  }

  /// About to ask for `ttl` (none: no end).
  void asking(Duration now, std::optional<Duration> ttl) {
    if (ttl && until_ != none) until_ = std::min(until_, now + *ttl);
  }

  /// The server said that the holding is over, or it was released.
  void lost() {
    lost_ = true;
    until_ = none;
  }

  bool holds(Duration now) const { return !lost_ && now < until_; }
  bool is_lost() const { return lost_; }
  /// The first moment at which it must not be believed any more; the least Duration where it never was or is lost.
  Duration until() const { return until_; }

 private:
  static constexpr Duration none = Duration::min();
  Duration until_ = none;
  bool lost_ = false;
};

}  // namespace holdfast::client
