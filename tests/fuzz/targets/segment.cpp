// One segment as it may come back from a disk: reading ends, stays inside, and gives effects at the positions they had.
#include "journal/file/walk.h"

#include "tests/fuzz/journal_files.h"

namespace holdfast::fuzz {

using namespace journal::file;

HF_FUZZ_TARGET(segment, .variants = 50'000) {
  Input input(bytes);
  const bool as_it_is = input.byte() % 2 == 0;
  const std::string file = as_it_is ? std::string{input.rest()} : file_from(input).second;
  const Result<FileHeader> header = decode_header(file, "fuzz");
  if (!header) {
    HF_FUZZ_CHECK(header.error().code == ErrorCode::journal_damaged ||
                  header.error().code == ErrorCode::journal_too_new);
    return Taken::no;
  }
  std::uint64_t seen = 0;
  const Sink sink{.replay =
                      [&](const core::Effect&, core::Position position) {
                        ++seen;
                        HF_FUZZ_CHECK(position.value == seen);
                      },
                  .frame = {}};
  const Result<Walked> walked = walk_segment(file, *header, {}, "fuzz", sink);
  if (!walked) {
    HF_FUZZ_CHECK(walked.error().code == ErrorCode::journal_damaged ||
                  walked.error().code == ErrorCode::journal_too_new);
    return Taken::no;
  }
  HF_FUZZ_CHECK(walked->end <= std::max(file.size(), header_bytes));
  HF_FUZZ_CHECK(walked->last.value == seen);
  const Seal seal(*header);
  HF_FUZZ_CHECK(end_of_frames(file, seal) >= walked->end);
  if (const auto claim = claim_after(file, seal, walked->end, walked->last)) HF_FUZZ_CHECK(*claim >= walked->end);
  for (std::uint64_t offset = header_bytes; offset < walked->end; offset += frame_align) {
    const auto frame = frame_at(file, offset, seal);
    if (!frame) continue;
    HF_FUZZ_CHECK(frame->end > offset && frame->end <= file.size());
    const auto moved = frame_in(std::string_view{file}.substr(offset), offset + frame_align, seal);
    HF_FUZZ_CHECK(!moved);  // A frame that some disk put elsewhere is not valid there.
  }
  return Taken::yes;
}

}  // namespace holdfast::fuzz
