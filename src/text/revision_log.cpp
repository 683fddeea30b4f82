#include "text/revision_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace holdfast::text {
namespace {

/// Many changes as one. Folding halves costs less than folding one after the other into an ever longer one.
ChangeSet folded(std::span<const ChangeSet> changes) {
  if (changes.size() == 1) return changes[0];
  const std::size_t half = changes.size() / 2;
  auto both = folded(changes.first(half)).compose(folded(changes.subspan(half)));
  HF_CHECK(both.has_value());  // Each was applied to what the one before it left.
  return *std::move(both);
}

/// Makes the changes of a run. A run that takes a surrogate pair away in two steps has a text in between that is none.
bool fits_step_by_step(const RevisionRun& run, Text& text) {
  if (run.kind == RunKind::change || run.kind == RunKind::typing) return text.apply(run.whole()).has_value();
  for (std::uint32_t i = 0; i < run.count; ++i) {
    if (!text.apply(run.slice(i, i + 1))) return false;
  }
  return true;
}

}  // namespace

RevisionLog::RevisionLog(Text start, Revision first, StretchLimits limits)
    : limits_(limits), text_(std::move(start)), newest_(first) {
  stretches_.push_back({.first = first, .text = text_});
}

bool RevisionLog::wants_new_stretch(Author author) const {
  const Stretch& last = stretches_.back();
  if (last.count >= limits_.revisions || last.runs.size() >= limits_.bytes) return true;
  return last.count >= limits_.revisions_of_author && last.authors.back().author != author;
}

Result<Revision> RevisionLog::append(const ChangeSet& change, Author author) {
  const bool begins = stretches_.back().count > 0 && wants_new_stretch(author);
  const Text before = begins ? text_ : Text{};
  HF_TRY_VOID(text_.apply(change));
  if (begins) stretches_.push_back({.first = newest_, .text = before});
  Stretch& last = stretches_.back();
  last.runs.add(change);
  if (last.authors.empty() || last.authors.back().author != author) last.authors.push_back({author, 0});
  ++last.authors.back().count;
  ++last.count;
  return ++newest_;
}

Result<void> RevisionLog::check(Revision from, Revision to) const {
  if (from < oldest())
    return fail(ErrorCode::revision_gone, fmt::format("{}, where {} is the oldest", from, oldest()), "revision");
  if (to > newest_ || from > to)
    return fail(ErrorCode::revision_future, fmt::format("{} to {}, where {} is the newest", from, to, newest_),
                "revision");
  return {};
}

const RevisionLog::Stretch& RevisionLog::stretch_of(Revision revision) const {
  const auto after = std::ranges::upper_bound(stretches_, revision, {}, &Stretch::first);
  return *std::prev(after);
}

void RevisionLog::each_run(const Stretch& stretch, Revision from, Revision to, const VisitRun& visit) {
  const std::string bytes = stretch.runs.bytes();
  RunReader reader(bytes, stretch.text.length());
  for (Revision at = stretch.first; at < to && !reader.done();) {
    const auto run = reader.next();
    HF_CHECK(run.has_value());  // We wrote it.
    const Revision begin = std::max(at, from);
    const Revision end = std::min(at + run->count, to);
    if (begin < end)
      visit(*run, static_cast<std::uint32_t>(begin - at), static_cast<std::uint32_t>(end - at), begin + 1);
    at += run->count;
  }
}

Result<Text> RevisionLog::text_at(Revision revision) const {
  HF_TRY_VOID(check(revision, revision));
  if (revision == newest_) return text_;
  const Stretch& stretch = stretch_of(revision);
  Text text = stretch.text;
  each_run(stretch, stretch.first, revision,
           [&](const RevisionRun& run, std::uint32_t from, std::uint32_t to, Revision) {
             HF_CHECK(text.apply(run.slice(from, to)).has_value());
           });
  return text;
}

Result<ChangeSet> RevisionLog::between(Revision from, Revision to) const {
  HF_TRY_VOID(check(from, to));
  std::vector<ChangeSet> changes;
  for (const Stretch& stretch : stretches_) {
    if (stretch.first >= to || stretch.first + stretch.count <= from) continue;
    each_run(stretch, from, to, [&](const RevisionRun& run, std::uint32_t begin, std::uint32_t end, Revision) {
      changes.push_back(run.slice(begin, end));
    });
  }
  if (!changes.empty()) return folded(changes);
  HF_TRY(text, text_at(from));
  return ChangeSet::unchanged(text.length());
}

Result<void> RevisionLog::each(Revision from, Revision to, const Visit& visit) const {
  HF_TRY_VOID(check(from, to));
  for (const Stretch& stretch : stretches_) {
    if (stretch.first >= to || stretch.first + stretch.count <= from) continue;
    auto author = stretch.authors.begin();
    Revision author_ends = stretch.first + author->count;
    each_run(stretch, from, to, [&](const RevisionRun& run, std::uint32_t begin, std::uint32_t end, Revision made) {
      for (std::uint32_t i = begin; i < end; ++i, ++made) {
        while (made > author_ends) author_ends += (++author)->count;
        visit(made, author->author, run.slice(i, i + 1));
      }
    });
  }
  return {};
}

void RevisionLog::forget_before(Revision revision) {
  while (stretches_.size() > 1 && stretches_[1].first <= revision) stretches_.pop_front();
}

void RevisionLog::write(std::string& to) const {
  const Text& oldest_text = stretches_.front().text;
  put_varint(to, oldest());
  put_varint(to, oldest_text.extent().bytes);
  oldest_text.each_piece([&](std::string_view piece) { to += piece; });
  for (const Stretch& stretch : stretches_) {
    if (stretch.count == 0) continue;
    put_varint(to, stretch.authors.size());
    for (const OfAuthor& of : stretch.authors) {
      put_varint(to, static_cast<std::uint32_t>(of.author));
      put_varint(to, of.count);
    }
    const std::string runs = stretch.runs.bytes();
    put_varint(to, runs.size());
    to += runs;
  }
}

bool RevisionLog::read_stretch(ByteReader& in) {
  Stretch stretch{.first = newest_, .text = text_};
  for (std::uint64_t left = in.number(in.ahead().size()); left > 0 && in.ok(); --left) {
    const auto author = static_cast<Author>(in.number(std::numeric_limits<std::uint32_t>::max()));
    const auto count = static_cast<std::uint32_t>(in.number(std::numeric_limits<std::uint32_t>::max() - stretch.count));
    if (count == 0) return false;
    stretch.authors.push_back({author, count});
    stretch.count += count;
  }
  const std::string_view bytes = in.take(in.number(in.ahead().size()));
  if (!in.ok() || stretch.count == 0) return false;
  RunReader runs(bytes, text_.length());
  std::uint64_t made = 0;
  while (!runs.done()) {
    const auto run = runs.next();
    if (!run || !fits_step_by_step(*run, text_)) return false;
    made += run->count;
  }
  if (made != stretch.count) return false;
  stretch.runs = RunWriter(std::string{bytes});
  newest_ += made;
  stretches_.push_back(std::move(stretch));
  return true;
}

Result<RevisionLog> RevisionLog::read(std::string_view bytes, StretchLimits limits) {
  const auto damaged = [] { return fail(ErrorCode::record_damaged, "the revisions of a text"); };
  ByteReader in(bytes);
  const Revision first = in.number(std::numeric_limits<std::uint64_t>::max() >> 1U);
  auto text = Text::from_utf8(in.take(in.number(bytes.size())));
  if (!in.ok() || !text) return damaged();
  RevisionLog log(*std::move(text), first, limits);
  while (!in.empty()) {
    if (!log.read_stretch(in)) return damaged();
  }
  if (!in.ok()) return damaged();
  if (log.stretches_.size() > 1) log.stretches_.pop_front();  // The empty one that it began with.
  return log;
}

std::size_t RevisionLog::bytes() const {
  std::size_t bytes = 0;
  for (const Stretch& stretch : stretches_) bytes += stretch.runs.bytes().size();
  return bytes;
}

}  // namespace holdfast::text
