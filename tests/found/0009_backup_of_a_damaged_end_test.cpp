// A backup left out the end of a segment that was damaged, and said nothing, where the next segment had been written to
// but had no whole frame yet: it took the damage for a frame that was just being written. It also left out, unseen, a
// prepared segment of another directory, or one before which another was missing. A start refuses all of them.
//
// Found by fuzzing tests/fuzz/targets/journal.cpp.
#include <gtest/gtest.h>

#include <fstream>

#include "journal/codec.h"
#include "journal/file/backup.h"
#include "journal/file/layout.h"
#include "journal/samples_for_tests.h"
#include "tests/support/process.h"

namespace holdfast::journal::file {
namespace {

class FoundBackupOfADamagedEnd : public testing::Test {
 protected:
  /// A segment with two frames of one effect each.
  static std::string first_segment() {
    const FileHeader header{.kind = FileKind::segment, .store = {'x'}, .number = 1};
    std::string bytes = encode_header(header);
    for (std::uint64_t position = 1; position <= 2; ++position) {
      std::string frame;
      begin_frame(frame);
      encode(grant(position), frame);
      finish_frame(frame, {.count = 1, .first = position, .durable = position - 1}, Seal(header), bytes.size());
      bytes += frame;
    }
    return bytes + std::string(64, '\0');
  }
  static std::string second_segment(char store, std::uint64_t number = 2) {
    return encode_header({.kind = FileKind::segment, .store = {store}, .number = number});
  }
  void write(std::uint64_t sequence, const std::string& bytes) const {
    std::ofstream(data_.path() / segment_name(sequence), std::ios::binary) << bytes;
  }
  /// Each time to a directory of its own.
  Result<BackupTaken> backed_up() { return backup(data_.path(), to_.path() / std::to_string(++backups_)); }

 private:
  support::ScratchDirectory data_, to_;
  int backups_ = 0;
};

TEST_F(FoundBackupOfADamagedEnd, is_refused_where_the_next_segment_was_written_to) {
  std::string first = first_segment();
  const std::string rest = std::string(30, 'r') + std::string(64, '\0');  // A frame of which the beginning is there.
  write(1, first);
  write(2, second_segment('x') + rest);
  const auto whole = backed_up();
  ASSERT_TRUE(whole) << whole.error().text();
  EXPECT_EQ(whole->last, core::Position{2});

  first[first.size() - 80] ^= 1;  // In the second frame.
  write(1, first);
  const auto taken = backed_up();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::journal_damaged);
}

TEST_F(FoundBackupOfADamagedEnd, is_refused_where_a_prepared_segment_is_of_another_directory) {
  write(1, first_segment());
  write(2, second_segment('y') + std::string(64, '\0'));
  const auto taken = backed_up();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::journal_damaged);
}

TEST_F(FoundBackupOfADamagedEnd, is_refused_where_a_segment_is_missing_before_a_prepared_one) {
  write(1, first_segment());
  write(3, second_segment('x', 3) + std::string(64, '\0'));
  const auto taken = backed_up();
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().where.find(segment_name(2)), std::string::npos);
}

}  // namespace
}  // namespace holdfast::journal::file
