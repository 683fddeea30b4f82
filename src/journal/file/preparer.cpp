#include "journal/file/preparer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "journal/file/layout.h"

namespace holdfast::journal::file {

namespace {
constexpr std::uint64_t piece_bytes = std::uint64_t{1}
                                      << 20;  // Synced piece by piece: appends wait behind one at most.
constexpr auto try_again_after = std::chrono::seconds(1);
}  // namespace

Result<Fd> make_segment(const Directory& directory, const StoreId& store, std::uint64_t sequence,
                        std::string_view frames, std::uint64_t bytes, const std::function<bool()>& give_up) {
  const std::string name = segment_name(sequence);
  const std::string where = directory.where(unfinished(name));
  HF_TRY(file, directory.create(unfinished(name)));
  const std::string header = encode_header({FileKind::segment, store, sequence, 0});
  HF_TRY_VOID(write_at(file, header, 0, where));
  HF_TRY_VOID(write_at(file, frames, header.size(), where));
  for (std::uint64_t at = header.size() + frames.size(); at < bytes;) {
    if (give_up && give_up()) return fail(ErrorCode::stopping, where);
    const std::uint64_t piece = std::min(piece_bytes, bytes - at);
    HF_TRY_VOID(write_zeros(file, at, piece, where));
    at += piece;
    if (at < bytes) HF_TRY_VOID(sync_data(file, where));
  }
  HF_TRY_VOID(sync_data(file, where));
  HF_TRY_VOID(directory.rename(unfinished(name), name));
  HF_TRY_VOID(directory.sync());
  return file;
}

Result<Rewritten> rewrite_segment(const Directory& directory, const StoreId& store, std::uint64_t sequence,
                                  std::string_view frames) {
  const std::string name = segment_name(sequence);
  const std::string where = directory.where(name);
  HF_TRY(file, directory.open_to_write(name));
  HF_TRY(bytes, size_of(file, where));
  const std::string header = encode_header({FileKind::segment, store, sequence, 0});
  HF_TRY_VOID(write_at(file, header, 0, where));
  HF_TRY_VOID(write_at(file, frames, header.size(), where));
  const std::uint64_t end = header.size() + frames.size();
  if (end < bytes) HF_TRY_VOID(write_zeros(file, end, bytes - end, where));
  HF_TRY_VOID(sync_data(file, where));
  HF_TRY_VOID(directory.sync());
  return Rewritten{std::move(file), std::max(bytes, end)};
}

Preparer::Preparer(const Directory& directory, const StoreId& store, std::uint64_t segment_bytes,
                   std::set<std::uint64_t> existing, Note note, std::function<void()> on_full)
    : directory_(directory),
      store_(store),
      segment_bytes_(segment_bytes),
      note_(std::move(note)),
      on_full_(std::move(on_full)),
      existing_(std::move(existing)),
      thread_([this] { run(); }) {}

Preparer::~Preparer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Preparer::want(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  wanted_ = sequence;
  failed_.reset();
  changed_.notify_all();
}

Result<Preparer::Ready> Preparer::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ready_ || (failed_ && failed_->code != ErrorCode::disk_full); });
  if (!ready_) return std::unexpected(*failed_);
  Ready ready = std::move(*ready_);
  ready_.reset();
  ready_bytes_ = 0;
  return ready;
}

void Preparer::settle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !wanted_ || failed_; });
}

Result<Preparer::Ready> Preparer::prepare(std::uint64_t sequence) {
  if (existing_.contains(sequence)) {
    const std::string where = directory_.where(segment_name(sequence));
    HF_TRY(file, directory_.open_to_write(segment_name(sequence)));
    HF_TRY(bytes, size_of(file, where));
    if (bytes >= segment_bytes_) return Ready{std::move(file), bytes};
  }
  // Asked first: filling what is left and giving it back each second would take it from everybody else on this disk.
  if (const auto free = directory_.free_bytes(); free && *free < segment_bytes_) {
    return fail(ErrorCode::disk_full, fmt::format("{} bytes are needed in {} and {} are free", segment_bytes_,
                                                  directory_.path().string(), *free));
  }
  const auto give_up = [this] {
    const std::lock_guard lock(mutex_);
    return stopping_;
  };
  auto file = make_segment(directory_, store_, sequence, {}, segment_bytes_, give_up);
  if (!file) {
    (void)directory_.remove(unfinished(segment_name(sequence)));  // Gives the space back; a start removes it too.
    return std::unexpected(file.error());
  }
  return Ready{std::move(*file), segment_bytes_};
}

void Preparer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || wanted_; });
    if (stopping_) return;
    const std::uint64_t sequence = *wanted_;
    lock.unlock();
    auto made = prepare(sequence);
    lock.lock();
    if (made) {
      ready_ = std::move(*made);
      ready_bytes_ = ready_->bytes;
      const bool was_failing = failed_.has_value();
      full_ = false;
      wanted_.reset();
      failed_.reset();
      changed_.notify_all();
      if (!was_failing || !note_) continue;
      lock.unlock();
      note_("the next segment is prepared at last");
      lock.lock();
      continue;
    }
    if (made.error().code == ErrorCode::stopping) return;
    const bool first_failure = !failed_;
    failed_ = made.error();
    full_ = failed_->code == ErrorCode::disk_full;
    changed_.notify_all();
    lock.unlock();
    if (first_failure && note_) note_("cannot prepare the next segment, will try again: " + made.error().where);
    if (made.error().code == ErrorCode::disk_full) on_full_();
    lock.lock();
    // Space may be freed before the present segment is full. A file is made anew each time: no fsync is tried again.
    changed_.wait_for(lock, try_again_after, [&] { return stopping_; });
  }
}

}  // namespace holdfast::journal::file
