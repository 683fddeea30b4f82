// Where effects are kept.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "core/effects.h"
#include "core/types.h"

namespace holdfast::journal {

using Replay = std::function<void(const core::Effect& effect, core::Position position)>;

/// What a start found.
struct Opened {
  core::Position last;             ///< Of the newest durable effect; 0 for an empty journal.
  std::vector<std::string> notes;  ///< For the log: what was cut off, how much was read.
};

/// Counted since the journal was opened. Read through `counters()`, from any thread.
struct Counters {
  std::uint64_t batches = 0;
  std::uint64_t effects = 0;
  std::uint64_t bytes = 0;
  std::uint64_t syncs = 0;      ///< fdatasync calls of appends.
  std::uint64_t snapshots = 0;  ///< Foldings of closed segments.
  std::uint64_t snapshot_failures = 0;
};

/// What will fit, known before anything is decided.
struct Room {
  /// Of frames that will fit for certain, however they are cut into batches.
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
  /// More is wanted and cannot be had: `bytes` is all there is until somebody makes room.
  bool full = false;
  /// While it is full: how much of `bytes` is for the ends of what is owned, not for beginnings.
  std::uint64_t aside = 0;
};

/// Bytes of a frame besides its effects, at most.
inline constexpr std::size_t frame_bytes_max = 40;

/// Keeps effects, in the order in which they were decided.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Hands every durable effect to `replay`, oldest first, and makes ready to append. Called once, before anything
  /// else.
  ///
  /// Effects of a snapshot come with the snapshot's position. Where it returns an error, nothing on disk was changed.
  /// Errors: journal_held (another process writes it), journal_damaged (names the file and offset), journal_too_new,
  /// journal_unsafe, journal_io.
  virtual Result<Opened> open(const Replay& replay) = 0;

  /// Appends `batch`, whose first effect has the position `first`, and returns when it would outlive a power cut.
  ///
  /// Positions follow one another without gaps. One caller at a time, any thread. An empty batch does nothing. Where
  /// there is no room it waits until there is: a full disk is slow, not broken.
  /// Errors: all of them mean maybe_done; the caller must stop and let a restart find out.
  virtual Result<void> append(core::Position first, std::span<const core::Effect> batch) = 0;

  /// What will fit. From any thread, at any time; costs nothing.
  virtual Room room() const { return {}; }

  /// Says in the journal that everything appended was durable, and closes it. Nothing may follow but destruction.
  virtual Result<void> close() = 0;

  virtual Counters counters() const = 0;

  /// For people: "file journal in ./holdfast-data". One line.
  virtual std::string describe() const = 0;
};

}  // namespace holdfast::journal
