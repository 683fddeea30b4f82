#include "history/cursor.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>

namespace holdfast::history {

Merged::Merged(std::vector<std::unique_ptr<Cursor>> oldest_first) : cursors_(std::move(oldest_first)) {
  for (std::size_t age = 0; age < cursors_.size(); ++age) wait_for_turn(age);
  find();
}

void Merged::wait_for_turn(std::size_t age) {
  Cursor* const cursor = cursors_[age].get();
  if (!cursor->valid()) return;
  waiting_.push_back({cursor->name(), age, cursor});
  std::ranges::push_heap(waiting_, std::greater<>{});
}

void Merged::find() {
  at_.clear();
  while (!waiting_.empty() && (at_.empty() || waiting_.front().name == at_.front().name)) {
    at_.push_back(waiting_.front());
    std::ranges::pop_heap(waiting_, std::greater<>{});
    waiting_.pop_back();
  }
}

std::vector<Entry> Merged::entries() {
  std::vector<Entry> all;
  for (const Next& each : at_) unreadable += decode(each.cursor->entries(), all) ? 0 : 1;
  return all;
}

void Merged::next() {
  for (const Next& each : at_) {
    each.cursor->next();
    wait_for_turn(each.age);
  }
  find();
}

}  // namespace holdfast::history
