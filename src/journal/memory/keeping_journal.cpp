#include "journal/memory/keeping_journal.h"

#include "base/check.h"

namespace holdfast::journal {

KeepingJournal::~KeepingJournal() {
  if (open_) shelf_->in_use = false;
}

Result<Opened> KeepingJournal::open(const Replay& replay) {
  if (shelf_->in_use) return fail(ErrorCode::journal_held, "the shelf is in use");
  shelf_->in_use = open_ = true;
  core::Position position;
  for (const core::Effect& effect : shelf_->effects) {
    ++position.value;
    replay(effect, position);
  }
  return Opened{.last = position, .notes = {}};
}

Result<void> KeepingJournal::append(core::Position first, std::span<const core::Effect> batch) {
  if (batch.empty()) return {};
  HF_CHECK(open_);
  if (failed_) return fail(ErrorCode::journal_io, "an append has failed before");
  HF_CHECK(first.value == shelf_->effects.size() + 1);
  failed_ = shelf_->fail_after && *shelf_->fail_after == 0;
  if (!failed_ || shelf_->keep_failed) shelf_->effects.insert(shelf_->effects.end(), batch.begin(), batch.end());
  if (failed_) return fail(ErrorCode::journal_io, "ordered by the test");
  if (shelf_->fail_after) --*shelf_->fail_after;
  batches_.fetch_add(1, std::memory_order_relaxed);
  effects_.fetch_add(batch.size(), std::memory_order_relaxed);
  return {};
}

Result<void> KeepingJournal::close() {
  if (open_) shelf_->in_use = open_ = false;
  if (failed_) return fail(ErrorCode::journal_io, "an append has failed before");
  return {};
}

Counters KeepingJournal::counters() const {
  return Counters{.batches = batches_.load(std::memory_order_relaxed),
                  .effects = effects_.load(std::memory_order_relaxed)};
}

std::string KeepingJournal::describe() const {
  return "keeping journal: survives as long as the test holds its shelf";
}

}  // namespace holdfast::journal
