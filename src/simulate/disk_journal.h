// The journal of a simulated server: frames on a Disk, one synced batch at a time.
#pragma once

#include <optional>

#include "journal/journal.h"
#include "simulate/disk.h"
#include "simulate/frames.h"

namespace holdfast::simulate {

/// What the world does to the disk, and how much was met.
struct DiskState {
  Disk disk;
  bool next_sync_fails = false;
  bool dying = false;        ///< The next append is the last one: it is written, and the process ends before its sync.
  std::uint64_t chance = 0;  ///< For what is left of what was not synced.
  bool full = false;
  std::uint64_t room = 0;         ///< While it is full.
  std::uint64_t torn_frames = 0;  ///< Found by a start.
};

class DiskJournal final : public journal::Journal {
 public:
  DiskJournal(DiskState& state, const Frames& frames) : state_(state), frames_(frames) {}

  Result<journal::Opened> open(const journal::Replay& replay) override;
  Result<void> append(core::Position first, std::span<const core::Effect> batch) override;
  journal::Room room() const override;
  Result<void> close() override { return {}; }
  journal::Counters counters() const override { return counters_; }
  std::string describe() const override { return "simulated disk"; }

 private:
  DiskState& state_;
  const Frames& frames_;
  core::Position last_;
  journal::Counters counters_;
  bool failed_ = false;
};

}  // namespace holdfast::simulate
