#include "text/undo_stack.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "text/change_record.h"
#include "text/varint.h"

namespace holdfast::text {
namespace {

/// What a group costs beside its text, about.
constexpr std::size_t group_bytes = 128;

template <class T>
T sure(Result<T> result) {
  HF_CHECK(result.has_value());  // The lengths are those of the texts in between.
  return *std::move(result);
}

}  // namespace

// A foreign change goes into the group on top, and what it has become beyond that group into the next one.

void UndoStack::await(Groups& groups, const ChangeShape& change) {
  if (groups.empty()) return;
  std::optional<ChangeShape>& pending = groups.back().pending;
  pending = pending ? sure(pending->compose(change)) : change;
}

void UndoStack::settle_top(Groups& groups) {
  while (!groups.empty() && groups.back().pending) {
    const ChangeShape change = *std::exchange(groups.back().pending, std::nullopt);
    const ChangeSet back = groups.back().back;
    // Theirs is there already, so it comes first in both directions.
    groups.back().back = sure(back.map(change, Order::theirs_first));
    const ChangeShape beyond = sure(change.map(back.shape(), Order::ours_first));
    const bool gone = groups.back().back.changes_nothing();
    if (gone) groups.pop_back();
    if (groups.empty()) return;
    const std::size_t next = gone ? groups.size() - 1 : groups.size() - 2;
    if (next >= groups.size()) return;
    std::optional<ChangeShape>& pending = groups[next].pending;
    pending = pending ? sure(pending->compose(beyond)) : beyond;
    if (!gone) return;
  }
}

void UndoStack::settle(Groups& groups) {
  Groups settled;
  for (;;) {
    settle_top(groups);
    if (groups.empty()) break;
    settled.push_back(std::move(groups.back()));
    groups.pop_back();
  }
  std::ranges::reverse(settled);
  groups = std::move(settled);
}

void UndoStack::foreign(const ChangeSet& change) {
  if (change.changes_nothing()) return;
  close_group();
  await(done_, change.shape());
  await(undone_, change.shape());
}

// Groups.

bool UndoStack::joins(const ChangeSet& change, Kind kind, std::uint64_t at_ms) {
  if (done_.empty() || done_.back().pending || kind == Kind::none || kind != open_.kind) return false;
  if (at_ms < open_.at_ms || at_ms - open_.at_ms > limits_.typing_gap_ms) return false;
  // Side by side: what the group would take back touches what is changed now.
  Units group_at = 0;
  for (const Part& group_part : done_.back().back.parts()) {
    Units at = 0;
    for (const Part& part : change.parts()) {
      const bool touch = at <= group_at + group_part.length && group_at <= at + part.length;
      if (!part.keeps() && !group_part.keeps() && touch) return true;
      at += part.length;
    }
    group_at += group_part.length;
  }
  return false;
}

void UndoStack::own(const ChangeSet& change, const Text& before, std::uint64_t at_ms) {
  if (change.changes_nothing()) return;
  const auto all = [&](auto is) {
    return std::ranges::all_of(change.parts(), [&](const Part& part) { return part.keeps() || is(part); });
  };
  const Kind kind = all([](const Part& part) { return part.length == 0; }) ? Kind::inserts
                    : all([](const Part& part) { return part.deletes(); }) ? Kind::deletes
                                                                           : Kind::none;
  const bool joined = joins(change, kind, at_ms);
  ChangeSet back = sure(change.invert(before));
  undone_.clear();
  if (joined) {
    done_.back().back = sure(back.compose(done_.back().back));
    if (done_.back().back.changes_nothing()) done_.pop_back();
  } else {
    settle_top(done_);
    push(done_, std::move(back));
  }
  open_ = {kind, at_ms};
}

void UndoStack::push(Groups& groups, ChangeSet back) {
  groups.push_back({std::move(back), std::nullopt});
  trim(groups);
}

void UndoStack::trim(Groups& groups) {
  std::size_t bytes = 0;
  std::size_t keeps = 0;
  for (auto group = groups.rbegin(); group != groups.rend() && keeps < limits_.groups; ++group, ++keeps) {
    bytes += group_bytes + group->back.inserted().size() + group->back.parts().size() * sizeof(Part);
    if (bytes > limits_.bytes && keeps > 0) break;
  }
  groups.erase(groups.begin(), groups.end() - static_cast<std::ptrdiff_t>(keeps));
}

std::optional<ChangeSet> UndoStack::to_undo() {
  settle_top(done_);
  if (done_.empty()) return std::nullopt;
  return done_.back().back;
}

std::optional<ChangeSet> UndoStack::to_redo() {
  settle_top(undone_);
  if (undone_.empty()) return std::nullopt;
  return undone_.back().back;
}

void UndoStack::pass_over(Groups& from, Groups& to, const Text& before) {
  settle_top(from);
  HF_CHECK(!from.empty());
  const ChangeSet made = std::move(from.back().back);
  from.pop_back();
  settle_top(to);
  push(to, sure(made.invert(before)));
  close_group();
}

void UndoStack::undone(const Text& before) {
  pass_over(done_, undone_, before);
}
void UndoStack::redone(const Text& before) {
  pass_over(undone_, done_, before);
}

void UndoStack::clear() {
  done_.clear();
  undone_.clear();
  close_group();
}

// Kept: what may still join, then both stacks from the top down, each as its count and records with their sizes.

void UndoStack::write(std::string& to) const {
  put_varint(to, static_cast<std::uint64_t>(open_.kind));
  put_varint(to, open_.at_ms);
  for (Groups groups : {done_, undone_}) {
    settle(groups);
    put_varint(to, groups.size());
    std::string record;
    for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
      record.clear();
      write_record(record, group->back);
      put_varint(to, record.size());
      to += record;
    }
  }
}

Result<UndoStack> UndoStack::read(std::string_view bytes, Units length, UndoLimits limits) {
  const auto damaged = [] { return fail(ErrorCode::record_damaged, "what may be undone"); };
  UndoStack stack(limits);
  ByteReader in(bytes);
  stack.open_.kind = static_cast<Kind>(in.number(static_cast<std::uint64_t>(Kind::deletes)));
  stack.open_.at_ms = in.number(std::numeric_limits<std::uint64_t>::max());
  for (Groups* groups : {&stack.done_, &stack.undone_}) {
    Units left = length;
    for (std::uint64_t count = in.number(bytes.size()); count > 0; --count) {
      HF_TRY(back, read_record(in.take(in.number(bytes.size())), left));
      if (!in.ok() || back.changes_nothing()) return damaged();
      left = back.length_after();
      groups->push_back({std::move(back), std::nullopt});
    }
    std::ranges::reverse(*groups);
    stack.trim(*groups);
  }
  if (!in.ok() || !in.empty()) return damaged();
  return stack;
}

}  // namespace holdfast::text
