#include "core/draft_fit.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace holdfast::core {

namespace {

/// Beyond so many revisions in between, what came of them is taken as one change of the middle of the text: putting
/// them together one by one would take longer than anybody else should wait.
constexpr text::Revision revisions_looked_at = 2'000;
constexpr std::size_t bytes_looked_at = 4 << 20;  ///< Of all that is known of it.

struct Stretch {
  text::Units from = 0;
  text::Units to = 0;
};

std::vector<Stretch> touched(const text::ChangeShape& shape) {
  std::vector<Stretch> all;
  text::Units at = 0;
  for (const text::Part& part : shape.parts()) {
    if (!part.keeps()) all.push_back({at, at + part.length});
    at += part.length;
  }
  return all;
}

/// One change that leads from one text to the other: of what lies between their common beginning and end.
text::ChangeSet middle_of(const text::Text& before, const text::Text& after) {
  const std::string a = before.utf8();
  const std::string b = after.utf8();
  const auto is_inside = [](const std::string& text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t front = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(shorter), b.begin()).first - a.begin());
  while (front > 0 && (is_inside(a, front) || is_inside(b, front))) --front;
  std::size_t back = 0;
  while (back < shorter - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  while (back > 0 && (is_inside(a, a.size() - back) || is_inside(b, b.size() - back))) --back;
  const text::Units from = before.at_byte(static_cast<std::uint32_t>(front));
  const text::Units to = before.at_byte(static_cast<std::uint32_t>(a.size() - back));
  return text::ChangeSet::replace(before.length(), from, to - from,
                                  std::string_view(b).substr(front, b.size() - back - front));
}

}  // namespace

DraftView view_of(const Draft& draft) {
  const DraftKept& kept = draft.kept;
  DraftView view{.draft = kept.draft, .name = kept.name, .buffer = kept.buffer, .who = kept.who, .token = kept.token};
  view.base = kept.base;
  view.seq = kept.seq;
  view.because = kept.because;
  view.by = kept.by;
  view.at = kept.at;
  for (const text::Part& part : draft.change.parts()) {
    if (part.keeps()) continue;
    view.inserted += static_cast<std::size_t>(part.inserted);
    view.deleted += part.length;
  }
  return view;
}

bool meet(const text::ChangeShape& one, const text::ChangeShape& other) {
  const std::vector<Stretch> ours = touched(one);
  const std::vector<Stretch> theirs = touched(other);
  auto at = theirs.begin();
  for (const Stretch& stretch : ours) {
    while (at != theirs.end() && at->to < stretch.from) ++at;
    if (at != theirs.end() && at->from <= stretch.to) return true;
  }
  return false;
}

DraftFit fit_of(const Draft& draft, const Buffer* buffer) {
  if (!buffer || buffer->number() != draft.kept.buffer) return {};
  const text::RevisionLog& log = buffer->log();
  const bool each_is_known = draft.kept.base >= log.oldest() && log.newest() - draft.kept.base <= revisions_looked_at &&
                             (log.bytes() <= bytes_looked_at || log.newest() == draft.kept.base);
  const Result<text::ChangeSet> since =
      each_is_known ? log.between(draft.kept.base, log.newest()) : middle_of(draft.base_text, log.text());
  HF_CHECK(since.has_value());
  Result<text::ChangeSet> now = draft.change.map(since->shape(), text::Order::theirs_first);
  HF_CHECK(now.has_value());  // Both were made for the same text.
  const bool conflict = meet(draft.change.shape(), since->shape());
  return {conflict ? DraftView::Fit::conflict : DraftView::Fit::clean, *std::move(now)};
}

}  // namespace holdfast::core
