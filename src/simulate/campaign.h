// Many worlds, one after the other, until enough time has passed in them or one of them shows a lock that is none.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "simulate/world.h"
#include "verify/judgement.h"

namespace holdfast::simulate {

/// Judges what the clients of a world saw; may be empty.
using Judge = std::function<verify::Judgement(const recording::Recording&)>;
/// By what the verifier makes of it. In a world of faults many outcomes stay unknown, and not every world is crowded.
verify::Judgement judged(const recording::Recording& recording);

struct Wanted {
  std::uint64_t seed = 1;    ///< Of the first world; each further one has the next.
  std::uint64_t worlds = 1;  ///< At least so many.
  Nanos simulated = 0;       ///< And at least so long, in all of them together.
  Judge judge;
  /// Called before each world, with its seed. May be empty, as the next.
  std::function<void(std::uint64_t)> about_to;
  /// Called after each world. True: that is enough.
  std::function<bool(const Covered&)> progress;
};

/// A world that shows what must not be.
struct Failure {
  Plan plan;
  Outcome outcome;
  std::optional<verify::Judgement> judgement;
  std::string kind;  ///< Of the first violation; else the question that the clients' view answers with `violated`.
};

struct Report {
  Covered covered;
  std::uint64_t run_twice = 0;  ///< Worlds that were run a second time, to see that nothing else decides than the seed.
  std::uint64_t undecided = 0, inconclusive = 0;  ///< Worlds, as judged by what their clients saw.
  std::optional<std::uint64_t> differs;           ///< The seed of a world that was another one the second time.
  std::optional<Failure> failure;
  recording::Recording last;  ///< Of the last world.

  verify::Verdict verdict() const;
};

/// What is wrong with `outcome`, as one word; empty: nothing.
std::string wrong_with(const Outcome& outcome, const Judge& judge);

Report run(const Wanted& wanted, const Machine& machine);

}  // namespace holdfast::simulate
