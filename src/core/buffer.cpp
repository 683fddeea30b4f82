#include "core/buffer.h"

#include <algorithm>

#include "base/check.h"
#include "text/change_record.h"

namespace holdfast::core {

namespace {

text::FileForm form_of(const std::string& ends, bool byte_order_mark, const text::Text& text) {
  auto read = text::LineEnds::read(ends, text.extent().breaks);
  HF_CHECK(read.has_value());  // We wrote it.
  return {*std::move(read), byte_order_mark};
}

text::RevisionLog read_log(const std::string& bytes) {
  auto log = text::RevisionLog::read(bytes);
  HF_CHECK(log.has_value());  // We wrote it.
  return *std::move(log);
}

text::Blame read_blame(const std::string& bytes, text::Units length) {
  auto blame = text::Blame::read(bytes, length);
  HF_CHECK(blame.has_value());  // We wrote it.
  return *std::move(blame);
}

std::uint64_t ms_of(WallTime at) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count());
}

}  // namespace

Buffer::Buffer(const BufferCreated& created, std::uint64_t number)
    : name_(created.name),
      number_(number),
      created_at_(created.at),
      changed_at_(created.at),
      log_(created.text),
      blame_(created.text.length(), text::Author{0}),
      form_(form_of(created.ends, created.byte_order_mark, created.text)),
      owners_{created.by.owner} {}

Buffer::Buffer(const KeptBuffer& kept)
    : name_(kept.name),
      number_(kept.buffer),
      created_at_(kept.at),
      changed_at_(kept.changed_at),
      log_(read_log(kept.log)),
      blame_(read_blame(kept.blame, log_.text().length())),
      form_(form_of(kept.ends, kept.byte_order_mark, log_.text())),
      owners_(kept.owners),
      last_author_(kept.last_author),
      seqs_(kept.seqs),
      ends_(kept.ended) {
  HF_CHECK(last_author_ < owners_.size());
  for (const KeptUndo& undo : kept.undo) {
    auto stack = text::UndoStack::read(undo.stack, log_.text().length());
    HF_CHECK(stack.has_value());  // We wrote it.
    undo_.push_back({undo.owner, *std::move(stack)});
  }
}

KeptBuffer Buffer::keep() const {
  KeptBuffer kept{.name = name_, .buffer = number_, .at = created_at_, .changed_at = changed_at_};
  form_.ends.write(kept.ends);
  kept.byte_order_mark = form_.byte_order_mark;
  log_.write(kept.log);
  blame_.write(kept.blame);
  kept.owners = owners_;
  kept.last_author = last_author_;
  for (const Undoer& undoer : undo_) {
    std::string stack;
    undoer.stack.write(stack);
    kept.undo.push_back({undoer.owner, std::move(stack)});
  }
  kept.seqs = seqs_;
  kept.ended = ends_;
  return kept;
}

const KeptSeq* Buffer::newest_of(const Who& who) const {
  const auto found = std::ranges::find(seqs_, who, &KeptSeq::who);
  return found == seqs_.end() ? nullptr : &*found;
}

const KeptEnd* Buffer::ended_with(const Who& who, std::uint64_t seq) const {
  const auto had = [&](const KeptEnd& end) { return end.who == who && end.seq <= seq && seq <= end.last; };
  const auto found = std::ranges::find_if(ends_, had);
  return found == ends_.end() ? nullptr : &*found;
}

void Buffer::note_end(const DraftKept& draft) {
  if (draft.seq == 0) return;
  if (ends_.size() == ends_max) ends_.erase(ends_.begin());
  ends_.push_back({draft.who, draft.seq, draft.seq + draft.changes.size() - 1, draft.draft});
}

Buffer::Undoer* Buffer::find_undoer(std::string_view owner) {
  const auto found = std::ranges::find(undo_, owner, &Undoer::owner);
  return found == undo_.end() ? nullptr : &*found;
}

std::optional<text::ChangeSet> Buffer::to_undo(std::string_view owner, bool redo) {
  Undoer* const undoer = find_undoer(owner);
  if (!undoer) return std::nullopt;
  return redo ? undoer->stack.to_redo() : undoer->stack.to_undo();
}

std::size_t Buffer::undo_depth(std::string_view owner) const {
  const Undoer* const undoer = const_cast<Buffer*>(this)->find_undoer(owner);
  return undoer ? undoer->stack.undo_depth() : 0;
}

std::size_t Buffer::redo_depth(std::string_view owner) const {
  const Undoer* const undoer = const_cast<Buffer*>(this)->find_undoer(owner);
  return undoer ? undoer->stack.redo_depth() : 0;
}

void Buffer::close_groups() {
  for (Undoer& undoer : undo_) undoer.stack.close_group();
}

text::Author Buffer::author_of(const std::string& owner) {
  if (owners_[last_author_] != owner) {
    last_author_ = static_cast<std::size_t>(std::ranges::find(owners_, owner) - owners_.begin());
    if (last_author_ == owners_.size()) owners_.push_back(owner);
  }
  return static_cast<text::Author>(last_author_);
}

text::UndoStack& Buffer::stack_of(const std::string& owner) {
  Undoer* found = find_undoer(owner);
  if (!found) {
    if (undo_.size() == undoers_max) undo_.erase(undo_.begin());
    return undo_.emplace_back(Undoer{owner, text::UndoStack{}}).stack;
  }
  // Most are of whoever made the last one.
  std::rotate(undo_.begin() + (found - undo_.data()), undo_.begin() + (found - undo_.data()) + 1, undo_.end());
  return undo_.back().stack;
}

void Buffer::note_undo(const BufferEdited& edited, const text::ChangeSet& change) {
  const text::Text& before = log_.text();
  text::UndoStack& own = stack_of(edited.who.owner);
  const bool takes_back = edited.kind == EditKind::undo && own.to_undo() == change;
  const bool does_again = edited.kind == EditKind::redo && own.to_redo() == change;
  if (takes_back) {
    own.undone(before);
  } else if (does_again) {
    own.redone(before);
  } else {
    own.own(change, before, ms_of(edited.at));
  }
  for (Undoer& undoer : undo_) {
    if (&undoer.stack != &own) undoer.stack.foreign(change);
  }
}

void Buffer::note_seq(const BufferEdited& edited) {
  if (edited.seq == 0) return;
  KeptSeq noted{edited.who, edited.seq + edited.changes.size() - 1, log_.newest()};
  const auto before = std::ranges::find(seqs_, edited.who, &KeptSeq::who);
  if (before != seqs_.end()) {
    std::rotate(before, before + 1, seqs_.end());
    seqs_.back() = std::move(noted);
    return;
  }
  if (seqs_.size() == sessions_max) seqs_.erase(seqs_.begin());
  seqs_.push_back(std::move(noted));
}

void Buffer::carry_out(const BufferEdited& edited) {
  HF_CHECK(edited.base == log_.newest());  // B3
  const text::Author author = author_of(edited.who.owner);
  for (const std::string& record : edited.changes) {
    const auto change = text::read_record(record, log_.text().length());
    HF_CHECK(change.has_value());  // We wrote it, for a text of this length.
    note_undo(edited, *change);
    form_.ends.apply(log_.text(), *change);
    blame_.apply(change->shape(), author);
    HF_CHECK(log_.append(*change, author).has_value());  // It was tried before it was decided.
  }
  changed_at_ = edited.at;
  note_seq(edited);
}

}  // namespace holdfast::core
