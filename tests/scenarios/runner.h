// Runs a table against a subject: exactly as it stands, or with a crash between two of its lines.
#pragma once

#include <string>
#include <vector>

#include "tests/scenarios/table.h"

namespace holdfast::scenarios {

/// Runs `table` as it stands. What did not come as the table says, and what the observer holds against the answers.
std::vector<std::string> run(const Table& table, const MakeSubject& make);

/// Places in `table` where a crash and a restart can be put: before line 0, 1, ... and at the end.
std::size_t crash_places(const Table& table);

/// Runs the lines before `place` as they stand, then crashes and restarts, then goes on.
///
/// What must hold right after the crash:
///   - a name that was held is held by the same sessions' owner, under the same token, with note, since, previous and
///     buffer number, for no less than it was held for, and no shorter than the ttl of the session shown;
///   - a free name that was remembered is free under the same token, for the same reason; what was not known is not
///   known;
///   - nobody waits; and no question from before is ever answered;
///   - a new holding anywhere has a greater token than every one that was ever shown.
/// Then whoever waited asks again, in the old order, and the rest of the table is asked without its expectations,
/// because leases end later now. What it is answered is left to the observer: every answer given before stays true.
std::vector<std::string> run_with_crash(const Table& table, const MakeSubject& make, std::size_t place);

}  // namespace holdfast::scenarios
