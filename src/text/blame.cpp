#include "text/blame.h"

#include <algorithm>

#include "base/check.h"
#include "text/varint.h"

namespace holdfast::text {
namespace {

void append(std::vector<Blame::Range>& ranges, Blame::Range range) {
  if (range.length == 0) return;
  if (!ranges.empty() && ranges.back().author == range.author) {
    ranges.back().length += range.length;
  } else {
    ranges.push_back(range);
  }
}

}  // namespace

Blame::Blame(Units length, Author author) : length_(length) {
  append(ranges_, {length, author});
}

Author Blame::at(Units position) const {
  HF_CHECK(position < length_);
  Units end = 0;
  return std::ranges::find_if(ranges_, [&](const Range& range) { return (end += range.length) > position; })->author;
}

void Blame::seek(Units at) {
  while (near_ > 0 && at <= near_start_) near_start_ -= ranges_[--near_].length;
  while (near_ + 1 < ranges_.size() && at > near_start_ + ranges_[near_].length) near_start_ += ranges_[near_++].length;
}

void Blame::apply(const ChangeShape& change, Author author) {
  HF_CHECK(change.length_before() == length_);
  Units at = 0;
  for (const Part& part : change.parts()) {
    if (!part.keeps()) replace(at, part.length, static_cast<Units>(part.inserted), author);
    at += part.length_after();
  }
}

void Blame::replace(Units at, Units removed, Units inserted, Author author) {
  length_ = length_ - removed + inserted;
  if (!ranges_.empty()) {
    seek(at);
    Range& here = ranges_[near_];
    // Within one range of whoever writes, only its length changes.
    const bool is_mine = here.author == author || inserted == 0;
    if (is_mine && at + removed <= near_start_ + here.length && here.length - removed + inserted > 0) {
      here.length = here.length - removed + inserted;
      return;
    }
  }
  // What is left of the first range touched, what comes, what is left of the last one; then the neighbours, if they are
  // of the same author now.
  const std::size_t first = near_ > 0 ? near_ - 1 : 0;
  std::vector<Range> made;
  if (first < near_) made.push_back(ranges_[first]);
  const Units made_start = near_start_ - (first < near_ ? ranges_[first].length : 0);
  std::size_t last = near_;
  Units start = near_start_;
  if (last < ranges_.size()) append(made, {at - start, ranges_[last].author});
  append(made, {inserted, author});
  const Units end = at + removed;
  while (last < ranges_.size() && start + ranges_[last].length <= end) start += ranges_[last++].length;
  if (last < ranges_.size()) {
    const Range& cut = ranges_[last];
    append(made, {start + cut.length - std::max(end, start), cut.author});
    if (++last < ranges_.size()) append(made, ranges_[last++]);
  }
  const auto begin = ranges_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto kept = std::min(made.size(), last - first);
  const auto middle = std::copy_n(made.begin(), kept, begin);
  if (kept < made.size()) {
    ranges_.insert(middle, made.begin() + static_cast<std::ptrdiff_t>(kept), made.end());
  } else {
    ranges_.erase(middle, ranges_.begin() + static_cast<std::ptrdiff_t>(last));
  }
  near_ = first < ranges_.size() ? first : 0;
  near_start_ = near_ == first ? made_start : 0;
}

void Blame::write(std::string& to) const {
  for (const Range& range : ranges_) {
    put_varint(to, range.length);
    put_varint(to, static_cast<std::uint32_t>(range.author));
  }
}

Result<Blame> Blame::read(std::string_view bytes, Units length) {
  ByteReader in(bytes);
  Blame blame(0, Author{});
  while (!in.empty()) {
    const Range range{static_cast<Units>(in.number(length - blame.length_)),
                      static_cast<Author>(in.number(0xFFFFFFFFU))};
    const bool joins = !blame.ranges_.empty() && blame.ranges_.back().author == range.author;
    if (!in.ok() || range.length == 0 || joins) return fail(ErrorCode::record_damaged, "the authors of a text");
    blame.length_ += range.length;
    blame.ranges_.push_back(range);
  }
  if (!in.ok() || blame.length_ != length) return fail(ErrorCode::record_damaged, "the authors of a text");
  return blame;
}

}  // namespace holdfast::text
