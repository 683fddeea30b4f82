#include "cli/segment_frames.h"

#include <fmt/format.h>

#include "journal/codec.h"
#include "journal/file/format.h"
#include "journal/file/walk.h"

namespace holdfast::cli {
namespace {

namespace file = journal::file;

class SegmentFrames final : public simulate::Frames {
 public:
  std::string empty_file() const override { return file::encode_header(header_); }

  std::string frame(std::uint64_t offset, core::Position first, core::Position durable,
                    std::span<const core::Effect> batch) const override {
    // Behind a torn end, which was cut off, a file need not end where a frame may begin.
    std::string padding(file::aligned(offset) - offset, '\0');
    std::string frame;
    file::begin_frame(frame);
    for (const core::Effect& effect : batch) journal::encode(effect, frame);
    const auto count = static_cast<std::uint32_t>(batch.size());
    file::finish_frame(frame, {.count = count, .first = first.value, .durable = durable.value}, seal_,
                       offset + padding.size());
    return padding + frame;
  }

  Result<Found> read(std::string_view bytes, const journal::Replay& replay) const override {
    const std::string where = "simulated segment";
    HF_TRY(header, file::decode_header(bytes, where));
    HF_TRY(walked, file::walk_segment(bytes, header, core::Position{}, where, {.replay = replay, .frame = {}}));
    Found found{walked.last, walked.end, !walked.clean};
    if (!found.torn) return found;
    const core::Position missing{walked.last.value + 1};
    if (const auto claim = file::claim_after(bytes, seal_, walked.end, missing)) {
      return file::damaged(where, walked.end,
                           fmt::format("no valid frame, though the one at offset {} says that position {} was durable",
                                       *claim, missing.value));
    }
    return found;
  }

 private:
  file::FileHeader header_{file::FileKind::segment, {}, 1, 0};
  file::Seal seal_{header_};
};

}  // namespace

const simulate::Frames& segment_frames() {
  static const SegmentFrames frames;
  return frames;
}

}  // namespace holdfast::cli
