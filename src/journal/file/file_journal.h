// The journal in a directory of files: one machine, every batch durable with one fdatasync.
#pragma once

#include <atomic>
#include <memory>

#include "journal/file/disk.h"
#include "journal/file/folder.h"
#include "journal/file/format.h"
#include "journal/journal.h"

namespace holdfast::journal {

namespace file {
class Preparer;
}  // namespace file

struct FileJournalOptions {
  std::filesystem::path directory;
  /// Zeros written ahead; when they are used up, the next segment begins. A batch that is longer makes a longer
  /// segment.
  std::size_t segment_bytes = std::size_t{32} << 20;
  /// Zeros behind what a start has found, so that it need not write a whole segment before it can serve.
  std::size_t start_bytes = std::size_t{1} << 20;
  /// Closed segments are folded into a snapshot when they are longer than this and than the last snapshot.
  std::size_t fold_after_bytes = std::size_t{128} << 20;
  /// The limits of the state that the engine builds from this journal: folding must remember what it does.
  core::Limits limits = {};
  /// For the log: what happened in the background. Called from any thread.
  file::Note note = {};
  /// Before folding throws single effects away.
  file::BeforeFold before_fold = {};
};

/// Keeps effects in append-only segments, and in a snapshot of what closed segments came to.
///
/// The directory is locked from `open` to destruction. Two threads of its own write zeros ahead and fold; neither makes
/// `append` wait, unless segments fill faster than zeros can be written. What is on disk: docs/journal-format.md.
class FileJournal final : public Journal {
 public:
  explicit FileJournal(FileJournalOptions options);
  /// Without `close` before, this is what a crash leaves behind.
  ~FileJournal() override;

  Result<Opened> open(const Replay& replay) override;
  /// After the first failure every later call fails at once; no fsync is tried twice.
  Result<void> append(core::Position first, std::span<const core::Effect> batch) override;
  Result<void> close() override;
  Counters counters() const override;
  /// Half a segment of it is kept aside when the disk is full.
  Room room() const override;
  std::string describe() const override;

  /// Waits until the next segment is prepared and nothing is left to fold. For tests and benchmarks.
  void settle();

 private:
  Result<void> start(file::Recovered& found);
  Result<void> remove_leftovers(const file::Recovered& found, std::vector<std::string>& notes);
  Result<void> write_frame(const file::FrameHeader& header);
  Result<void> next_segment();
  void count_rest();
  Result<void> broken(const Error& error);

  const FileJournalOptions options_;
  file::Directory directory_;
  file::StoreId store_{};
  file::Folder::Counts folded_;
  std::unique_ptr<file::Folder> folder_;
  std::unique_ptr<file::Preparer> preparer_;  ///< After the folder, which it asks to make room.

  // The segment that is written to.
  Fd segment_;
  std::uint64_t sequence_ = 0;
  std::uint64_t end_ = 0;               ///< Offset of the next frame.
  std::uint64_t capacity_ = 0;          ///< How far the zeros go.
  std::atomic<std::uint64_t> rest_{0};  ///< Of the zeros, for frames with effects.
  file::Seal seal_{file::FileHeader{}};
  core::Position last_;  ///< Of the newest durable effect.
  bool marked_ = true;   ///< The newest frame is a mark, or there is none that needs one.

  enum class Stage : std::uint8_t { created, open, failed, closed } stage_ = Stage::created;
  std::string failure_;  ///< Why it failed.
  std::string frame_;    ///< Kept to be used again.
  std::atomic<std::uint64_t> batches_{0}, effects_{0}, bytes_{0}, syncs_{0};
};

}  // namespace holdfast::journal
