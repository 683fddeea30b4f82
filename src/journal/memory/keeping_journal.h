// A journal in memory that outlives the server in it: for tests that crash and restart in one process.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "journal/journal.h"

namespace holdfast::journal {

/// What stands for the disk: give the same one to the next KeepingJournal, and that is a restart.
///
/// Not thread-safe: look at it only while no journal appends.
struct Shelf {
  std::vector<core::Effect> effects;      ///< Position 1 first.
  bool in_use = false;                    ///< A journal is open on it.
  std::optional<std::size_t> fail_after;  ///< Set: so many more appends work, and none after them.
  bool keep_failed = false;               ///< The append that fails is kept all the same: that is `maybe_done`.
};

/// Keeps effects on a Shelf. What was appended is "durable" at once.
class KeepingJournal final : public Journal {
 public:
  explicit KeepingJournal(std::shared_ptr<Shelf> shelf) : shelf_(std::move(shelf)) {}
  ~KeepingJournal() override;

  /// Errors: journal_held while another journal is open on the shelf.
  Result<Opened> open(const Replay& replay) override;
  /// Errors: journal_io as `Shelf::fail_after` orders it, and for ever after.
  Result<void> append(core::Position first, std::span<const core::Effect> batch) override;
  Result<void> close() override;
  Counters counters() const override;
  std::string describe() const override;

 private:
  std::shared_ptr<Shelf> shelf_;
  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> effects_{0};
  bool open_ = false;
  bool failed_ = false;
};

}  // namespace holdfast::journal
