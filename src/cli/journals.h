// The only place that knows which journals there are.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "cli/settings.h"
#include "history/store.h"
#include "journal/journal.h"

namespace holdfast::cli {

/// The journal that `settings` name, not opened yet. `note` hears of what happens in the background, from any thread.
/// `history`, if there is one, has what the journal folds before it is folded; it outlives the journal.
std::unique_ptr<journal::Journal> make_journal(const Settings& settings, std::function<void(const std::string&)> note,
                                               history::Store* history = nullptr);

/// The history that `settings` ask for; null: none.
std::unique_ptr<history::Store> make_history(const Settings& settings, Clock& clock,
                                             std::function<void(const std::string&)> note);

/// The words that `journal = ` may begin with.
std::vector<std::string> journal_kinds();

}  // namespace holdfast::cli
