// Folding closed segments into a snapshot, and every state of the disk on the way there.
#include <gmock/gmock.h>

#include <algorithm>
#include <mutex>

#include "core/state.h"
#include "journal/file/folder.h"
#include "journal/file/inspect.h"
#include "journal/file/scratch_for_tests.h"

namespace holdfast::journal::file {
namespace {

using testing::HasSubstr;

/// All that a journal knows, as a snapshot would say it.
std::vector<std::string> state_of(const FileJournalOptions& options) {
  FileJournal journal(options);
  core::State state;
  const auto opened =
      journal.open([&](const core::Effect& effect, core::Position at) { state.apply(effect, at, core::Now{}); });
  if (!opened) return {opened.error().text()};
  std::vector<std::string> out;
  state.keep([&](const core::Effect& effect) { out.push_back(describe(effect, Form::text)); });
  std::ranges::sort(out);
  out.push_back(fmt::format("position {}", opened->last.value));
  return out;
}

/// Grants, releases and grants again: names that are held, free and renumbered.
std::vector<core::Effect> life(std::uint64_t first, std::uint64_t count) {
  std::vector<core::Effect> out;
  for (std::uint64_t i = first; i < first + count; ++i) {
    const std::string name = "name/" + std::to_string(i / 3 % 20);
    const std::string session = "s" + std::to_string(i / 3);
    const core::Token token{1 + i / 3};
    switch (i % 3) {
      case 0:
        out.push_back(core::Granted{name, {"owner", session}, token, std::chrono::seconds{30}});
        break;
      case 1:
        out.push_back(core::Numbered{name, 1 + i / 3 % 20});
        break;
      default: {
        if (i / 3 % 2 == 0)
          out.push_back(core::Released{name, session, token});
        else
          out.push_back(core::Lapsed{name, session, token});
      }
    }
  }
  return out;
}

void live(const FileJournalOptions& options, std::uint64_t first, int batches, bool close = false) {
  FileJournal journal(options);
  ASSERT_TRUE(journal.open([](const auto&, auto) {}));
  for (int i = 0; i < batches; ++i, first += 6) ASSERT_TRUE(journal.append(core::Position{first}, life(first, 6)));
  journal.settle();
  if (close) {
    ASSERT_TRUE(journal.close());
  }
}

std::vector<std::string> names_in(const Scratch& scratch, std::string_view prefix) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : scratch.files()) {
    if (name.starts_with(prefix)) names.push_back(name);
  }
  return names;
}

FileJournalOptions folding(const Scratch& scratch, std::size_t after = 1) {
  FileJournalOptions options = small(scratch);
  options.fold_after_bytes = after;
  return options;
}

TEST(Fold, keeps_the_state_and_lets_go_of_the_segments) {
  const Scratch with;
  const Scratch without;
  live(folding(with), 1, 60);
  live(small(without), 1, 60);
  EXPECT_EQ(names_in(with, "snapshot-").size(), 1U);
  EXPECT_LT(names_in(with, "segment-").size(), names_in(without, "segment-").size());
  EXPECT_EQ(state_of(small(with)), state_of(small(without)));
  EXPECT_EQ(state_of(small(with)).back(), "position 360");
}

TEST(Fold, is_counted_and_noted) {
  const Scratch scratch;
  FileJournalOptions options = folding(scratch);
  std::mutex mutex;
  std::vector<std::string> notes;
  options.note = [&](const std::string& note) {
    const std::lock_guard lock(mutex);
    notes.push_back(note);
  };
  FileJournal journal(options);
  ASSERT_TRUE(load(journal).opened);
  for (std::uint64_t first = 1; first < 300; first += 6)
    ASSERT_TRUE(journal.append(core::Position{first}, life(first, 6)));
  journal.settle();
  EXPECT_GE(journal.counters().snapshots, 1U);
  EXPECT_EQ(journal.counters().snapshot_failures, 0U);
  ASSERT_FALSE(notes.empty());
  EXPECT_THAT(notes.back(), HasSubstr("folded"));
}

TEST(Fold, goes_on_over_restarts) {
  const Scratch with;
  const Scratch without;
  for (std::uint64_t start = 0; start < 6; ++start) {
    live(folding(with), 1 + 120 * start, 20, start % 2 == 0);
    live(small(without), 1 + 120 * start, 20);
    ASSERT_EQ(state_of(small(with)), state_of(small(without))) << start;
  }
}

TEST(Fold, tells_a_replay_the_position_of_the_snapshot) {
  const Scratch scratch;
  live(folding(scratch), 1, 60);
  const auto names = names_in(scratch, "snapshot-");
  ASSERT_EQ(names.size(), 1U);
  const core::Position position{*snapshot_number(names.front())};
  const auto loaded = load(small(scratch));
  ASSERT_TRUE(loaded.opened);
  EXPECT_TRUE(std::holds_alternative<core::KeptTotals>(loaded.effects.front()));
  std::uint64_t next = position.value + 1;
  for (std::size_t i = 0; i < loaded.effects.size(); ++i) {
    const bool kept = core::of_snapshot(loaded.effects[i]);
    if (kept) {
      ASSERT_EQ(loaded.positions[i], position);
    } else {
      ASSERT_EQ(loaded.positions[i].value, next++);
    }
  }
  EXPECT_EQ(next, 361U);
}

TEST(Fold, waits_until_there_is_as_much_to_fold_as_the_last_snapshot_has) {
  const Scratch scratch;
  live(folding(scratch, 3000), 1, 10);
  EXPECT_TRUE(names_in(scratch, "snapshot-").empty());
  live(folding(scratch, 3000), 61, 30);
  EXPECT_EQ(names_in(scratch, "snapshot-").size(), 1U);
}

/// A journal of several segments, and what is on disk before, and after, a fold of all but its last one.
struct Stages {
  Scratch scratch;
  Files before;
  Files after;           ///< With the new snapshot, and nothing removed yet.
  std::string snapshot;  ///< Its name.
  std::vector<std::string> expected;

  explicit Stages(bool second_fold) {
    if (second_fold) live(folding(scratch), 1, 30);
    live(small(scratch), second_fold ? 181 : 1, 40, true);
    before = scratch.files();
    expected = state_of(small(scratch));
    before = scratch.files();
    const auto directory = Directory::open(scratch.data(), Use::look);
    const auto found = recover(*directory, {});
    EXPECT_TRUE(found);
    EXPECT_GE(found->segments.size(), 3U);
    EXPECT_EQ(found->snapshot.has_value(), second_fold);
    const auto made = fold(*directory, found->store, found->snapshot,
                           std::span(found->segments).first(found->segments.size() - 1), {}, {});
    EXPECT_TRUE(made) << made.error().text();
    snapshot = snapshot_name(made->position.value);
    after = scratch.files();
    EXPECT_EQ(after.size(), before.size() + 1);
  }
  void expect_state(const std::string& what) {
    EXPECT_EQ(state_of(small(scratch)), expected) << what;
    // Twice: the leftovers are gone, and nothing else is.
    EXPECT_EQ(state_of(small(scratch)), expected) << what << ", again";
    EXPECT_LE(names_in(scratch, "snapshot-").size(), 1U) << what;
    for (const std::string& name : names_in(scratch, "")) EXPECT_FALSE(name.ends_with(".tmp")) << what;
  }
};

TEST(FoldCutShort, by_a_crash_at_any_stage_loses_nothing) {
  for (const bool second : {false, true}) {
    Stages stages(second);
    const std::string whole = stages.after.at(stages.snapshot);
    for (std::size_t size = 0; size <= whole.size(); size += std::max<std::size_t>(1, whole.size() / 40)) {
      Files files = stages.before;
      files[unfinished(stages.snapshot)] = whole.substr(0, size);
      stages.scratch.restore(files);
      stages.expect_state(fmt::format("{} bytes of the unfinished snapshot", size));
    }
    Files files = stages.after;
    stages.scratch.restore(files);
    stages.expect_state("renamed, nothing removed");
    // Then the old snapshot and the folded segments go, in this order or, the directory not being synced, in any other.
    const auto covered = [&] {
      std::vector<std::string> names;
      std::string newest_used;
      for (const auto& [name, bytes] : stages.before) {
        if (name.starts_with("snapshot-")) names.push_back(name);
      }
      const auto header = decode_header(whole, "test");
      for (const auto& [name, bytes] : stages.before) {
        if (const auto sequence = segment_number(name); sequence && *sequence < header->next) names.push_back(name);
      }
      return names;
    }();
    ASSERT_GE(covered.size(), 2U);
    for (unsigned removed = 0; removed < (1U << std::min<std::size_t>(covered.size(), 6)); ++removed) {
      files = stages.after;
      for (std::size_t i = 0; i < covered.size(); ++i) {
        if ((removed >> i & 1U) != 0) files.erase(covered[i]);
      }
      stages.scratch.restore(files);
      stages.expect_state(fmt::format("removed {:b}", removed));
    }
  }
}

TEST(FoldCutShort, leaves_leftovers_that_need_not_be_sound) {
  Stages stages(true);
  Files files = stages.after;
  const std::string leftover = names_in(stages.scratch, "segment-").front();
  files[leftover][100] ^= 1;
  stages.scratch.restore(files);
  stages.expect_state("a folded segment is damaged");
}

TEST(DamagedSnapshot, is_passed_over_while_an_older_state_leads_to_where_it_stood) {
  for (const bool second : {false, true}) {
    Stages stages(second);
    const std::string& whole = stages.after.at(stages.snapshot);
    for (std::size_t at = 0; at < whole.size(); at += std::max<std::size_t>(1, whole.size() / 30)) {
      Files files = stages.after;
      files[stages.snapshot][at] ^= 1;
      stages.scratch.restore(files);
      stages.expect_state(fmt::format("byte {}", at));
    }
    Files files = stages.after;
    files[stages.snapshot].resize(whole.size() - 32);  // Without its end.
    stages.scratch.restore(files);
    stages.expect_state("no end");
  }
}

TEST(DamagedSnapshot, is_damage_wherever_it_is_when_nothing_else_covers_it) {
  const Scratch scratch;
  live(folding(scratch), 1, 60, true);
  const Files files = scratch.files();
  const std::string name = names_in(scratch, "snapshot-").front();
  const auto expect_damage = [&](const Files& changed, const std::string& what) {
    scratch.restore(changed);
    const auto loaded = load(small(scratch));
    ASSERT_EQ(loaded.code(), ErrorCode::journal_damaged) << what << loaded.text();
    ASSERT_TRUE(scratch.files() == changed) << what << ": touched";
  };
  const std::size_t size = files.at(name).size();
  for (std::size_t at = 0; at < size; ++at) {
    Files changed = files;
    changed[name][at] ^= 0x40;
    expect_damage(changed, fmt::format("byte {}", at));
  }
  for (std::size_t cut = 0; cut < size; cut += 5) {
    Files changed = files;
    changed[name].resize(cut);
    expect_damage(changed, fmt::format("cut at {}", cut));
  }
  Files changed = files;
  changed[name] += std::string(8, '\0');
  expect_damage(changed, "something behind the end");
  changed = files;
  changed.erase(name);
  expect_damage(changed, "missing");
}

TEST(DamagedSnapshot, does_not_meet_segments_of_another_time) {
  const Scratch scratch;
  live(folding(scratch), 1, 30, true);
  const Files early = scratch.files();
  live(folding(scratch), 181, 30, true);
  const Files late = scratch.files();
  const auto snapshot_of = [](const Files& files) {
    return *std::ranges::find_if(files, [](const auto& f) { return f.first.starts_with("snapshot-"); });
  };
  // An old snapshot put in the place of the new one: its segments are gone.
  Files mixed = late;
  mixed.erase(snapshot_of(late).first);
  mixed.insert(snapshot_of(early));
  scratch.restore(mixed);
  EXPECT_EQ(load(small(scratch)).code(), ErrorCode::journal_damaged);
  EXPECT_TRUE(scratch.files() == mixed);
  // A new snapshot among old segments: the segment that goes on from it is not there.
  mixed = early;
  mixed.erase(snapshot_of(early).first);
  mixed.insert(snapshot_of(late));
  scratch.restore(mixed);
  EXPECT_EQ(load(small(scratch)).code(), ErrorCode::journal_damaged);
  EXPECT_TRUE(scratch.files() == mixed);
  // The content of one under the name of the other.
  mixed = late;
  mixed[snapshot_of(late).first] = snapshot_of(early).second;
  scratch.restore(mixed);
  EXPECT_EQ(load(small(scratch)).code(), ErrorCode::journal_damaged);
}

TEST(Fold, that_finds_damage_is_counted_and_changes_nothing) {
  const Scratch scratch;
  live(small(scratch), 1, 20);
  FileJournalOptions options = folding(scratch, 4000);
  FileJournal journal(options);
  ASSERT_TRUE(load(journal).opened);
  std::string segment = scratch.read(segment_name(2));
  segment[200] ^= 1;
  {
    std::fstream out(scratch.file(segment_name(2)), std::ios::in | std::ios::out | std::ios::binary);
    out << segment;
  }
  for (std::uint64_t first = 121; first < 400; first += 6)
    ASSERT_TRUE(journal.append(core::Position{first}, life(first, 6)));
  journal.settle();
  EXPECT_GE(journal.counters().snapshot_failures, 1U);
  EXPECT_EQ(journal.counters().snapshots, 0U);
  EXPECT_TRUE(names_in(scratch, "snapshot-").empty());
}

TEST(Snapshot, of_many_names_takes_several_frames) {
  const Scratch scratch;
  FileJournalOptions options = folding(scratch, 1000);
  options.segment_bytes = options.start_bytes = 1 << 20;
  append_grants(options, 1, {10'000, 10'000, 10'000, 10'000, 10'000, 10'000}, true);
  ASSERT_EQ(names_in(scratch, "snapshot-").size(), 1U);
  std::size_t frames = 0;
  ASSERT_TRUE(show(scratch.data(), Form::text,
                   [&](std::string_view line) { frames += line.starts_with("snapshot-") ? 1U : 0U; }));
  EXPECT_GT(frames, 3U);
  EXPECT_EQ(load(small(scratch)).opened->last, core::Position{60'000});
}

}  // namespace
}  // namespace holdfast::journal::file
