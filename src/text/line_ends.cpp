#include "text/line_ends.h"

#include <algorithm>
#include <array>

#include "text/text.h"
#include "text/varint.h"

namespace holdfast::text {
namespace {

constexpr std::uint64_t last_end = static_cast<std::uint64_t>(LineEnd::cr);

void append(std::vector<LineEnds::Run>& runs, LineEnds::Run run) {
  if (run.count == 0) return;
  if (!runs.empty() && runs.back().end == run.end) {
    runs.back().count += run.count;
  } else {
    runs.push_back(run);
  }
}

}  // namespace

LineEnds LineEnds::of(std::vector<Run> runs) {
  std::array<std::uint64_t, last_end + 1> counts{};
  for (const Run& run : runs) counts[static_cast<std::size_t>(run.end)] += run.count;
  LineEnds ends(static_cast<LineEnd>(std::ranges::max_element(counts) - counts.begin()));
  for (const Run& run : runs) append(ends.runs_, run);
  if (ends.runs_.size() <= 1) ends.runs_.clear();
  return ends;
}

void LineEnds::apply(const Text& before, const ChangeSet& changes) {
  if (!mixed()) return;
  Units at = 0;
  std::int64_t moved = 0;  // By how much breaks behind earlier parts have moved.
  std::string_view inserted = changes.inserted();
  for (const Part& part : changes.parts()) {
    if (!part.keeps()) {
      const std::uint32_t first = before.before(at).breaks;
      const std::uint32_t removed = before.before(at + part.length).breaks - first;
      const std::string_view text = inserted.substr(0, part.bytes);
      const auto added = static_cast<std::uint32_t>(std::ranges::count(text, '\n'));
      replace(static_cast<std::uint32_t>(first + moved), removed, added);
      moved += std::int64_t{added} - removed;
      inserted.remove_prefix(part.bytes);
    }
    at += part.length;
  }
  if (runs_.empty() || (runs_.size() == 1 && runs_[0].end == usual_)) runs_.clear();
}

void LineEnds::replace(std::uint32_t first, std::uint32_t removed, std::uint32_t added) {
  if (removed == 0 && added == 0) return;
  std::vector<Run> runs;
  runs.reserve(runs_.size() + 2);
  bool inserted = false;
  const auto insert = [&] {
    if (!inserted) append(runs, {usual_, added});
    inserted = true;
  };
  for (Run run : runs_) {
    const std::uint32_t stays = std::min(first, run.count);
    append(runs, {run.end, stays});
    first -= stays;
    run.count -= stays;
    if (run.count == 0) continue;
    insert();
    const std::uint32_t goes = std::min(removed, run.count);
    removed -= goes;
    append(runs, {run.end, run.count - goes});
  }
  insert();
  runs_ = std::move(runs);
}

void LineEnds::write(std::string& to) const {
  to += static_cast<char>(usual_);
  put_varint(to, runs_.size());
  for (const Run& run : runs_) {
    to += static_cast<char>(run.end);
    put_varint(to, run.count);
  }
}

Result<LineEnds> LineEnds::read(std::string_view bytes, std::uint32_t breaks) {
  ByteReader in(bytes);
  LineEnds ends(static_cast<LineEnd>(in.number(last_end)));
  std::uint64_t left = breaks;
  // Each run takes two bytes at least.
  for (std::uint64_t count = in.number(bytes.size() / 2); count > 0; --count) {
    const auto end = static_cast<LineEnd>(in.number(last_end));
    const auto length = static_cast<std::uint32_t>(in.number(left));
    if (!in.ok() || length == 0 || (!ends.runs_.empty() && ends.runs_.back().end == end)) in.damaged();
    left -= length;
    ends.runs_.push_back({end, length});
  }
  const bool whole = in.ok() && in.empty() && (ends.runs_.empty() || left == 0);
  if (!whole || (ends.runs_.size() == 1 && ends.runs_[0].end == ends.usual_))
    return fail(ErrorCode::record_damaged, "line ends");
  return ends;
}

}  // namespace holdfast::text
