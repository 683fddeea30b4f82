#include "cli/journals.h"

#if HOLDFAST_INJECTIONS
#include "engine/faulty/faulty_journal.h"
#endif
#include "journal/file/file_journal.h"
#include "journal/memory/memory_journal.h"

namespace holdfast::cli {
namespace {

std::unique_ptr<journal::Journal> sound_journal(const Settings& settings, std::function<void(const std::string&)> note,
                                                history::Store* history) {
  const std::optional<std::string> directory = settings.directory();
  if (!directory) return std::make_unique<journal::MemoryJournal>();
  core::Limits limits;
  limits.remembered_max = settings.remembered_max;
  limits.sessions_max = settings.sessions_max;
  limits.buffers_max = settings.buffers_max;
  journal::file::BeforeFold before_fold;
  if (history) {
    before_fold = [history](core::Position up_to, const std::stop_token& stop) { history->reach_disk(up_to, stop); };
  }
  return std::make_unique<journal::FileJournal>(
      journal::FileJournalOptions{.directory = *directory,
                                  .segment_bytes = settings.segment_bytes,
                                  .fold_after_bytes = settings.fold_after_bytes,
                                  .limits = limits,
                                  .note = std::move(note),
                                  .before_fold = std::move(before_fold)});
}

}  // namespace

std::unique_ptr<journal::Journal> make_journal(const Settings& settings, std::function<void(const std::string&)> note,
                                               history::Store* history) {
  std::unique_ptr<journal::Journal> journal = sound_journal(settings, std::move(note), history);
#if HOLDFAST_INJECTIONS
  std::vector<engine::Injection> injections;
  for (const std::string& text : settings.inject) injections.push_back(*engine::Injection::parse(text));
  journal = engine::with_faults(injections, std::move(journal));
#endif
  return journal;
}

std::unique_ptr<history::Store> make_history(const Settings& settings, Clock& clock,
                                             std::function<void(const std::string&)> note) {
  if (!settings.history) return nullptr;
  history::Options options;
  if (const auto directory = settings.directory()) options.folder = std::filesystem::path{*directory} / "history";
  options.bounds.holdings_max = settings.history_holdings_max;
  options.keep_for = std::chrono::hours(24 * static_cast<std::int64_t>(settings.history_days));
  options.bytes_max = settings.history_bytes_max;
  options.memory_bytes_max = settings.history_bytes_max / 16;
  options.note = std::move(note);
  return std::make_unique<history::Store>(std::move(options), clock);
}

std::vector<std::string> journal_kinds() {
  return {"file", "memory"};
}

}  // namespace holdfast::cli
