// Holdfast's engine as something to verify: in this process, on any journal, without a door.
#pragma once

#include <memory>

#include "cli/settings.h"
#include "verify/target.h"

namespace holdfast::cli {

/// `settings` say which journal, and which faults are injected; they have been checked. `about` is what it is called in
/// the recording.
///
/// Errors: those of Journal::open.
Result<std::unique_ptr<verify::Target>> make_engine_target(const Settings& settings, std::string about);

}  // namespace holdfast::cli
