// The word behind `holdfast verify`: what it means, and how it is reached. The only place that knows which targets
// there are.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verify/target.h"

namespace holdfast::cli {

/// The lock that `word` names: http://HOST:PORT, `server`, engine:JOURNAL, or a description of somebody else's.
/// `inject`: faults that are put back, where that can be done from here. None (null): a recording, which is only
/// judged.
///
/// Errors: bad_configuration (wrong usage), bad_description, unreachable, process_failed and those of a journal.
Result<std::unique_ptr<verify::Target>> open_target(const std::string& word, const std::vector<std::string>& inject);

}  // namespace holdfast::cli
