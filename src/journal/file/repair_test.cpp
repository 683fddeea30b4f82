// Whatever byte is damaged: a repair goes on with a prefix of what was there, says so before, and keeps the rest.
#include "journal/file/repair.h"

#include <gmock/gmock.h>

#include "journal/file/inspect.h"
#include "journal/file/scratch_for_tests.h"

namespace holdfast::journal::file {
namespace {

/// Files below the directory of a repair.
Files kept_aside(const std::filesystem::path& aside) {
  Files out;
  for (const auto& entry : std::filesystem::directory_iterator(aside)) {
    std::ifstream in(entry.path(), std::ios::binary);
    out[entry.path().filename()] = {std::istreambuf_iterator<char>(in), {}};
  }
  return out;
}

Files journal_files(const Scratch& scratch) {
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.data())) {
    const std::string name = entry.path().filename();
    if (entry.is_regular_file() && name != "lock") files[name] = scratch.read(name);
  }
  return files;
}

TEST(Repair, of_any_flipped_byte_keeps_a_prefix_and_loses_what_it_said) {
  const Scratch scratch;
  FileJournalOptions options = small(scratch);
  options.segment_bytes = 400;
  append_grants(options, 1, {2, 1, 1, 1, 1, 1, 1, 1}, true);  // Over several segments.
  const Files whole = journal_files(scratch);
  ASSERT_GT(whole.size(), 2U);
  const auto all = grants(1, 9);
  std::size_t repaired = 0, hopeless = 0;
  for (const auto& [name, bytes] : whole) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      std::filesystem::remove_all(scratch.data());
      std::filesystem::create_directory(scratch.data());
      std::filesystem::permissions(scratch.data(), std::filesystem::perms::owner_all);
      Files damaged = whole;
      damaged[name][at] = static_cast<char>(damaged[name][at] ^ 4);
      for (const auto& [file, content] : damaged) scratch.write(file, content);
      const std::string what = name + " byte " + std::to_string(at);
      if (verify(scratch.data())) continue;

      const auto found = diagnose(scratch.data());
      ASSERT_TRUE(journal_files(scratch) == damaged) << what << ": a look has changed something";
      if (!found) {
        ASSERT_EQ(found.error().code, ErrorCode::not_repairable) << what << found.error().text();
        ASSERT_FALSE(repair(scratch.data()));
        ASSERT_TRUE(journal_files(scratch) == damaged) << what;
        ++hopeless;
        continue;
      }
      ASSERT_FALSE(found->damage.empty()) << what;
      const auto aside = repair(scratch.data());
      ASSERT_TRUE(aside) << what << ": " << aside.error().text();
      ++repaired;
      for (const std::string& file : found->aside) {
        ASSERT_TRUE(kept_aside(*aside).at(file) == damaged.at(file)) << what << ": " << file;
      }
      const Loaded loaded = load(small(scratch));
      ASSERT_EQ(loaded.code(), ErrorCode::none) << what << ": " << loaded.text();
      ASSERT_EQ(loaded.effects.size(), found->kept.value) << what;
      ASSERT_TRUE(std::ranges::equal(loaded.effects, std::span(all).first(loaded.effects.size()))) << what;
    }
  }
  EXPECT_GT(repaired, 500U);
  EXPECT_GT(hopeless, 50U) << "nothing is whole where the first header or frame is not";
}

TEST(Repair, tells_how_much_can_still_be_read_behind_the_damage) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {2, 1, 3}, true);
  std::string bytes = scratch.read("segment-0000000000000001");
  const auto first = frame_at(bytes, header_bytes, Seal(*decode_header(bytes, "")));
  bytes[first->end + frame_header_bytes] ^= 1;  // In the second frame, of one effect.
  scratch.write("segment-0000000000000001", bytes);
  const auto found = diagnose(scratch.data());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kept.value, 2U);
  EXPECT_EQ(found->cut_offset, first->end);
  EXPECT_EQ(found->effects_lost, 3U);
  EXPECT_EQ(found->lost_up_to.value, 6U);
}

TEST(Repair, does_nothing_to_what_is_whole) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {2, 1, 3}, false);
  const Files before = scratch.files();
  EXPECT_TRUE(diagnose(scratch.data())->damage.empty());
  EXPECT_EQ(*repair(scratch.data()), std::filesystem::path{});
  EXPECT_TRUE(scratch.files() == before);
}

TEST(Repair, leaves_a_directory_alone_that_a_server_uses) {
  const Scratch scratch;
  FileJournal journal(small(scratch));
  ASSERT_TRUE(load(journal).opened);
  EXPECT_EQ(diagnose(scratch.data()).error().code, ErrorCode::journal_held);
  EXPECT_EQ(repair(scratch.data()).error().code, ErrorCode::journal_held);
}

}  // namespace
}  // namespace holdfast::journal::file
