#include "core/buffers.h"

#include <algorithm>

#include "base/check.h"
#include "text/change_record.h"

namespace holdfast::core {

namespace {

/// Of the changes of one text that are kept; older ones are forgotten.
constexpr std::size_t log_bytes_max = 32 << 20;
/// How often is looked at that, counted in changes small and large.
constexpr text::Revision revisions_a_look = 64;
constexpr std::size_t edit_bytes_a_look = 64 << 10;

std::size_t bytes_of(const BufferEdited& edited) {
  std::size_t bytes = 0;
  for (const std::string& record : edited.changes) bytes += record.size();
  return bytes;
}

/// A log forgets whole stretches of it, the oldest first, and at least one is left.
void forget_beyond(Buffer& buffer) {
  const text::RevisionLog& log = buffer.log();
  while (log.bytes() > log_bytes_max) {
    const text::Revision oldest = log.oldest();
    text::Revision step = 1;
    while (log.oldest() == oldest && oldest + step <= log.newest()) {
      buffer.forget_before(oldest + step);
      step *= 2;
    }
    if (log.oldest() == oldest) return;
  }
}

}  // namespace

const Buffer* Buffers::find(std::string_view name) const {
  return const_cast<Buffers*>(this)->find(name);
}

Buffer* Buffers::find(std::string_view name) {
  if (by_name_.empty()) return nullptr;
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.get();
}

const Draft* Buffers::draft(std::uint64_t number) const {
  const auto found = drafts_.find(number);
  return found == drafts_.end() ? nullptr : &found->second;
}

std::size_t Buffers::drafts_of_owner(std::string_view owner) const {
  const auto found = drafts_of_owner_.find(owner);
  return found == drafts_of_owner_.end() ? 0 : found->second;
}

std::size_t Buffers::drafts_of_name(std::string_view name) const {
  const auto found = drafts_of_name_.find(name);
  return found == drafts_of_name_.end() ? 0 : found->second;
}

const Draft* Buffers::draft_with(const std::string& name, const Who& who, std::uint64_t seq) const {
  if (drafts_of_name(name) == 0 || drafts_of_owner(who.owner) == 0) return nullptr;
  for (auto at = drafts_.rbegin(); at != drafts_.rend(); ++at) {
    const DraftKept& kept = at->second.kept;
    if (kept.seq == 0 || kept.name != name || kept.who != who) continue;
    if (kept.seq <= seq && seq <= kept.seq + kept.changes.size()) return &at->second;
  }
  return nullptr;
}

Buffer& Buffers::add(std::unique_ptr<Buffer> buffer) {
  text_bytes_ += buffer->log().text().extent().bytes;
  const auto [at, is_new] = by_name_.emplace(buffer->name(), std::move(buffer));
  HF_CHECK(is_new);
  return *at->second;
}

void Buffers::remove(std::string_view name, Position position) {
  removed_ = position;
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  text_bytes_ -= found->second->log().text().extent().bytes;
  by_name_.erase(found);
}

Position Buffers::last_to_decide(std::string_view name) const {
  const Buffer* const buffer = find(name);
  return buffer ? Position{buffer->number()} : removed_;
}

void Buffers::carry_out(const BufferEdited& edited, Position position, std::size_t revisions_max) {
  Buffer* const buffer = find(edited.name);
  HF_CHECK(buffer != nullptr);
  text_bytes_ -= buffer->log().text().extent().bytes;
  buffer->carry_out(edited);
  buffer->changed = position;
  text_bytes_ += buffer->log().text().extent().bytes;
  const text::RevisionLog& log = buffer->log();
  if (log.newest() - log.oldest() > revisions_max) buffer->forget_before(log.newest() - revisions_max);
  if (log.newest() % revisions_a_look == 0 || bytes_of(edited) > edit_bytes_a_look) forget_beyond(*buffer);
}

text::ChangeSet composed(const std::vector<std::string>& records, text::Units length) {
  text::ChangeSet all = text::ChangeSet::unchanged(length);
  for (const std::string& record : records) {
    const auto change = text::read_record(record, all.length_after());
    HF_CHECK(change.has_value());  // We wrote it.
    auto both = all.compose(*change);
    HF_CHECK(both.has_value());  // It was tried before it was decided.
    all = *std::move(both);
  }
  return all;
}

void Buffers::keep(const DraftKept& kept, Position position) {
  if (const Draft* before = draft(kept.draft)) {  // It has grown.
    text::Text base = before->base_text;
    return keep(kept, std::move(base), position);
  }
  const Buffer* const buffer = find(kept.name);
  HF_CHECK(buffer && buffer->number() == kept.buffer);
  auto base = buffer->log().text_at(kept.base);
  HF_CHECK(base.has_value());
  keep(kept, *std::move(base), position);
}

void Buffers::keep(const DraftKept& kept, text::Text base_text, Position position) {
  text::ChangeSet change = composed(kept.changes, base_text.length());
  const bool is_new = !drafts_.contains(kept.draft);
  if (Buffer* const buffer = find(kept.name)) buffer->changed = std::max(buffer->changed, position);
  drafts_.insert_or_assign(kept.draft, Draft{kept, std::move(base_text), std::move(change), position});
  if (!is_new) return;
  ++drafts_of_owner_[kept.who.owner];
  ++drafts_of_name_[kept.name];
}

void Buffers::count_down(Counts& counts, std::string_view of) {
  const auto found = counts.find(of);
  if (--found->second == 0) counts.erase(found);
}

void Buffers::end_draft(std::uint64_t number, Position position) {
  const auto found = drafts_.find(number);
  if (found == drafts_.end()) return;
  const DraftKept& kept = found->second.kept;
  if (Buffer* const buffer = find(kept.name); buffer && buffer->number() == kept.buffer) {
    buffer->note_end(kept);
    buffer->changed = position;
  }
  count_down(drafts_of_owner_, found->second.kept.who.owner);
  count_down(drafts_of_name_, found->second.kept.name);
  drafts_.erase(found);
}

}  // namespace holdfast::core
