// Keeping a lease: when to renew it, and when whatever it protects must stop.
//
// A pure state machine: it reads no clock and sends nothing. Whoever drives it tells it what happened and when, and
// asks what is due. Times are those of the belief's clock (belief.h).
//
// Kept here: what is protected is told to stop `grace` before belief ends, and is stopped `margin` before it ends.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "client/belief.h"
#include "client/lease.h"

namespace holdfast::client {

class Keeper {
 public:
  /// How things stand.
  enum class Stand {
    holds,   ///< Go on.
    ending,  ///< Tell what is protected to stop. Final.
    over,    ///< Stop it now. Final.
  };

  /// `grace` is at most half of `ttl`.
  Keeper(Belief belief, Duration ttl, Duration grace, Duration now);

  /// How things stand at `now`. Never goes back.
  Stand stand(Duration now);

  /// Whether to send a renewal now. Never while one is in flight, nor after `holds`.
  bool renewal_due(Duration now);
  void renewal_sent(Duration now);
  void renewal_answered(const Answer<Holding>& answer, Duration now);
  /// Something is known to happen then: the next renewal is due at `when` already.
  void ask_by(Duration when) { renew_at_ = std::min(renew_at_, when); }
  /// It is known to change hands at `when`, whatever is renewed: a takeover is ahead. Belief::forever: no more.
  void changes_hands_at(Duration when) { changes_hands_at_ = when; }
  /// How long to wait for the answer of a renewal: there is time for several before the end.
  Duration patience() const { return patience_; }

  /// When to ask again what is due, if nothing happens before.
  Duration next(Duration now);

  /// When the stand becomes `over`, as things are.
  Duration stop_at() const;
  const Belief& belief() const { return belief_; }
  /// Why it ends: the server said so, or the last failed renewal. None while all is well.
  const std::optional<Problem>& trouble() const { return trouble_; }

  /// How long before the end of belief the stand becomes `over`, for leases of `ttl`.
  static Duration margin_for(Duration ttl);

 private:
  void end_at(Duration when);
  Duration tell_at() const { return std::min(belief_.until(), changes_hands_at_) - grace_; }

  Belief belief_;
  const Duration ttl_;
  const Duration grace_;
  const Duration margin_;
  const Duration patience_;
  Duration last_until_;  ///< Of the belief before it was lost.
  Duration changes_hands_at_ = Belief::forever;
  Duration renew_at_;
  Duration pause_;                ///< Until the next try, after a failure.
  std::optional<Duration> sent_;  ///< The renewal in flight.
  std::optional<Duration> told_;  ///< When it began to end.
  std::optional<Problem> trouble_;
};

}  // namespace holdfast::client
