// How many certainly held at one time: of locks that more than one may hold.
//
// From the return of a grant until its lease may lapse or its release was called, a holding certainly was. More of
// these at one moment than the lock allows are a violation, whatever else happened; this is exact as far as holdings
// go. What refusals say is for the search.
#pragma once

#include "verify/chain.h"

namespace holdfast::verify {

struct Depth {
  std::vector<Flaw> flaws;
  std::size_t violations = 0;
};

Depth deepest(const recording::Recording& recording, std::span<const Position> operations);

}  // namespace holdfast::verify
