// Between the words of a table and those of core.
#pragma once

#include "core/commands.h"
#include "core/replies.h"
#include "tests/scenarios/subject.h"

namespace holdfast::scenarios {

/// Of a list, without the names to look at.
core::Command to_command(const Ask& ask);
/// `wall_began`: the wall clock when the run began.
Told to_told(const core::Reply& reply, const Ask& ask, WallTime wall_began);

}  // namespace holdfast::scenarios
