#include "engine/name_index.h"

#include <algorithm>

namespace holdfast::engine {

void NameIndex::apply(std::vector<core::NameChange> changes) {
  const std::lock_guard lock(mutex_);
  for (core::NameChange& change : changes) {
    if (change.appeared) {
      names_.insert(std::move(change.name));
    } else {
      names_.erase(change.name);
    }
  }
}

NamePage NameIndex::page(std::string_view prefix, std::string_view after, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  NamePage page;
  const auto add = [&](auto from, auto end) {
    for (; from != end; ++from) {
      if (page.names.size() == limit) {
        page.next = page.names.back();
        return;
      }
      page.names.push_back(*from);
    }
  };
  if (prefix.empty()) {
    add(after.empty() ? names_.begin() : names_.upper_bound(after), names_.end());
    return page;
  }
  // The name itself comes first; what lies below it is the range from "prefix/" to before "prefix0", as '0' follows
  // '/'.
  const std::string below = std::string{prefix} + '/';
  const std::string beyond = std::string{prefix} + '0';
  if (after < prefix) {
    if (const auto self = names_.find(prefix); self != names_.end()) add(self, std::next(self));
  }
  if (after >= beyond) return page;  // Behind all of it: such a range would end before it began.
  add(after < below ? names_.lower_bound(below) : names_.upper_bound(after), names_.lower_bound(beyond));
  return page;
}

}  // namespace holdfast::engine
