// The journal that keeps nothing: for tests, and for leases that need not survive a restart.
#pragma once

#include <atomic>

#include "journal/journal.h"

namespace holdfast::journal {

/// Counts batches and forgets them. Nothing survives a restart, and `describe` says so.
class MemoryJournal final : public Journal {
 public:
  Result<Opened> open(const Replay& replay) override;
  Result<void> append(core::Position first, std::span<const core::Effect> batch) override;
  Result<void> close() override;
  Counters counters() const override;
  std::string describe() const override;

 private:
  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> effects_{0};
  core::Position last_{};
};

}  // namespace holdfast::journal
