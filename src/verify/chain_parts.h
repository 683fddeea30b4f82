// What both ways to put a chain together share.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "verify/chain.h"

namespace holdfast::verify {

/// Whether it asks to hold.
inline bool grants(recording::What what) {
  using recording::What;
  return what == What::acquire || what == What::takeover || what == What::move || what == What::transfer;
}

/// Who holds after the grant.
inline recording::Index holder_after(const recording::Operation& operation) {
  return operation.what == recording::What::transfer ? operation.holder : operation.client;
}

/// When a holding that is renewed may lapse at the earliest, of a lock where a renewal must find it held.
///
/// Whichever renewal came last decides. Those that had not returned when the last one was called may have come after
/// it, with their own ttl: the shortest of these counts.
class LapseBound {
 public:
  void renewed(const recording::Lock& lock, const recording::Operation& operation) {
    const recording::Nanos from = operation.called + operation.waited;
    const recording::Nanos lapse = earliest_lapse(lock, operation);
    const recording::Nanos ttl = lapse == recording::never ? recording::never : lapse - from;
    // A first grant was before any renewal, but perhaps after another grant.
    const bool grant = grants(operation.what);
    const recording::Nanos open_until = grant ? std::max(returned_, granted_) : returned_;
    ttl_ = open_until >= from ? std::min(ttl_, ttl) : ttl;
    (latest_ == always && grant ? granted_ : returned_) =
        std::max(latest_ == always && grant ? granted_ : returned_, operation.returned);
    latest_ = std::max(latest_, from);
  }
  /// `shortest`: the ttl of calls that nobody knows to have been done.
  recording::Nanos at(recording::Nanos shortest = recording::never) const {
    const recording::Nanos ttl = std::min(ttl_, shortest);
    return ttl == recording::never ? recording::never : latest_ + ttl;
  }

 private:
  recording::Nanos latest_ = always;
  recording::Nanos ttl_ = recording::never;
  recording::Nanos returned_ = always;
  recording::Nanos granted_ = always;
};

/// The first call of each client whose outcome is unknown and that may have been granted, in order of clients.
std::vector<std::pair<recording::Index, recording::Nanos>> maybe_granted(const recording::Recording& recording,
                                                                         std::span<const Position> operations);

/// Whoever asks again after an unknown outcome may find that it was granted at its first request: when that was.
recording::Nanos asked_before(const Chain& chain, recording::Index session);

/// With each of its operations once, in order.
Flaw flaw_of(std::vector<Position> operations, std::string text);

Chain chain_by_token(const recording::Recording& recording, std::span<const Position> operations);
Chain chain_by_time(const recording::Recording& recording, std::span<const Position> operations);

}  // namespace holdfast::verify
