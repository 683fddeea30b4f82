#include "journal/file/file_journal.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <cerrno>

#include "base/check.h"
#include "journal/codec.h"
#include "journal/file/folder.h"
#include "journal/file/layout.h"
#include "journal/file/preparer.h"
#include "journal/file/recover.h"

namespace holdfast::journal {

using namespace file;

namespace {

constexpr std::size_t frame_kept_bytes = std::size_t{8} << 20;  // A buffer longer than this is given back.

Result<StoreId> random_store() {
  StoreId store{};
  if (::getrandom(store.data(), store.size(), 0) != static_cast<ssize_t>(store.size())) {
    return fail(ErrorCode::journal_io, system_words("getrandom", errno));
  }
  return store;
}

}  // namespace

FileJournal::FileJournal(FileJournalOptions options) : options_(std::move(options)) {}

FileJournal::~FileJournal() = default;

Result<Opened> FileJournal::open(const Replay& replay) {
  HF_CHECK(stage_ == Stage::created);
  stage_ = Stage::failed;
  failure_ = "it was not opened";
  HF_TRY(directory, Directory::open(options_.directory, Use::alone));
  directory_ = std::move(directory);
  HF_TRY(found, recover(directory_, Sink{.replay = replay, .frame = {}}));

  // Everything has been read and fits together. From here on the disk is written to.
  if (Result<void> started = start(found); !started) {
    if (started.error().code != ErrorCode::disk_full) return std::unexpected(started.error());
    return fail(ErrorCode::journal_io, started.error().where + "; make room, then start again");
  }
  Opened opened{.last = last_, .notes = std::move(found.notes)};
  HF_TRY_VOID(remove_leftovers(found, opened.notes));

  std::vector<Segment> closed;
  if (!found.fresh) closed.assign(found.segments.begin(), found.segments.end() - 1);
  const Note note = options_.note ? options_.note : [](const std::string&) {};
  folder_ = std::make_unique<Folder>(
      directory_, store_, found.snapshot, std::move(closed),
      Folder::Options{options_.fold_after_bytes, options_.limits, note, options_.before_fold}, folded_);
  preparer_ = std::make_unique<Preparer>(directory_, store_, std::max(options_.segment_bytes, header_bytes),
                                         std::set(found.prepared.begin(), found.prepared.end()), note,
                                         [this] { folder_->make_room(); });
  preparer_->want(sequence_ + 1);
  stage_ = Stage::open;
  return opened;
}

/// Writes what was read of the last segment into a new file, and goes on in that.
///
/// What a start reads may be in the page cache only: the write before a failed sync looks as if it had succeeded.
Result<void> FileJournal::start(Recovered& found) {
  last_ = found.last;
  sequence_ = found.fresh ? 1 : found.segments.back().sequence;
  if (found.fresh) {
    HF_TRY(store, random_store());
    store_ = store;
  } else {
    store_ = found.store;
  }
  seal_ = Seal(FileHeader{FileKind::segment, store_, sequence_, 0});

  std::string frames = found.fresh ? std::string{} : found.tail.substr(header_bytes);
  found.tail = {};
  const core::Position before = found.snapshot ? found.snapshot->position : core::Position{};
  if (last_ > before && !found.tail_marked) {
    // All of this will be durable: say so, and a frame that rots from now on is damage and no torn tail.
    begin_frame(frame_);
    finish_frame(frame_, {.first = last_.value + 1, .durable = last_.value}, seal_, header_bytes + frames.size());
    frames += frame_;
    frame_.clear();
  }
  end_ = header_bytes + frames.size();
  capacity_ = end_ + std::min(options_.start_bytes, options_.segment_bytes);
  auto segment = make_segment(directory_, store_, sequence_, frames, capacity_);
  if (segment) {
    segment_ = *std::move(segment);
  } else if (segment.error().code == ErrorCode::disk_full && !found.fresh) {
    HF_TRY_VOID(directory_.remove(unfinished(segment_name(sequence_))));
    HF_TRY(rewritten, rewrite_segment(directory_, store_, sequence_, frames));
    segment_ = std::move(rewritten.file);
    capacity_ = rewritten.bytes;
  } else {
    return std::unexpected(segment.error());
  }
  count_rest();
  return {};
}

Result<void> FileJournal::remove_leftovers(const Recovered& found, std::vector<std::string>& notes) {
  for (const std::string& name : found.leftovers) {
    HF_TRY_VOID(directory_.remove(name));
    notes.push_back(fmt::format("removed {}, which is no longer part of the journal", directory_.where(name)));
  }
  return found.leftovers.empty() ? Result<void>{} : directory_.sync();
}

Result<void> FileJournal::append(core::Position first, std::span<const core::Effect> batch) {
  if (batch.empty()) return {};
  if (stage_ == Stage::failed) return fail(ErrorCode::journal_io, "the journal has failed before: " + failure_);
  HF_CHECK(stage_ == Stage::open);
  HF_CHECK(first.value == last_.value + 1);

  frame_.clear();
  begin_frame(frame_);
  for (const core::Effect& effect : batch) encode(effect, frame_);
  if (frame_.size() - frame_header_bytes > payload_bytes_max) {
    return broken(Error{ErrorCode::journal_io, fmt::format("a batch of {} bytes is too long", frame_.size())});
  }
  const FrameHeader header{
      .count = static_cast<std::uint32_t>(batch.size()), .first = first.value, .durable = last_.value};
  if (auto written = write_frame(header); !written) return broken(written.error());
  last_.value += batch.size();
  marked_ = false;
  batches_.fetch_add(1, std::memory_order_relaxed);
  effects_.fetch_add(batch.size(), std::memory_order_relaxed);
  if (frame_.capacity() > frame_kept_bytes) frame_ = {};
  return {};
}

/// Completes the frame in `frame_` and makes it durable: one write and one fdatasync.
Result<void> FileJournal::write_frame(const FrameHeader& header) {
  // A frame longer than a whole segment goes into an empty one, and makes that longer.
  const bool fits = end_ + aligned(frame_.size()) + frame_header_bytes <= capacity_;  // With a mark behind it.
  if (!fits && end_ > header_bytes && header.count > 0) HF_TRY_VOID(next_segment());
  finish_frame(frame_, header, seal_, end_);
  const std::string where = directory_.where(segment_name(sequence_));
  HF_TRY_VOID(write_at(segment_, frame_, end_, where));
  HF_TRY_VOID(sync_data(segment_, where));
  end_ += frame_.size();
  count_rest();
  bytes_.fetch_add(frame_.size(), std::memory_order_relaxed);
  syncs_.fetch_add(1, std::memory_order_relaxed);
  return {};
}

Result<void> FileJournal::next_segment() {
  HF_TRY(ready, preparer_->take());
  folder_->closed(Segment{sequence_, end_, last_});
  ++sequence_;
  segment_ = std::move(ready.file);
  end_ = header_bytes;
  capacity_ = ready.bytes;
  seal_ = Seal(FileHeader{FileKind::segment, store_, sequence_, 0});
  preparer_->want(sequence_ + 1);
  return {};
}

void FileJournal::count_rest() {
  const std::uint64_t used = end_ + frame_header_bytes;  // A mark must always fit.
  rest_.store(capacity_ > used ? capacity_ - used : 0, std::memory_order_relaxed);
}

Room FileJournal::room() const {
  if (!preparer_) return {};
  const std::uint64_t next = preparer_->ready_bytes();
  const std::uint64_t in_next = next > header_bytes + frame_header_bytes ? next - header_bytes - frame_header_bytes : 0;
  // What fits into one of the two fits, however it is cut: batches go into this segment while they fit, then all of
  // them into the next.
  return Room{.bytes = std::max(rest_.load(std::memory_order_relaxed), in_next),
              .full = preparer_->full(),
              .aside = options_.segment_bytes / 2};
}

Result<void> FileJournal::broken(const Error& error) {
  stage_ = Stage::failed;
  failure_ = error.where;
  return std::unexpected(Error{ErrorCode::journal_io, error.where});
}

Result<void> FileJournal::close() {
  if (stage_ == Stage::closed) return {};
  if (stage_ == Stage::failed) return fail(ErrorCode::journal_io, "the journal has failed before: " + failure_);
  HF_CHECK(stage_ == Stage::open);
  preparer_.reset();
  folder_.reset();  // Given up, if it is at work: the next start finds the segments as they are.
  if (!marked_) {
    frame_.clear();
    begin_frame(frame_);
    if (auto written = write_frame({.first = last_.value + 1, .durable = last_.value}); !written)
      return broken(written.error());
  }
  stage_ = Stage::closed;
  return {};
}

Counters FileJournal::counters() const {
  return Counters{.batches = batches_.load(std::memory_order_relaxed),
                  .effects = effects_.load(std::memory_order_relaxed),
                  .bytes = bytes_.load(std::memory_order_relaxed),
                  .syncs = syncs_.load(std::memory_order_relaxed),
                  .snapshots = folded_.snapshots.load(std::memory_order_relaxed),
                  .snapshot_failures = folded_.failures.load(std::memory_order_relaxed)};
}

std::string FileJournal::describe() const {
  return fmt::format("file journal in {}", options_.directory.string());
}

void FileJournal::settle() {
  if (preparer_) preparer_->settle();
  if (folder_) folder_->settle();
}

}  // namespace holdfast::journal
