#include "simulate/disk_journal.h"

#include "base/check.h"

namespace holdfast::simulate {

Result<journal::Opened> DiskJournal::open(const journal::Replay& replay) {
  Disk& disk = state_.disk;
  if (disk.file().empty()) disk.replace(frames_.empty_file());
  HF_TRY(found, frames_.read(disk.file(), replay));
  if (found.torn) ++state_.torn_frames;
  last_ = found.last;
  // What was read may be in the page cache only: a start writes it anew before it relies on it.
  disk.replace(disk.file().substr(0, found.end));
  return journal::Opened{.last = last_, .notes = {}};
}

Result<void> DiskJournal::append(core::Position first, std::span<const core::Effect> batch) {
  if (batch.empty()) return {};
  if (failed_) return fail(ErrorCode::journal_io, "an append has failed before");
  HF_CHECK(first.value == last_.value + 1);
  Disk& disk = state_.disk;
  disk.confirm();  // The directory is synced before anything is appended.
  const std::string frame = frames_.frame(disk.file().size(), first, last_, batch);
  disk.write(frame);
  if (state_.dying || state_.next_sync_fails) {
    failed_ = true;
    Random random(state_.chance);
    if (state_.next_sync_fails) disk.fail_sync(random);
    state_.next_sync_fails = false;
    return fail(ErrorCode::journal_io, "ordered by the world");
  }
  disk.sync();
  if (state_.full) state_.room -= std::min<std::uint64_t>(state_.room, frame.size());
  last_ = {first.value + batch.size() - 1};
  ++counters_.batches;
  counters_.effects += batch.size();
  counters_.bytes += frame.size();
  return {};
}

journal::Room DiskJournal::room() const {
  if (!state_.full) return {};
  return {.bytes = state_.room, .full = true, .aside = state_.room + 1};  // Nothing of it is for beginnings.
}

}  // namespace holdfast::simulate
