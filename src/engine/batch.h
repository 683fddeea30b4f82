// Effects on their way to the journal.
#pragma once

#include <vector>

#include "core/effects.h"
#include "core/types.h"

namespace holdfast::engine {

/// Effects that are made durable together, in one frame.
struct Batch {
  core::Position first;
  std::vector<core::Effect> effects;
  core::Position last() const { return {first.value + effects.size() - 1}; }
};

}  // namespace holdfast::engine
