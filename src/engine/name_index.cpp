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

BranchPage NameIndex::branches(std::string_view prefix, std::string_view after, const BranchBounds& bounds) const {
  const std::lock_guard lock(mutex_);
  const std::string below = prefix.empty() ? std::string{} : std::string{prefix} + '/';
  const auto branch_of = [&](std::string_view name) { return name.substr(0, name.find('/', below.size())); };
  // Of a branch, what lies below it is a range, as above. Its own name comes before that, and other names may come
  // between the two: "a", "a-b", "a/c". Whoever went by such a name would miss it where it appears between two pages.
  const auto beyond = [this](std::string_view branch) { return names_.lower_bound(std::string{branch} + '0'); };
  auto at = names_.lower_bound(below);
  const auto end = prefix.empty() ? names_.end() : names_.lower_bound(std::string{prefix} + '0');
  if (after >= below && !after.empty()) {
    if (!after.starts_with(below)) return {};  // Behind all of it.
    const std::string_view branch = branch_of(after);
    at = branch == after ? names_.upper_bound(after) : beyond(branch);
  }
  BranchPage page;
  std::size_t looks = 0;
  while (at != end) {
    const std::string_view branch = branch_of(*at);
    const bool itself = branch == *at;
    const auto first = itself ? names_.lower_bound(std::string{branch} + '/') : at;
    const auto last = beyond(branch);
    if (itself && first != last) {  // It stands there.
      ++at;
      continue;
    }
    if (page.branches.size() == bounds.branches || looks >= bounds.looks) return page;
    Branch& found =
        page.branches.emplace_back(Branch{.name = std::string{branch}, .names = {}, .more = false, .place = *at});
    page.next = *at;
    if (names_.contains(branch)) found.names.emplace_back(branch);
    for (auto each = first; each != last; ++each) {
      found.more = found.names.size() == bounds.names_each;
      if (found.more) break;
      found.names.push_back(*each);
    }
    looks += found.names.size();
    at = itself ? std::next(at) : last;
  }
  page.next.clear();
  return page;
}

}  // namespace holdfast::engine
