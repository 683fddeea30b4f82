#include "journal/file/snapshot.h"

#include <fmt/format.h>

#include "journal/codec.h"
#include "journal/file/layout.h"

namespace holdfast::journal::file {

namespace {

constexpr std::size_t frame_bytes = std::size_t{256} << 10;  // Of a snapshot's frame, about; one effect may be longer.
constexpr std::size_t read_bytes = std::size_t{1} << 20;
constexpr std::uint64_t sync_every = std::uint64_t{8} << 20;  // So that appends never wait behind a great flush.

/// Reads a file front to back through a window.
class Window {
 public:
  Window(const Fd& file, const std::string& where) : file_(file), where_(where) {}

  /// The bytes from `offset` on, which never goes back: at least `size` of them, or all there are.
  Result<std::string_view> at(std::uint64_t offset, std::size_t size) {
    if (offset + size > begin_ + bytes_.size()) {
      HF_TRY_VOID(read_at(file_, bytes_, offset, std::max(size, read_bytes), where_));
      begin_ = offset;
    }
    return std::string_view{bytes_}.substr(offset - begin_);
  }

 private:
  const Fd& file_;
  const std::string& where_;
  std::string bytes_;
  std::uint64_t begin_ = 0;
};

}  // namespace

SnapshotWriter::SnapshotWriter(const Directory& directory, const FileHeader& header)
    : directory_(&directory), header_(header), seal_(header), name_(snapshot_name(header.number)) {
  begin_frame(frame_);
}

Result<SnapshotWriter> SnapshotWriter::begin(const Directory& directory, const StoreId& store, core::Position position,
                                             std::uint64_t next_segment) {
  SnapshotWriter writer(directory, FileHeader{FileKind::snapshot, store, position.value, next_segment});
  HF_TRY(file, directory.create(unfinished(writer.name_)));
  writer.file_ = std::move(file);
  HF_TRY_VOID(write_at(writer.file_, encode_header(writer.header_), 0, directory.where(unfinished(writer.name_))));
  return writer;
}

Result<void> SnapshotWriter::add(const core::Effect& effect) {
  encode(effect, frame_);
  ++in_frame_;
  return frame_.size() < frame_bytes ? Result<void>{} : flush();
}

Result<void> SnapshotWriter::flush() {
  finish_frame(frame_, {.count = in_frame_, .first = effects_, .durable = header_.number}, seal_, offset_);
  const std::string where = directory_->where(unfinished(name_));
  HF_TRY_VOID(write_at(file_, frame_, offset_, where));
  effects_ += in_frame_;
  in_frame_ = 0;
  offset_ += frame_.size();
  frame_.clear();
  begin_frame(frame_);
  if (offset_ - synced_ < sync_every) return {};
  synced_ = offset_;
  return sync_data(file_, where);
}

Result<Snapshot> SnapshotWriter::finish() {
  if (in_frame_ > 0) HF_TRY_VOID(flush());
  HF_TRY_VOID(flush());  // The end: a frame without effects.
  HF_TRY_VOID(sync_data(file_, directory_->where(unfinished(name_))));
  HF_TRY_VOID(directory_->rename(unfinished(name_), name_));
  HF_TRY_VOID(directory_->sync());
  return Snapshot{core::Position{header_.number}, header_.next, offset_};
}

Result<Snapshot> read_snapshot(const Directory& directory, const StoreId& store, core::Position position,
                               const Sink& sink) {
  const std::string name = snapshot_name(position.value);
  const std::string where = directory.where(name);
  HF_TRY(file, directory.open_to_read(name));
  HF_TRY(size, size_of(file, where));
  Window window(file, where);
  HF_TRY(first_bytes, window.at(0, header_bytes));
  HF_TRY(header, decode_header(first_bytes, where));
  if (header.store != store) return damaged(where, 0, "of another data directory");
  if (header != FileHeader{FileKind::snapshot, store, position.value, header.next})
    return damaged(where, 0, "not what its name says");
  const Seal seal(header);

  std::uint64_t effects = 0;
  for (std::uint64_t offset = header_bytes;;) {
    HF_TRY(head, window.at(offset, frame_header_bytes));
    const auto extent = frame_extent(head);
    if (!extent || *extent > size - offset) return damaged(where, offset, "not a valid frame of a snapshot");
    HF_TRY(bytes, window.at(offset, *extent));
    const auto frame = frame_in(bytes, offset, seal);
    if (!frame || frame->header.first != effects || frame->header.durable != position.value) {
      return damaged(where, offset, "not a valid frame of a snapshot");
    }
    if (sink.frame) sink.frame({name, offset, frame->header});
    if (frame->header.count == 0) {
      if (frame->end != size) return damaged(where, frame->end, "something follows the end of the snapshot");
      return Snapshot{position, header.next, size};
    }
    if (sink.replay) HF_TRY_VOID(replay_frame(*frame, offset, where, sink.replay, &position));
    effects += frame->header.count;
    offset = frame->end;
  }
}

}  // namespace holdfast::journal::file
