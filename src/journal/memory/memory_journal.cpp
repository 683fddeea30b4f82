#include "journal/memory/memory_journal.h"

#include "base/check.h"

namespace holdfast::journal {

Result<Opened> MemoryJournal::open(const Replay&) {
  return Opened{};
}

Result<void> MemoryJournal::append(core::Position first, std::span<const core::Effect> batch) {
  if (batch.empty()) return {};
  HF_CHECK(first.value == last_.value + 1);
  last_.value += batch.size();
  batches_.fetch_add(1, std::memory_order_relaxed);
  effects_.fetch_add(batch.size(), std::memory_order_relaxed);
  return {};
}

Result<void> MemoryJournal::close() {
  return {};
}

Counters MemoryJournal::counters() const {
  return Counters{.batches = batches_.load(std::memory_order_relaxed),
                  .effects = effects_.load(std::memory_order_relaxed)};
}

std::string MemoryJournal::describe() const {
  return "memory journal: nothing survives a restart";
}

}  // namespace holdfast::journal
