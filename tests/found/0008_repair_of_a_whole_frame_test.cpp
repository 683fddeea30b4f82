// A frame with the right checksum and an effect in it that cannot be read was taken for a torn tail by the repair,
// which left it where it was, since a start cuts such a tail off by itself. A start does not: the frame is whole. So
// after the repair had said what it would do, the directory was as damaged as before.
//
// Found by fuzzing tests/fuzz/targets/journal.cpp.
#include <gtest/gtest.h>

#include <fstream>

#include "journal/codec.h"
#include "journal/file/file_journal.h"
#include "journal/file/layout.h"
#include "journal/file/repair.h"
#include "journal/samples_for_tests.h"
#include "tests/support/process.h"

namespace holdfast::journal::file {
namespace {

TEST(FoundRepairOfAWholeFrame, sets_it_aside) {
  const support::ScratchDirectory scratch;
  const FileHeader header{.kind = FileKind::segment, .store = {'x'}, .number = 1};
  const Seal seal(header);
  std::string bytes = encode_header(header);
  for (std::uint64_t position = 1; position <= 2; ++position) {
    std::string frame;
    begin_frame(frame);
    encode(grant(position), frame);
    if (position == 2) frame.pop_back();  // One byte short of an effect.
    finish_frame(frame, {.count = 1, .first = position, .durable = position - 1}, seal, bytes.size());
    bytes += frame;
  }
  std::ofstream(scratch.path() / segment_name(1), std::ios::binary) << bytes << std::string(64, '\0');

  const auto open = [&] {
    FileJournal journal({.directory = scratch.path(), .segment_bytes = 4 << 10, .start_bytes = 4 << 10});
    return journal.open([](const auto&, auto) {});
  };
  ASSERT_FALSE(open());
  const auto diagnosis = diagnose(scratch.path());
  ASSERT_TRUE(diagnosis) << diagnosis.error().text();
  EXPECT_EQ(diagnosis->kept, core::Position{1});
  const auto repaired = repair(scratch.path());
  ASSERT_TRUE(repaired) << repaired.error().text();
  const auto opened = open();
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(opened->last, core::Position{1});
}

}  // namespace
}  // namespace holdfast::journal::file
