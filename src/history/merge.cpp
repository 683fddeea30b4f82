#include "history/merge.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace holdfast::history {
namespace {

constexpr std::size_t run_min = 8;      ///< So many files of like size are worth a merge.
constexpr std::size_t files_max = 128;  ///< With more, the smallest neighbours are merged whatever their size.
constexpr std::size_t gaps_in_a_file_max = 256;
/// Of all bytes: what goes at once when there are too many. What has not ended is written again each time.
constexpr std::uint64_t gulps_in_all = 8;
/// Of all bytes: a file so large is left as it is. To have fewer, each effect would be written twice.
constexpr std::uint64_t files_in_all = 64;

std::optional<Plan> for_bytes(std::span<const Size> files, const Room& room) {
  std::uint64_t all = 0;
  for (const Size& file : files) all += file.bytes;
  if (all <= room.bytes_max) return std::nullopt;
  const auto over = std::ranges::find_if(files, [](const Size& f) { return f.earliest_end != WallTime::max(); });
  if (over == files.end()) return Plan{.begin = 0, .end = 1, .expiry = {}, .remove = true};
  // Together with what was left of those before: the end of such a holding may be here.
  auto end = static_cast<std::size_t>(over - files.begin());
  for (std::uint64_t gone = 0; end < files.size() && gone < room.bytes_max / gulps_in_all;) gone += files[end++].bytes;
  return Plan{.begin = 0, .end = end, .expiry = {WallTime::max()}};
}

std::optional<Plan> for_age(std::span<const Size> files, const Room& room) {
  std::size_t end = 0;
  bool due = false;
  while (end < files.size() && files[end].newest < room.keep_from) due |= files[end++].earliest_end < room.keep_from;
  if (!due) return std::nullopt;
  return Plan{.begin = 0, .end = end, .expiry = {room.keep_from}};
}

std::optional<Plan> for_number(std::span<const Size> files, const Room& room) {
  const std::uint64_t one_max = room.bytes_max / files_in_all;
  for (std::size_t end = files.size(); end > 0; --end) {
    const std::uint64_t like_max = 2 * files[end - 1].bytes;
    std::uint64_t bytes = files[end - 1].bytes;
    std::size_t begin = end - 1;
    // Each byte is written again when the file that it is in grows eightfold: once or twice in its life.
    while (begin > 0 && files[begin - 1].bytes <= like_max && bytes + files[begin - 1].bytes <= one_max) {
      bytes += files[--begin].bytes;
    }
    if (end - begin >= run_min) return Plan{.begin = begin, .end = end};
  }
  if (files.size() <= files_max) return std::nullopt;
  std::size_t best = 0;
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t begin = 0; begin + run_min <= files.size(); ++begin) {
    std::uint64_t bytes = 0;
    for (std::size_t i = begin; i < begin + run_min; ++i) bytes += files[i].bytes;
    if (bytes < least) least = bytes, best = begin;
  }
  return Plan{.begin = best, .end = best + run_min};
}

About about_all(std::span<const std::shared_ptr<const File>> files) {
  About about;
  about.first = files.front()->about().first;
  about.last = files.back()->about().last;
  for (const auto& file : files) {
    about.newest = std::max(about.newest, file->about().newest);
    about.earliest_end = std::min(about.earliest_end, file->about().earliest_end);
  }
  return about;
}

/// Nothing of it can go, however old it is.
bool plainly_held(std::span<const Entry> entries) {
  return entries.size() == 1 && std::holds_alternative<core::Granted>(entries[0].effect);
}

}  // namespace

std::optional<Plan> plan(std::span<const Size> files, const Room& room) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].damaged) return Plan{.begin = i, .end = i + 1};
  }
  if (auto bytes = for_bytes(files, room)) return bytes;
  if (auto age = for_age(files, room)) return age;
  return for_number(files, room);
}

Result<std::shared_ptr<const File>> merge(const Folder& folder, std::span<const std::shared_ptr<const File>> files,
                                          const Bounds& bounds, const Expiry& expiry, const std::stop_token& stop) {
  HF_CHECK(!files.empty());
  About about = about_all(files);
  const bool expires = expiry.before > WallTime::min();
  if (expires) about.earliest_end = WallTime::max();  // Found out anew.
  std::vector<std::unique_ptr<Cursor>> cursors;
  for (const auto& file : files) cursors.push_back(file->cursor(""));
  Merged all(std::move(cursors));

  HF_TRY(writer, FileWriter::begin(folder, about.first, about.last));
  Result<void> written;
  for (; all.valid() && written; all.next()) {
    if (stop.stop_requested()) {
      written = fail(ErrorCode::stopping);
      break;
    }
    const std::string_view only = all.only();
    if (!only.empty() && !expires) {
      written = writer.add(all.name(), only);  // It has been trimmed before.
      continue;
    }
    std::vector<Entry> entries = all.entries();
    if (!only.empty() && plainly_held(entries)) {
      written = writer.add(all.name(), only);
      continue;
    }
    trim(entries, bounds, expiry);
    if (expires) about.earliest_end = std::min(about.earliest_end, earliest_end(entries));
    if (!entries.empty()) written = writer.add(all.name(), encode(entries));
  }
  about.gaps = gaps_of(files);
  if (all.unreadable > 0) about.gaps.push_back({{about.first.value - 1}, about.last, about.newest});
  if (expires) std::erase_if(about.gaps, [&](const Gap& gap) { return gap.noticed < expiry.before; });
  while (about.gaps.size() > gaps_in_a_file_max) {  // The oldest two are told of as one, and what lies between them.
    about.gaps[1].after = about.gaps[0].after;
    about.gaps.erase(about.gaps.begin());
  }
  if (written) written = writer.finish(about);
  if (!written) {
    writer.give_up();
    return std::unexpected(written.error());
  }
  return File::open(folder, file_name(about.first, about.last));
}

std::vector<Gap> gaps_of(std::span<const std::shared_ptr<const File>> files) {
  std::vector<Gap> gaps;
  const File* before = nullptr;
  for (const auto& file : files) {
    const About& about = file->about();
    const bool hole = before && about.first.value > before->about().last.value + 1;
    if (hole) gaps.push_back({before->about().last, {about.first.value - 1}, about.newest});
    gaps.insert(gaps.end(), about.gaps.begin(), about.gaps.end());
    if (file->damaged()) gaps.push_back({{about.first.value - 1}, about.last, about.newest});
    before = file.get();
  }
  return gaps;
}

}  // namespace holdfast::history
