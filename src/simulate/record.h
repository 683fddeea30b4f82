// Between the simulation's words, core's and a recording's.
#pragma once

#include <vector>

#include "core/replies.h"
#include "simulate/call.h"
#include "simulate/cast.h"
#include "simulate/observer.h"

namespace holdfast::simulate {

core::Command command_of(const Call& call, const Cast& cast);
Told told_of(const core::Reply& reply, const Cast& cast);

/// Writes down what clients saw.
class Record {
 public:
  Record(const Cast& cast, const Plan& plan, recording::Recording& into);

  /// The operation of `call`, whose outcome is not known yet.
  std::size_t called(const Call& call);
  void returned(const Call& call, Nanos now);
  void lost(const Displaced& one, Nanos now);
  void fault(const PlannedFault& fault);
  /// When all is over. Whoever asks for a shorter ttl relies on no more than that from then on, whatever comes of it;
  /// so what it was promised before is written down as what it could rely on.
  void settle();

 private:
  recording::Recording& into_;
  std::vector<Nanos> asked_;  ///< By operation: the ttl that was asked for; 0: none, `never`: one without an end.
};

}  // namespace holdfast::simulate
