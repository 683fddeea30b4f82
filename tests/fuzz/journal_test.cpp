// What a disk gives back: whatever the bytes are, reading ends, stays inside them, and accepts only what was written.
#include <gtest/gtest.h>

#include <set>

#include "journal/codec.h"
#include "journal/file/format.h"
#include "journal/file/walk.h"
#include "journal/samples_for_tests.h"
#include "tests/fuzz/mutate.h"

namespace holdfast::fuzz {
namespace {

using namespace journal;
using namespace journal::file;

TEST(FuzzEffects, are_what_would_be_written_or_refused) {
  std::vector<std::string> valid;
  for (const core::Effect& effect : samples()) encode(effect, valid.emplace_back());
  Mutator mutator(valid);
  int accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    const std::string bytes = mutator.next();
    std::string_view left = bytes;
    const auto effect = decode_front(left);
    if (!effect) {
      ASSERT_EQ(left.size(), bytes.size()) << "a refusal takes nothing";
      continue;
    }
    ++accepted;
    std::string written;
    encode(*effect, written);
    const bool older = written[0] != bytes[0];  // What an earlier version wrote is not written any more.
    ASSERT_TRUE(older || written == bytes.substr(0, bytes.size() - left.size()));
  }
  EXPECT_GT(accepted, 10'000) << "the test has lost its point";
}

FileHeader header() {
  return {.kind = FileKind::segment, .store = {'f', 'u', 'z', 'z'}, .number = 1};
}

/// A segment of a few frames, and how many effects they hold together.
std::string segment(std::size_t frames) {
  std::string file = encode_header(header());
  const Seal seal(header());
  std::uint64_t first = 1;
  for (std::size_t count = 1; count <= frames; ++count) {
    std::string frame;
    begin_frame(frame);
    for (const core::Effect& effect : grants(first, count)) encode(effect, frame);
    finish_frame(frame, {.count = static_cast<std::uint32_t>(count), .first = first, .durable = first - 1}, seal,
                 file.size());
    file += frame;
    first += count;
  }
  return file + std::string(64, '\0');
}

TEST(FuzzSegments, give_the_effects_that_were_written_from_the_first_on_and_no_others) {
  Mutator mutator({segment(1), segment(3), segment(5)});
  std::size_t whole = 0, cut = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string bytes = mutator.next();
    const Result<FileHeader> read = decode_header(bytes, "fuzz");
    if (!read) {
      ASSERT_TRUE(read.error().code == ErrorCode::journal_damaged || read.error().code == ErrorCode::journal_too_new);
      continue;
    }
    std::uint64_t seen = 0;
    const Sink sink{.replay =
                        [&](const core::Effect& effect, core::Position position) {
                          ++seen;
                          ASSERT_EQ(position.value, seen);
                          ASSERT_EQ(effect, grant(seen));
                        },
                    .frame = {}};
    const Result<Walked> walked = walk_segment(bytes, *read, {}, "fuzz", sink);
    if (!walked) {
      ASSERT_TRUE(walked.error().code == ErrorCode::journal_damaged ||
                  walked.error().code == ErrorCode::journal_too_new);
      continue;
    }
    ASSERT_LE(walked->end, std::max(bytes.size(), header_bytes));
    ASSERT_EQ(walked->last.value, seen);
    (walked->clean ? whole : cut) += 1;
  }
  EXPECT_GT(whole, 100U);
  EXPECT_GT(cut, 100U);
}

TEST(FuzzFrames, are_accepted_only_where_they_were_put) {
  const std::string file = segment(3);
  const Seal seal(header());
  std::set<std::uint64_t> at;
  for (std::uint64_t offset = 0; offset < file.size(); ++offset) {
    if (frame_at(file, offset, seal)) at.insert(offset);
  }
  EXPECT_EQ(at.size(), 3U);
  for (const std::uint64_t offset : at) {
    EXPECT_FALSE(frame_in(std::string_view{file}.substr(offset), offset + 8, seal)) << "moved by a word";
  }
}

}  // namespace
}  // namespace holdfast::fuzz
