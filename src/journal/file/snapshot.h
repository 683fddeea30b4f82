// Snapshots: all that was known at one position, as effects that rebuild it.
//
// A snapshot is a header and frames of up to 1 MiB, whose `first` counts effects from 0, and an end frame without
// effects whose `first` is their number. One without its end never was complete.
#pragma once

#include <optional>

#include "journal/file/disk.h"
#include "journal/file/walk.h"

namespace holdfast::journal::file {

/// A snapshot that is there.
struct Snapshot {
  core::Position position;         ///< It goes up to here.
  std::uint64_t next_segment = 0;  ///< The segment that goes on from it.
  std::uint64_t bytes = 0;
};

/// Writes a snapshot. Until `finish` it has another name and is worth nothing.
class SnapshotWriter {
 public:
  /// `directory` must outlive it.
  static Result<SnapshotWriter> begin(const Directory& directory, const StoreId& store, core::Position position,
                                      std::uint64_t next_segment);
  Result<void> add(const core::Effect& effect);
  /// Makes it durable under its name. Where it fails, it may be there or not; an older state still is.
  Result<Snapshot> finish();

 private:
  SnapshotWriter(const Directory& directory, const FileHeader& header);
  Result<void> flush();

  const Directory* directory_;
  FileHeader header_;
  Seal seal_;
  std::string name_;
  Fd file_;
  std::string frame_;
  std::uint32_t in_frame_ = 0;
  std::uint64_t effects_ = 0;  ///< In frames already written.
  std::uint64_t offset_ = header_bytes;
  std::uint64_t synced_ = 0;
};

/// Reads the snapshot at `position` whole and hands its effects to `sink`, all with that position.
///
/// With an empty sink it only checks. Errors: journal_damaged, journal_too_new, journal_io.
Result<Snapshot> read_snapshot(const Directory& directory, const StoreId& store, core::Position position,
                               const Sink& sink);

}  // namespace holdfast::journal::file
