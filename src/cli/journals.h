// The only place that knows which journals there are.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/settings.h"
#include "journal/journal.h"

namespace holdfast::cli {

/// The journal that `settings` name, not opened yet. `note` hears of what happens in the background, from any thread.
std::unique_ptr<journal::Journal> make_journal(const Settings& settings, std::function<void(const std::string&)> note);

/// The words that `journal = ` may begin with.
std::vector<std::string> journal_kinds();

}  // namespace holdfast::cli
