// A world as a scenario: the text of tests/scenarios/.
#pragma once

#include <string>

#include "simulate/world.h"

namespace holdfast::simulate {

/// What reached the server and what it answered, line by line. What the format cannot express is said in comments, as
/// is what is wrong: the answers are those that were given, so a sound server gives others from there on.
std::string scenario_of(const Plan& plan, const Outcome& outcome);

}  // namespace holdfast::simulate
