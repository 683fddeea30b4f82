#include "cli/journals.h"

#include "journal/file/file_journal.h"
#include "journal/memory/memory_journal.h"

namespace holdfast::cli {

std::unique_ptr<journal::Journal> make_journal(const Settings& settings, std::function<void(const std::string&)> note) {
  const std::optional<std::string> directory = settings.directory();
  if (!directory) return std::make_unique<journal::MemoryJournal>();
  core::Limits limits;
  limits.remembered_max = settings.remembered_max;
  limits.sessions_max = settings.sessions_max;
  limits.buffers_max = settings.buffers_max;
  return std::make_unique<journal::FileJournal>(
      journal::FileJournalOptions{.directory = *directory,
                                  .segment_bytes = settings.segment_bytes,
                                  .fold_after_bytes = settings.fold_after_bytes,
                                  .limits = limits,
                                  .note = std::move(note)});
}

std::vector<std::string> journal_kinds() {
  return {"file", "memory"};
}

}  // namespace holdfast::cli
