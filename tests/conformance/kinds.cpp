#include "tests/conformance/kinds.h"

#include "journal/file/file_journal.h"
#include "journal/memory/keeping_journal.h"
#include "tests/support/process.h"

namespace holdfast::conformance {
namespace {

Place on_a_shelf() {
  auto shelf = std::make_shared<journal::Shelf>();
  return [shelf] { return std::make_unique<journal::KeepingJournal>(shelf); };
}

/// Segments so small that a test passes through many, and through folding.
Place in_a_directory() {
  auto scratch = std::make_shared<support::ScratchDirectory>();
  return [scratch] {
    return std::make_unique<journal::FileJournal>(journal::FileJournalOptions{.directory = scratch->path() / "data",
                                                                              .segment_bytes = 32 << 10,
                                                                              .start_bytes = 8 << 10,
                                                                              .fold_after_bytes = 128 << 10});
  };
}

}  // namespace

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"keeping", false, on_a_shelf},
      {"file", true, in_a_directory},
  };
  return all;
}

}  // namespace holdfast::conformance
