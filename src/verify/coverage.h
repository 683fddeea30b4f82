// What a recording met: what was asked and answered, and how often clients met one another.
#pragma once

#include "verify/chain.h"

namespace holdfast::verify {

/// Adds what can be counted of one name without judging it. `operations`: those of that name, in order of their calls.
void count(const recording::Recording& recording, std::span<const Position> operations, Coverage& coverage);

/// Clients that asked anything.
std::size_t clients_in(const recording::Recording& recording);

}  // namespace holdfast::verify
