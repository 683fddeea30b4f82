#include "journal/file/file_journal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "journal/file/scratch_for_tests.h"

namespace holdfast::journal::file {
namespace {

using testing::HasSubstr;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0 ? about.st_mode & 07777U : 0;
}

TEST(FileJournal, begins_empty_in_a_directory_that_only_its_owner_can_enter) {
  const Scratch scratch;
  FileJournal journal(small(scratch));
  const auto loaded = load(journal);
  ASSERT_TRUE(loaded.opened) << loaded.text();
  EXPECT_EQ(loaded.opened->last, core::Position{0});
  EXPECT_EQ(mode_of(scratch.data()), 0700U);
  journal.settle();
  for (const auto& [name, bytes] : scratch.files()) EXPECT_EQ(mode_of(scratch.file(name)), 0600U) << name;
  EXPECT_EQ(mode_of(scratch.file("lock")), 0600U);
}

TEST(FileJournal, gives_back_every_kind_of_effect_in_order_after_a_crash_and_after_a_close) {
  const std::uint64_t kinds = samples().size();
  for (const bool close : {false, true}) {
    const Scratch scratch;
    {
      FileJournal journal(small(scratch));
      ASSERT_TRUE(load(journal).opened);
      ASSERT_TRUE(journal.append(core::Position{1}, samples()));
      ASSERT_TRUE(journal.append(core::Position{kinds + 1}, grants(1, 2)));
      EXPECT_EQ(journal.counters().batches, 2U);
      EXPECT_EQ(journal.counters().effects, kinds + 2);
      EXPECT_EQ(journal.counters().syncs, 2U);
      if (close) {
        ASSERT_TRUE(journal.close());
      }
    }
    auto expected = samples();
    expected.push_back(grant(1));
    expected.push_back(grant(2));
    for (int start = 0; start < 3; ++start) {  // Starting changes nothing of what is kept.
      const auto loaded = load(small(scratch));
      ASSERT_TRUE(loaded.opened) << loaded.text();
      EXPECT_TRUE(loaded.effects == expected);
      EXPECT_EQ(loaded.opened->last, core::Position{kinds + 2});
      EXPECT_EQ(loaded.positions.front(), core::Position{1});
      EXPECT_EQ(loaded.positions.back(), core::Position{kinds + 2});
      EXPECT_FALSE(loaded.noted("cut off"));
    }
  }
}

TEST(FileJournal, goes_on_over_many_segments_and_many_starts) {
  const Scratch scratch;
  std::uint64_t next = 1;
  for (int start = 0; start < 5; ++start) {
    FileJournal journal(small(scratch));
    const auto loaded = load(journal);
    ASSERT_TRUE(loaded.opened) << loaded.text();
    ASSERT_TRUE(loaded.effects == grants(1, next - 1));
    for (int batch = 0; batch < 40; ++batch, next += 3)
      ASSERT_TRUE(journal.append(core::Position{next}, grants(next, 3)));
    if (start % 2 == 0) {
      ASSERT_TRUE(journal.close());
    }
  }
  EXPECT_GT(scratch.files().size(), 10U);
  EXPECT_TRUE(load(small(scratch)).effects == grants(1, next - 1));
}

TEST(FileJournal, has_room_for_a_batch_longer_than_a_segment) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {1, 200, 1, 300}, false);
  append_grants(small(scratch), 503, {1}, false);
  EXPECT_TRUE(load(small(scratch)).effects == grants(1, 503));
}

TEST(FileJournal, has_room_for_a_first_batch_longer_than_a_segment) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {300, 1}, false);
  EXPECT_TRUE(load(small(scratch)).effects == grants(1, 301));
}

TEST(FileJournal, does_nothing_for_an_empty_batch) {
  const Scratch scratch;
  FileJournal journal(small(scratch));
  ASSERT_TRUE(load(journal).opened);
  EXPECT_TRUE(journal.append(core::Position{1}, {}));
  EXPECT_EQ(journal.counters().syncs, 0U);
}

TEST(FileJournal, lets_no_second_server_in_and_names_the_first) {
  const Scratch scratch;
  FileJournal first(small(scratch));
  ASSERT_TRUE(load(first).opened);
  const auto second = load(small(scratch));
  EXPECT_EQ(second.code(), ErrorCode::journal_held);
  EXPECT_THAT(second.text(), HasSubstr(fmt::format("process {}", ::getpid())));
  std::filesystem::remove(scratch.file("lock"));  // Somebody means well.
  EXPECT_EQ(load(small(scratch)).code(), ErrorCode::journal_held);
  ASSERT_TRUE(first.append(core::Position{1}, grants(1, 1)));
}

TEST(FileJournal, lets_the_next_server_in_once_the_first_is_gone) {
  const Scratch scratch;
  {
    FileJournal first(small(scratch));
    ASSERT_TRUE(load(first).opened);
  }
  EXPECT_TRUE(load(small(scratch)).opened);
}

TEST(FileJournal, trusts_no_directory_that_others_may_write) {
  for (const mode_t mode : {0720, 0702, 0777}) {
    const Scratch scratch;
    append_grants(small(scratch), 1, {1}, true);
    const Files before = scratch.files();
    ::chmod(scratch.data().c_str(), mode);
    EXPECT_EQ(load(small(scratch)).code(), ErrorCode::journal_unsafe);
    EXPECT_TRUE(scratch.files() == before);
  }
}

TEST(FileJournal, trusts_no_directory_of_somebody_else) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  const Scratch scratch;
  append_grants(small(scratch), 1, {1}, true);
  ASSERT_EQ(::chown(scratch.data().c_str(), 65534, 65534), 0);
  EXPECT_EQ(load(small(scratch)).code(), ErrorCode::journal_unsafe);
}

TEST(FileJournal, follows_no_link_in_its_directory) {
  for (const char* name : {"lock", "segment-0000000000000001"}) {
    const Scratch scratch;
    append_grants(small(scratch), 1, {1}, true);
    std::filesystem::rename(scratch.file(name), scratch.data().parent_path() / "elsewhere");
    std::filesystem::create_symlink("../elsewhere", scratch.file(name));
    const auto loaded = load(small(scratch));
    EXPECT_FALSE(loaded.opened) << name;
    EXPECT_TRUE(std::filesystem::is_symlink(scratch.file(name)));
  }
}

TEST(FileJournal, does_not_hang_on_a_pipe) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {1}, true);
  std::filesystem::remove(scratch.file(segment_name(1)));
  ASSERT_EQ(::mkfifo(scratch.file(segment_name(1)).c_str(), 0600), 0);
  EXPECT_EQ(load(small(scratch)).code(), ErrorCode::journal_damaged);
}

TEST(FileJournal, leaves_files_that_are_not_its_own_alone) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {2}, true);
  for (const char* name : {"notes.txt", "segment-7", "segment-0000000000000001 (copy)", "snapshot-x", "other.tmp"})
    scratch.write(name, "?");
  const auto loaded = load(small(scratch));
  ASSERT_TRUE(loaded.opened) << loaded.text();
  EXPECT_TRUE(loaded.effects == grants(1, 2));
  EXPECT_TRUE(loaded.noted("notes.txt is no file of the journal"));
  EXPECT_EQ(scratch.read("other.tmp"), "?");
}

TEST(FileJournal, stops_for_good_once_a_write_has_failed) {
  const Scratch scratch;
  FileJournal journal(small(scratch));
  ASSERT_TRUE(load(journal).opened);
  journal.settle();
  ASSERT_TRUE(journal.append(core::Position{1}, grants(1, 1)));
  // No file may grow or be written beyond this: a full disk, as far as the journal can tell.
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const struct rlimit nothing { 100, before.rlim_max };
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &nothing), 0);
  const auto failed = journal.append(core::Position{2}, grants(2, 1));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, ignored);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::journal_io);
  EXPECT_EQ(failed.error().fate(), Fate::maybe_done);
  const auto later = journal.append(core::Position{2}, grants(2, 1));  // The disk is well again. Too late.
  ASSERT_FALSE(later);
  EXPECT_THAT(later.error().text(), HasSubstr("failed before"));
  EXPECT_FALSE(journal.close());
  EXPECT_EQ(journal.counters().batches, 1U);
}

TEST(FileJournal, uses_the_segment_that_was_prepared_before_a_restart) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {1}, true);
  ASSERT_TRUE(scratch.files().contains(segment_name(2)));
  append_grants(small(scratch), 2, {4, 4, 4, 4, 4}, true);
  EXPECT_TRUE(load(small(scratch)).effects == grants(1, 21));
}

TEST(FileJournal, goes_on_without_a_prepared_segment_when_one_is_taken_away_unused) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {1}, true);
  std::filesystem::remove(scratch.file(segment_name(2)));
  EXPECT_TRUE(load(small(scratch)).effects == grants(1, 1));
}

TEST(FileJournal, removes_what_was_left_unfinished_once_all_else_was_read) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {1}, true);
  scratch.write(unfinished(segment_name(9)), "half");
  scratch.write(unfinished(snapshot_name(9)), "half");
  ASSERT_TRUE(load(small(scratch)).effects == grants(1, 1));
  EXPECT_FALSE(scratch.files().contains(unfinished(segment_name(9))));
  EXPECT_FALSE(scratch.files().contains(unfinished(snapshot_name(9))));
}

TEST(FileJournalDeathTest, stops_rather_than_leave_a_gap_in_the_positions) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // The journal has threads.
  const Scratch scratch;
  FileJournal journal(small(scratch));
  ASSERT_TRUE(load(journal).opened);
  EXPECT_DEATH((void)journal.append(core::Position{2}, grants(2, 1)), "last_");
}

}  // namespace
}  // namespace holdfast::journal::file
