// A journal that was closed while folding was due never came to its end: the folding thread was told to stop, was told
// as well that there was work, and began again for ever. A server hung in that moment instead of stopping.
//
// Found by tests/conformance, which opens and closes journals more often than servers do.
#include <gtest/gtest.h>

#include "journal/file/file_journal.h"
#include "journal/samples_for_tests.h"
#include "tests/support/process.h"

namespace holdfast::journal {
namespace {

TEST(FoundClosingWhileFoldingIsDue, comes_to_an_end) {
  const support::ScratchDirectory scratch;
  FileJournalOptions options{.directory = scratch.path() / "data", .segment_bytes = 4 << 10, .start_bytes = 4 << 10};
  {
    FileJournal journal(options);
    ASSERT_TRUE(journal.open([](const auto&, auto) {}).has_value());
    for (std::uint64_t number = 1; number <= 200; ++number) {
      ASSERT_TRUE(journal.append({number}, grants(number, 1)).has_value());
    }
  }
  options.fold_after_bytes = 1;  // From the first moment on there is something to fold.
  for (int round = 0; round < 20; ++round) {
    FileJournal journal(options);
    ASSERT_TRUE(journal.open([](const auto&, auto) {}).has_value());
    if (round % 2 == 0) {
      ASSERT_TRUE(journal.close().has_value());
    }
  }
}

}  // namespace
}  // namespace holdfast::journal
