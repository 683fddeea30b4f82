#include "journal/file/inspect.h"

#include <gmock/gmock.h>

#include "journal/file/scratch_for_tests.h"

namespace holdfast::journal::file {
namespace {

using testing::HasSubstr;

std::vector<std::string> lines_of(const Scratch& scratch, Form form) {
  std::vector<std::string> lines;
  const auto shown = show(scratch.data(), form, [&](std::string_view line) { lines.emplace_back(line); });
  if (!shown) lines.push_back("error: " + shown.error().text());
  return lines;
}

TEST(Verify, says_ok_and_how_much) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {2, 1}, true);
  const Files before = scratch.files();
  const auto verified = verify(scratch.data());
  ASSERT_TRUE(verified);
  EXPECT_THAT(verified->text(), HasSubstr("ok: 3 effects in 3 frames"));
  EXPECT_THAT(verified->text(), HasSubstr("up to position 3"));
  EXPECT_TRUE(scratch.files() == before);
}

TEST(Verify, reports_progress_up_to_the_end) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {9, 9, 9}, true);
  std::uint64_t last = 0;
  std::uint64_t all = 0;
  ASSERT_TRUE(verify(scratch.data(), [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GT(done, last);
    last = done;
    all = total;
  }));
  EXPECT_EQ(last, all);
}

TEST(Verify, says_that_a_torn_tail_is_harmless_and_leaves_it_there) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {2, 1}, false);
  std::string segment = scratch.read(segment_name(1));
  segment[segment.find_last_not_of('\0')] ^= 1;
  scratch.write(segment_name(1), segment);
  const Files before = scratch.files();
  const auto verified = verify(scratch.data());
  ASSERT_TRUE(verified);
  EXPECT_THAT(verified->text(), HasSubstr("torn tail, harmless"));
  EXPECT_EQ(verified->last, core::Position{2});
  EXPECT_TRUE(scratch.files() == before);
}

TEST(Verify, says_where_the_damage_is) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {2, 1}, true);
  std::string segment = scratch.read(segment_name(1));
  segment[100] ^= 1;
  scratch.write(segment_name(1), segment);
  const auto verified = verify(scratch.data());
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::journal_damaged);
  EXPECT_THAT(verified.error().where, HasSubstr(scratch.file(segment_name(1)).string() + ", offset 64"));
}

TEST(Verify, keeps_away_from_a_journal_in_use_but_not_from_others_who_look) {
  const Scratch scratch;
  {
    FileJournal journal(small(scratch));
    ASSERT_TRUE(load(journal).opened);
    EXPECT_EQ(verify(scratch.data()).error().code, ErrorCode::journal_held);
  }
  const auto other = Directory::open(scratch.data(), Use::look);
  EXPECT_TRUE(verify(scratch.data()));
  EXPECT_EQ(load(small(scratch)).code(), ErrorCode::journal_held);
}

TEST(Verify, makes_no_directory_and_no_lock_file) {
  const Scratch scratch;
  EXPECT_EQ(verify(scratch.data()).error().code, ErrorCode::journal_io);
  EXPECT_FALSE(std::filesystem::exists(scratch.data()));
  append_grants(small(scratch), 1, {1}, true);
  std::filesystem::remove(scratch.file("lock"));
  EXPECT_TRUE(verify(scratch.data()));
  EXPECT_FALSE(std::filesystem::exists(scratch.file("lock")));
}

TEST(Show, prints_frames_and_effects) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {1}, true);
  const auto lines = lines_of(scratch, Form::text);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "segment-0000000000000001 offset 64: 1 effects from position 1, 37 bytes");
  EXPECT_THAT(lines[1], HasSubstr("1 granted name=name/1 owner=owner session=session-1 token=1"));
  EXPECT_EQ(lines[2], "segment-0000000000000001 offset 136: mark, everything up to 1 is durable");
}

TEST(Show, prints_json_lines) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {1}, false);
  const auto lines = lines_of(scratch, Form::json);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], R"({"file":"segment-0000000000000001","offset":64,"first":1,"count":1,"durable":0,"bytes":37})");
  EXPECT_THAT(lines[1], HasSubstr(R"({"position":1,"effect":"granted","name":"name/1","owner":"owner")"));
}

TEST(Show, prints_what_there_is_before_the_damage_and_then_says_where_that_is) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {1, 1, 1}, true);
  std::string segment = scratch.read(segment_name(1));
  segment[150] ^= 1;
  scratch.write(segment_name(1), segment);
  const auto lines = lines_of(scratch, Form::text);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[1], HasSubstr("name/1"));
  EXPECT_THAT(lines[2], HasSubstr("error: The journal is damaged"));
}

}  // namespace
}  // namespace holdfast::journal::file
