// Whatever happens to the files: everything is read, or a tail that nobody was told of is cut off, or nothing is
// touched.
#include <gmock/gmock.h>

#include <random>

#include "journal/crc32c.h"
#include "journal/file/inspect.h"
#include "journal/file/scratch_for_tests.h"

namespace holdfast::journal::file {
namespace {

using testing::HasSubstr;

constexpr const char* first_segment = "segment-0000000000000001";
constexpr const char* second_segment = "segment-0000000000000002";
constexpr const char* third_segment = "segment-0000000000000003";

/// The offsets at which the frames of the first segment begin, and behind the last.
std::vector<std::size_t> frame_offsets(const std::string& segment) {
  const auto header = decode_header(segment, "test");
  const Seal seal(*header);
  std::vector<std::size_t> offsets{header_bytes};
  while (const auto frame = frame_at(segment, offsets.back(), seal)) offsets.push_back(frame->end);
  return offsets;
}

/// Three frames of 2, 1 and 3 grants in one segment, then a crash or a close.
Files small_journal(const Scratch& scratch, bool close) {
  FileJournalOptions options = small(scratch);
  options.segment_bytes = 400;  // Every byte of it is tried.
  append_grants(options, 1, {2, 1, 3}, close);
  return scratch.files();
}

std::vector<core::Effect> first_of(std::size_t count) {
  return grants(1, count);
}

/// Starts on `files` changed in one way, and expects that it is damage and nothing was touched.
void expect_damage(const Scratch& scratch, const std::string& what) {
  const Files before = scratch.files();
  const auto loaded = load(small(scratch));
  EXPECT_EQ(loaded.code(), ErrorCode::journal_damaged) << what << ": " << loaded.text();
  EXPECT_TRUE(scratch.files() == before) << what << ": touched";
  EXPECT_FALSE(verify(scratch.data())) << what;
}

TEST(TornTail, is_cut_off_wherever_the_last_frame_ends_early) {
  const Scratch scratch;
  const Files files = small_journal(scratch, false);
  const std::string& segment = files.at(first_segment);
  const auto offsets = frame_offsets(segment);
  ASSERT_EQ(offsets.size(), 4U);
  for (const bool shortened : {false, true}) {  // Zeros where nothing arrived; or a file that ends there.
    for (std::size_t cut = offsets[2]; cut < offsets[3]; ++cut) {
      Files torn = files;
      torn[first_segment] = segment.substr(0, cut) + (shortened ? "" : std::string(segment.size() - cut, '\0'));
      scratch.restore(torn);
      const auto verdict = verify(scratch.data());
      ASSERT_TRUE(verdict) << verdict.error().text();
      ASSERT_TRUE(scratch.files() == torn) << "verify wrote";
      const auto loaded = load(small(scratch));
      ASSERT_TRUE(loaded.opened) << cut << ": " << loaded.text();
      // The last bytes of a frame may be zeros themselves: then nothing is missing.
      const bool whole = !shortened && torn[first_segment] == segment;
      ASSERT_TRUE(loaded.effects == first_of(whole ? 6 : 3)) << cut;
      const bool left = segment.substr(offsets[2], cut - offsets[2]).find_last_not_of('\0') != std::string::npos;
      ASSERT_EQ(loaded.noted("cut off"), left && !whole) << cut;
      ASSERT_EQ(verdict->torn.has_value(), left && !whole) << cut;
      ASSERT_TRUE(load(small(scratch)).effects == loaded.effects) << cut << ": cut off for good";
      append_grants(small(scratch), loaded.opened->last.value + 1, {2}, false);
      ASSERT_TRUE(load(small(scratch)).effects == first_of(loaded.effects.size() + 2))
          << cut << ": and it goes on from there";
    }
  }
}

TEST(TornTail, is_cut_off_when_its_sectors_arrived_out_of_order) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {2, 1}, false);
  append_grants(small(scratch), 4, {200}, false);  // Longer than some sectors.
  const Files files = scratch.files();
  std::string name = first_segment;
  for (const auto& [each, bytes] : files) {
    if (bytes.size() > 4096) name = each;
  }
  const std::string& segment = files.at(name);
  const auto offsets = frame_offsets(segment);
  const std::size_t begin = offsets[offsets.size() - 2];
  for (std::size_t sector = begin / 512; sector * 512 < offsets.back(); ++sector) {
    Files torn = files;
    const std::size_t from = std::max(begin, sector * 512);
    const std::size_t to = std::min(offsets.back(), (sector + 1) * 512);
    torn[name].replace(from, to - from, to - from, '\0');
    if (torn == files) continue;
    scratch.restore(torn);
    const auto loaded = load(small(scratch));
    ASSERT_TRUE(loaded.opened) << sector << ": " << loaded.text();
    ASSERT_TRUE(loaded.effects == first_of(3)) << sector;
    ASSERT_TRUE(loaded.noted("cut off")) << sector;
  }
}

TEST(TornTail, can_be_the_first_frame_of_a_segment) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {4, 4, 4}, false);
  const Files files = scratch.files();
  const auto offsets = frame_offsets(files.at(second_segment));
  ASSERT_EQ(offsets.size(), 2U);
  const std::size_t before = 12 - 4;
  for (std::size_t cut = header_bytes + 1; cut < offsets[1]; cut += 3) {
    Files torn = files;
    std::fill(torn[second_segment].begin() + static_cast<std::ptrdiff_t>(cut), torn[second_segment].end(), '\0');
    scratch.restore(torn);
    const auto loaded = load(small(scratch));
    ASSERT_TRUE(loaded.opened) << cut << ": " << loaded.text();
    if (torn != files) {
      ASSERT_TRUE(loaded.effects == first_of(before)) << cut;
    }
    append_grants(small(scratch), loaded.opened->last.value + 1, {4, 4}, true);
    ASSERT_TRUE(load(small(scratch)).effects == first_of(loaded.effects.size() + 8)) << cut;
  }
}

TEST(Damage, of_any_byte_is_noticed_or_cuts_off_no_more_than_the_last_frame) {
  for (const bool close : {false, true}) {
    const Scratch scratch;
    const Files files = small_journal(scratch, close);
    const auto offsets = frame_offsets(files.at(first_segment));
    ASSERT_EQ(offsets.size(), close ? 5U : 4U);
    const std::size_t last_frame = offsets[offsets.size() - 2];
    std::mt19937 random(5);
    for (const auto& [name, bytes] : files) {
      for (std::size_t at = 0; at < bytes.size(); ++at) {
        Files flipped = files;
        flipped[name][at] = static_cast<char>(flipped[name][at] ^ (1U << random() % 8));
        scratch.restore(flipped);
        const auto loaded = load(small(scratch));
        const std::string what = fmt::format("{} byte {} closed {}: {}", name, at, close, loaded.text());
        if (!loaded.opened) {
          ASSERT_EQ(loaded.code(), ErrorCode::journal_damaged) << what;
          ASSERT_TRUE(scratch.files() == flipped) << what << ": touched";
          ASSERT_THAT(loaded.text(), HasSubstr(name)) << what;
          continue;
        }
        const bool in_last = name == first_segment && at >= last_frame;
        const bool in_zeros = at >= (name == first_segment ? offsets.back() : header_bytes);
        ASSERT_TRUE(in_last || in_zeros) << what;
        // After a clean stop the last frame is a mark, and nothing can be lost.
        ASSERT_TRUE(loaded.effects == first_of(close || in_zeros ? 6 : 3)) << what;
      }
    }
  }
}

TEST(Damage, of_the_last_frame_is_noticed_once_a_start_has_read_it) {
  const Scratch scratch;
  (void)small_journal(scratch, false);
  ASSERT_TRUE(load(small(scratch)).opened);  // Crashes at once; but what it read is marked as durable.
  std::string segment = scratch.read(first_segment);
  const auto offsets = frame_offsets(segment);
  segment[offsets[2] + 40] ^= 1;
  scratch.write(first_segment, segment);
  expect_damage(scratch, "flipped");
}

TEST(Damage, of_several_segments_is_noticed_byte_by_byte) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {5, 5, 5, 5, 5, 5, 5, 5}, true);
  const Files files = scratch.files();
  ASSERT_GE(files.size(), 4U);
  const std::string newest = std::prev(files.end(), 2)->first;  // The last one is prepared only.
  for (const auto& [name, bytes] : files) {
    for (std::size_t at = 0; at < bytes.size(); at += 7) {
      Files flipped = files;
      flipped[name][at] ^= 0x10;
      scratch.restore(flipped);
      const auto loaded = load(small(scratch));
      if (loaded.opened) {
        ASSERT_GE(name, newest) << at;
        ASSERT_TRUE(loaded.effects == first_of(40)) << name << " " << at;
      } else {
        ASSERT_TRUE(scratch.files() == flipped) << name << " " << at << ": touched";
      }
    }
  }
}

TEST(Damage, names_file_offset_and_why) {
  const Scratch scratch;
  const Files files = small_journal(scratch, true);
  std::string segment = files.at(first_segment);
  const auto offsets = frame_offsets(segment);
  segment[offsets[1] + 33] ^= 4;
  scratch.write(first_segment, segment);
  const auto loaded = load(small(scratch));
  EXPECT_EQ(loaded.text(), fmt::format("The journal is damaged. Nothing was touched. ({}, offset {}: no valid frame, "
                                       "though the one at offset {} says "
                                       "that position 3 was durable)",
                                       scratch.file(first_segment).string(), offsets[1], offsets[2]));
}

TEST(Damage, is_any_segment_that_is_missing) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {4, 4, 4, 4, 4}, true);
  const Files files = scratch.files();
  for (const auto& [name, bytes] : files) {
    if (name == std::prev(files.end())->first) continue;  // Nothing was in it yet.
    Files fewer = files;
    fewer.erase(name);
    scratch.restore(fewer);
    expect_damage(scratch, "without " + name);
  }
}

TEST(Damage, is_a_segment_in_the_place_of_another) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4}, true);
  const Files files = scratch.files();
  const auto with = [&](const std::string& name, const std::string& bytes) {
    Files changed = files;
    changed[name] = bytes;
    scratch.restore(changed);
  };
  with(second_segment, files.at(first_segment));
  expect_damage(scratch, "the first twice");
  with(segment_name(99), files.at(first_segment));
  expect_damage(scratch, "a copy under a later number");
  with(segment_name(files.size() + 1), files.at(second_segment));
  expect_damage(scratch, "a copy under the next number");
  Files swapped = files;
  std::swap(swapped[second_segment], swapped[third_segment]);
  scratch.restore(swapped);
  expect_damage(scratch, "swapped");
  with(second_segment, "");
  expect_damage(scratch, "empty");
  with(second_segment, files.at(second_segment).substr(0, header_bytes));
  expect_damage(scratch, "only its header");
  with(second_segment, files.at(second_segment).substr(0, header_bytes) + std::string(1000, '\0'));
  expect_damage(scratch, "zeros for frames");
}

TEST(Damage, is_a_block_that_the_disk_put_elsewhere) {
  const Scratch scratch;
  FileJournalOptions options = small(scratch);
  options.start_bytes = options.segment_bytes = 4096;
  append_grants(options, 1, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, true);
  const Files files = scratch.files();
  const std::string& segment = files.at(first_segment);
  const auto offsets = frame_offsets(segment);
  for (std::size_t a = 0; a + 2 < offsets.size(); ++a) {
    for (std::size_t b = 0; b + 2 < offsets.size(); ++b) {
      const std::size_t size = std::min(offsets[a + 1] - offsets[a], offsets[b + 1] - offsets[b]);
      Files moved = files;
      moved[first_segment].replace(offsets[b], size, segment, offsets[a], size);
      if (moved == files) continue;
      scratch.restore(moved);
      expect_damage(scratch, fmt::format("frame {} over frame {}", a, b));
    }
  }
}

TEST(Damage, is_a_file_of_another_data_directory) {
  const Scratch scratch;
  const Scratch other;
  append_grants(small(scratch), 1, {4, 4, 4, 4, 4}, true);
  append_grants(small(other), 1, {4, 4, 4, 4, 4}, true);
  for (const char* name : {first_segment, second_segment, third_segment}) {
    const Files before = scratch.files();
    scratch.write(name, other.read(name));
    expect_damage(scratch, name);
    scratch.restore(before);
  }
}

TEST(Damage, is_a_last_segment_that_is_longer_than_its_zeros_ought_to_be_if_it_says_so) {
  // What follows the zeros of a closed segment belongs to nobody.
  const Scratch scratch;
  append_grants(small(scratch), 1, {4, 4, 4, 4, 4}, true);
  scratch.write(first_segment, scratch.read(first_segment) + "x");
  expect_damage(scratch, "something behind a closed segment");
}

TEST(NewerFormat, is_refused_with_both_versions_and_touches_nothing) {
  for (const char* name : {first_segment, second_segment}) {
    const Scratch scratch;
    append_grants(small(scratch), 1, {4, 4, 4}, true);
    std::string bytes = scratch.read(name);
    bytes[12] = 7;
    const std::uint32_t crc = crc32c(std::string_view{bytes}.substr(0, 60));
    for (std::size_t i = 0; i < 4; ++i) bytes[60 + i] = static_cast<char>(crc >> (8 * i));
    bytes.resize(header_bytes + 10);  // Whatever a newer version has there.
    scratch.write(name, bytes);
    const Files before = scratch.files();
    const auto loaded = load(small(scratch));
    EXPECT_EQ(loaded.code(), ErrorCode::journal_too_new);
    EXPECT_THAT(loaded.text(), HasSubstr("found format version 7, this holdfast understands up to 1"));
    EXPECT_TRUE(scratch.files() == before);
  }
}

TEST(NewerFormat, is_recognized_by_a_kind_of_effect_too) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {1}, false);
  std::string segment = scratch.read(first_segment);
  const auto header = decode_header(segment, "test");
  const std::size_t end = frame_offsets(segment).back();
  std::string frame;
  begin_frame(frame);
  frame += "\x63xyz";
  finish_frame(frame, {.count = 1, .first = 2, .durable = 1}, Seal(*header), end);
  scratch.write(first_segment, segment.replace(end, frame.size(), frame));
  const Files before = scratch.files();
  const auto loaded = load(small(scratch));
  EXPECT_EQ(loaded.code(), ErrorCode::journal_too_new) << loaded.text();
  EXPECT_TRUE(scratch.files() == before);
}

TEST(Damage, is_a_valid_frame_that_makes_no_sense) {
  struct Odd {
    const char* what;
    FrameHeader header;
    std::string payload;
  };
  std::string one;
  {
    std::string bytes;
    begin_frame(bytes);
    one = "\x07\x01n";  // Forgotten{"n"}
  }
  const std::vector<Odd> odd{
      {"a gap in the positions", {.count = 1, .first = 3, .durable = 1}, one},
      {"a position again", {.count = 1, .first = 1, .durable = 0}, one},
      {"more effects than it says", {.count = 1, .first = 2, .durable = 1}, one + one},
      {"fewer effects than it says", {.count = 2, .first = 2, .durable = 1}, one},
      {"a mark with a payload", {.count = 0, .first = 2, .durable = 1}, one},
      {"durable before it was written", {.count = 1, .first = 2, .durable = 2}, one},
      {"an effect that is none", {.count = 1, .first = 2, .durable = 1}, std::string("\x07\x7fn")},
  };
  for (const Odd& each : odd) {
    const Scratch scratch;
    append_grants(small(scratch), 1, {1}, false);
    std::string segment = scratch.read(first_segment);
    const auto header = decode_header(segment, "test");
    const std::size_t end = frame_offsets(segment).back();
    std::string frame;
    begin_frame(frame);
    frame += each.payload;
    finish_frame(frame, each.header, Seal(*header), end);
    scratch.write(first_segment, segment.replace(end, frame.size(), frame));
    expect_damage(scratch, each.what);
  }
}

TEST(Damage, survives_random_bytes_anywhere) {
  const Scratch scratch;
  append_grants(small(scratch), 1, {4, 4, 4, 4}, true);
  const Files files = scratch.files();
  std::mt19937_64 random(22);
  for (int round = 0; round < 400; ++round) {
    Files changed = files;
    auto& bytes = std::next(changed.begin(), static_cast<std::ptrdiff_t>(random() % changed.size()))->second;
    const std::size_t from = random() % bytes.size();
    const std::size_t size = std::min<std::size_t>(bytes.size() - from, 1 + random() % 64);
    for (std::size_t i = from; i < from + size; ++i) bytes[i] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
    scratch.restore(changed);
    const auto loaded = load(small(scratch));
    if (!loaded.opened) {
      ASSERT_TRUE(scratch.files() == changed) << round;
    } else {
      ASSERT_TRUE(loaded.effects == first_of(loaded.effects.size())) << round << ": a prefix, if not all";
      ASSERT_LE(loaded.effects.size(), 16U);
    }
  }
}

}  // namespace
}  // namespace holdfast::journal::file
