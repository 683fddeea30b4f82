#include "history/cursor.h"

#include <iterator>
#include <optional>

namespace holdfast::history {

Merged::Merged(std::vector<std::unique_ptr<Cursor>> oldest_first) : cursors_(std::move(oldest_first)) {
  find();
}

void Merged::find() {
  at_.clear();
  for (const std::unique_ptr<Cursor>& cursor : cursors_) {
    if (!cursor->valid()) continue;
    if (!at_.empty() && at_.front()->name() < cursor->name()) continue;
    if (!at_.empty() && cursor->name() < at_.front()->name()) at_.clear();
    at_.push_back(cursor.get());
  }
  if (!at_.empty()) name_ = at_.front()->name();
}

std::vector<Entry> Merged::entries() {
  std::vector<Entry> all;
  for (const Cursor* cursor : at_) {
    std::optional<std::vector<Entry>> some = decode(cursor->entries());
    if (!some) {
      ++unreadable;
      continue;
    }
    all.insert(all.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
  }
  return all;
}

void Merged::next() {
  for (Cursor* cursor : at_) cursor->next();
  find();
}

}  // namespace holdfast::history
