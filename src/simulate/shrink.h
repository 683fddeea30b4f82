// Makes a world that goes wrong smaller, as long as the same goes wrong in it.
#pragma once

#include <functional>
#include <string>

#include "simulate/world.h"

namespace holdfast::simulate {

struct Shrunk {
  Plan plan;        ///< With fewer clients and faults, and shorter.
  Outcome outcome;  ///< What goes wrong, with its story: of a rehearsal, where that shows it too.
  bool rehearsed = false;
  std::uint64_t runs = 0;
};

/// What is wrong with an outcome, as one word; empty: nothing.
using WrongWith = std::function<std::string(const Outcome&)>;

/// First with fewer clients and faults, then by rehearsing fewer lines of its story, with less time between them; at
/// most `runs_max` runs. Each step is kept only if `wrong_with` still says `kind`.
///
/// Method: delta debugging (Zeller, Hildebrandt: "Simplifying and Isolating Failure-Inducing Input", 2002).
Shrunk shrink(const Plan& plan, const Machine& machine, const WrongWith& wrong_with, const std::string& kind,
              std::uint64_t runs_max = 3'000);

}  // namespace holdfast::simulate
