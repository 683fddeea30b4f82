// Holdings from the effects of one name. A pure function.
#pragma once

#include <vector>

#include "history/entry.h"
#include "history/holding.h"

namespace holdfast::history {

/// The holdings that `entries` tell of, oldest first. The entries are those of one name, in the order of their
/// positions; what came before them, and between them, may be missing.
///
/// A holding whose beginning is missing has no `since`. One that was followed by another without having ended has an
/// `until` that it cannot have outlived, and no `because`.
std::vector<Holding> assemble(const std::vector<Entry>& entries);

/// Marks what seems open and is followed by a gap: it may be over. Behind a gap nobody knows the holding before.
void doubt(std::vector<Holding>& holdings, const std::vector<Gap>& gaps);

}  // namespace holdfast::history
