#include "journal/file/snapshot.h"

#include <gtest/gtest.h>

#include "journal/file/scratch_for_tests.h"

namespace holdfast::journal::file {
namespace {

/// Writes a snapshot at `position` as far as it goes.
Result<Snapshot> write_snapshot(const Directory& directory, std::uint64_t position) {
  HF_TRY(writer, SnapshotWriter::begin(directory, StoreId{}, {position}, 2));
  HF_TRY_VOID(writer.add(core::KeptTotals{{position}, 0}));
  return writer.finish();
}

TEST(SnapshotWriter, leaves_the_older_state_alone_where_it_cannot_finish) {
  const Scratch scratch;
  const Result<Directory> directory = Directory::open(scratch.data(), Use::alone);
  ASSERT_TRUE(directory);
  ASSERT_TRUE(write_snapshot(*directory, 10));
  std::filesystem::create_directory(scratch.file(snapshot_name(20)));  // Nothing can be renamed to this.
  EXPECT_FALSE(write_snapshot(*directory, 20));
  EXPECT_TRUE(std::filesystem::exists(scratch.file(snapshot_name(10))));
}

TEST(SnapshotWriter, never_removes_what_another_has_finished) {
  const Scratch scratch;
  const Result<Directory> directory = Directory::open(scratch.data(), Use::alone);
  ASSERT_TRUE(directory);
  ASSERT_TRUE(write_snapshot(*directory, 10));
  ASSERT_TRUE(write_snapshot(*directory, 20));
  EXPECT_TRUE(read_snapshot(*directory, StoreId{}, {10}, {}));
  EXPECT_TRUE(read_snapshot(*directory, StoreId{}, {20}, {}));
}

}  // namespace
}  // namespace holdfast::journal::file
