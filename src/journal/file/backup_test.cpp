// A backup holds what was durable when it began, whatever goes on meanwhile; a damaged one is refused.
#include "journal/file/backup.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "journal/file/inspect.h"
#include "journal/file/scratch_for_tests.h"

namespace holdfast::journal::file {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

class Backup : public testing::Test {
 protected:
  std::filesystem::path copied() const { return scratch_.data().parent_path() / "backup"; }
  std::filesystem::path restored() const { return scratch_.data().parent_path() / "restored"; }
  /// What a start on the restored directory gives.
  Loaded load_restored() const {
    FileJournalOptions options = small(scratch_);
    options.directory = restored();
    return load(options);
  }
  static void flip(const std::filesystem::path& file, std::size_t at) {
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(stream.get() ^ 1);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
  }
  Scratch scratch_;
};

TEST_F(Backup, of_a_journal_in_use_is_what_was_appended) {
  FileJournal journal(small(scratch_));
  ASSERT_TRUE(load(journal).opened);
  for (std::uint64_t i = 1; i <= 40; ++i) ASSERT_TRUE(journal.append(core::Position{i}, grants(i, 1)));
  const auto taken = backup(scratch_.data(), copied());
  ASSERT_TRUE(taken) << taken.error().text();
  EXPECT_EQ(taken->last.value, 40U);
  const auto done = restore(copied(), restored());
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(done->last.value, 40U);
  EXPECT_THAT(load_restored().effects, ElementsAreArray(grants(1, 40)));
}

// The other thread appends, closes segments, folds them and removes them as fast as it can.
TEST_F(Backup, misses_nothing_that_was_durable_before_while_segments_are_written_and_folded) {
  FileJournalOptions options = small(scratch_);
  options.fold_after_bytes = 4'096;
  FileJournal journal(options);
  ASSERT_TRUE(load(journal).opened);
  std::atomic<std::uint64_t> durable = 0;
  std::jthread writer([&](const std::stop_token& stop) {
    for (std::uint64_t next = 1; !stop.stop_requested(); ++next) {
      // A few names, so that snapshots stay small: granted, and released again.
      const std::uint64_t token = (next + 1) / 2;
      const std::string name = "name/" + std::to_string(token % 20);
      core::Effect effect = core::Released{name, "s", core::Token{token}};
      if (next % 2 == 1) effect = core::Granted{name, {"owner", "s"}, core::Token{token}, std::chrono::seconds{30}};
      ASSERT_TRUE(journal.append(core::Position{next}, std::span(&effect, 1)));
      durable = next;
      if (next % 64 == 0) journal.settle();  // Folding is to keep up, or there are more files than may be open.
    }
  });
  std::uint64_t folded = 0;
  for (int round = 0; round < 20 || folded < 5; ++round) {
    std::filesystem::remove_all(copied());
    std::filesystem::remove_all(restored());
    const std::uint64_t before = durable;
    const auto taken = backup(scratch_.data(), copied());
    ASSERT_TRUE(taken) << taken.error().text();
    ASSERT_GE(taken->last.value, before);
    const auto done = restore(copied(), restored());
    ASSERT_TRUE(done) << done.error().text();
    folded = journal.counters().snapshots;
  }
}

TEST_F(Backup, that_is_damaged_anywhere_is_refused_and_leaves_nothing_behind) {
  append_grants(small(scratch_), 1, {2, 3, 1}, true);
  ASSERT_TRUE(backup(scratch_.data(), copied()));
  for (const auto& entry : std::filesystem::directory_iterator(copied())) {
    if (entry.path().filename() == "lock") continue;
    for (std::size_t at = 0; at < entry.file_size(); ++at) {
      flip(entry.path(), at);
      const auto done = restore(copied(), restored());
      ASSERT_FALSE(done) << entry.path() << " " << at;
      EXPECT_EQ(done.error().code, ErrorCode::journal_damaged) << done.error().text();
      if (std::filesystem::exists(restored())) std::filesystem::remove(restored() / "lock");
      ASSERT_TRUE(!std::filesystem::exists(restored()) || std::filesystem::is_empty(restored()));
      flip(entry.path(), at);
    }
  }
  EXPECT_TRUE(restore(copied(), restored()));
}

TEST_F(Backup, that_lacks_a_file_or_was_not_finished_is_refused) {
  append_grants(small(scratch_), 1, {2, 3, 1}, true);
  ASSERT_TRUE(backup(scratch_.data(), copied()));
  std::filesystem::rename(copied() / "segment-0000000000000001", scratch_.data().parent_path() / "away");
  EXPECT_EQ(restore(copied(), restored()).error().code, ErrorCode::journal_damaged);
  std::filesystem::rename(scratch_.data().parent_path() / "away", copied() / "segment-0000000000000001");
  std::filesystem::remove(copied() / "backup");
  EXPECT_EQ(restore(copied(), restored()).error().code, ErrorCode::not_a_backup);
}

TEST_F(Backup, goes_into_an_empty_directory_only_and_comes_out_into_one) {
  append_grants(small(scratch_), 1, {2}, true);
  EXPECT_EQ(backup(scratch_.data(), scratch_.data().parent_path()).error().code, ErrorCode::not_empty);
  ASSERT_TRUE(backup(scratch_.data(), copied()));
  const Files before = scratch_.files();
  EXPECT_EQ(restore(copied(), scratch_.data()).error().code, ErrorCode::not_empty);
  EXPECT_TRUE(scratch_.files() == before);
}

TEST_F(Backup, of_a_damaged_journal_is_none) {
  append_grants(small(scratch_), 1, {2, 3, 1}, true);
  flip(scratch_.file("segment-0000000000000001"), header_bytes + 40);
  const auto taken = backup(scratch_.data(), copied());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::journal_damaged) << taken.error().text();
  EXPECT_EQ(restore(copied(), restored()).error().code, ErrorCode::not_a_backup);
}

}  // namespace
}  // namespace holdfast::journal::file
