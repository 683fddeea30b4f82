// The part of a recording that is drawn: which clients, from when to when.
#pragma once

#include <cstddef>
#include <vector>

#include "recording/recording.h"
#include "verify/judgement.h"

namespace holdfast::verify {

struct Picture {
  /// One client, and what it did with the name in the window.
  struct Lane {
    recording::Index client = recording::nobody;
    std::vector<std::size_t> operations;  ///< Into Recording::operations, in order.
    std::vector<Ownership> owned;         ///< When it believed that it owns the name.
  };
  recording::Index name = 0;
  recording::Nanos from = 0;
  recording::Nanos until = 0;        ///< Later than `from`.
  std::vector<Lane> lanes;           ///< Of a witness: its clients first.
  std::vector<std::size_t> faults;   ///< Into Recording::faults: of these clients, or of the server.
  std::vector<Ownership> marked;     ///< Those that cannot both be.
  std::vector<std::size_t> witness;  ///< Operations that the violation consists of.
  std::size_t left_out = 0;          ///< Operations in the window that there was no room for.
};

/// The window around `witness`.
Picture picture_of(const recording::Recording& recording, const Witness& witness);

/// What a run without a violation looked like: the first stretch in which several clients wanted one name. Its lanes
/// are empty where there was none.
Picture sample_of(const recording::Recording& recording);

}  // namespace holdfast::verify
