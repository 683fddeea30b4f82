#include "journal/file/folder.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "core/state.h"
#include "journal/file/layout.h"

namespace holdfast::journal::file {

namespace {

constexpr std::chrono::seconds pause_at_first{1};
constexpr std::chrono::seconds pause_at_most{60};  // Each attempt reads all that is closed.
constexpr int background_niceness = 10;            // Of the folding thread alone: on Linux niceness is a thread's.

/// Brings `state` from where the snapshot ends to where the closed segments end.
Result<void> replay_closed(const Directory& directory, const StoreId& store, core::Position last,
                           std::span<const Segment> closed, const Replay& replay, const std::stop_token& stop) {
  std::string bytes;
  for (const Segment& segment : closed) {
    if (stop.stop_requested()) return fail(ErrorCode::stopping);
    const std::string name = segment_name(segment.sequence);
    const std::string where = directory.where(name);
    HF_TRY(file, directory.open_to_read(name));
    HF_TRY_VOID(read_all(file, bytes, where));
    HF_TRY(header, decode_header(bytes, where));
    if (header != FileHeader{FileKind::segment, store, segment.sequence, 0})
      return damaged(where, 0, "another header than before");
    HF_TRY(walked, walk_segment(bytes, header, last, where, Sink{.replay = replay, .frame = {}}));
    if (!walked.clean || walked.end != segment.end || walked.last != segment.last) {
      return damaged(where, walked.end, fmt::format("its frames went up to {} when they were written", segment.end));
    }
    last = walked.last;
  }
  return {};
}

}  // namespace

Result<Snapshot> fold(const Directory& directory, const StoreId& store, const std::optional<Snapshot>& old,
                      std::span<const Segment> closed, const core::Limits& limits, const std::stop_token& stop) {
  core::State state(limits);
  const Replay replay = [&](const core::Effect& effect, core::Position position) {
    if (!stop.stop_requested()) state.apply(effect, position, core::Now{});
  };
  core::Position last;
  if (old) {
    HF_TRY(read, read_snapshot(directory, store, old->position, Sink{.replay = replay, .frame = {}}));
    last = read.position;
  }
  HF_TRY_VOID(replay_closed(directory, store, last, closed, replay, stop));
  if (stop.stop_requested()) return fail(ErrorCode::stopping);

  HF_TRY(writer, SnapshotWriter::begin(directory, store, closed.back().last, closed.back().sequence + 1));
  Result<void> written;
  state.keep([&](const core::Effect& effect) {
    if (written && stop.stop_requested()) written = fail(ErrorCode::stopping);
    if (written) written = writer.add(effect);
  });
  if (!written) return std::unexpected(written.error());
  return writer.finish();
}

Folder::Folder(const Directory& directory, const StoreId& store, std::optional<Snapshot> snapshot,
               std::vector<Segment> closed, Options options, Counts& counts)
    : directory_(directory),
      store_(store),
      options_(std::move(options)),
      counts_(counts),
      snapshot_(snapshot),
      closed_(std::move(closed)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Folder::~Folder() = default;  // The thread is asked to stop, and waited for.

void Folder::closed(const Segment& segment) {
  const std::lock_guard lock(mutex_);
  closed_.push_back(segment);
  failed_ = false;
  changed_.notify_all();
}

void Folder::make_room() {
  const std::lock_guard lock(mutex_);
  if (closed_.empty() || (failed_ && std::chrono::steady_clock::now() < not_before_)) return;
  room_wanted_ = true;
  failed_ = false;
  changed_.notify_all();
}

void Folder::settle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !busy_ && !due(); });
}

/// Work is worth doing when there is as much to fold as there was to keep: so each byte is rewritten a few times at
/// most.
bool Folder::due() const {
  std::uint64_t bytes = 0;
  for (const Segment& segment : closed_) bytes += segment.end;
  const bool enough = room_wanted_ || bytes >= std::max(options_.fold_after_bytes, snapshot_ ? snapshot_->bytes : 0);
  return !failed_ && !closed_.empty() && enough;
}

void Folder::tell(const std::string& text) const {
  if (options_.note) options_.note(text);
}

void Folder::run(const std::stop_token& stop) {
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), background_niceness);
  std::unique_lock lock(mutex_);
  // A wait that is stopped still says whether there is work: without the second question it would go round for ever.
  while (changed_.wait(lock, stop, [&] { return due(); }) && !stop.stop_requested()) {
    busy_ = true;
    const auto old = snapshot_;
    const auto segments = closed_;
    lock.unlock();
    if (options_.before_fold) options_.before_fold(segments.back().last, stop);
    const auto made = fold(directory_, store_, old, segments, options_.limits, stop);
    if (made) {
      Result<void> removed = old ? directory_.remove(snapshot_name(old->position.value)) : Result<void>{};
      for (const Segment& segment : segments) {
        if (removed) removed = directory_.remove(segment_name(segment.sequence));
      }
      if (!removed) tell("could not remove what was folded: " + removed.error().text());
      tell(fmt::format("folded {} segments into a snapshot of {} bytes, up to position {}", segments.size(),
                       made->bytes, made->position.value));
    } else {
      (void)directory_.remove(unfinished(snapshot_name(segments.back().last.value)));
      if (made.error().code != ErrorCode::stopping) tell("folding failed, nothing is lost: " + made.error().where);
    }
    lock.lock();
    busy_ = false;
    room_wanted_ = false;
    if (made) {
      pause_ = {};
      snapshot_ = *made;
      closed_.erase(closed_.begin(), closed_.begin() + static_cast<std::ptrdiff_t>(segments.size()));
      ++counts_.snapshots;
    } else if (made.error().code != ErrorCode::stopping) {
      failed_ = closed_.size() == segments.size();  // Another segment closed in the meantime: one more attempt.
      ++counts_.failures;
      pause_ = std::clamp<std::chrono::steady_clock::duration>(2 * pause_, pause_at_first, pause_at_most);
      not_before_ = std::chrono::steady_clock::now() + pause_;
    }
    changed_.notify_all();
  }
}

}  // namespace holdfast::journal::file
