#include "server/watch_index.h"

#include <algorithm>

#include "base/check.h"

namespace holdfast::server {

void WatchIndex::add(std::string_view prefix, Watcher watcher) {
  if (prefix.empty()) return everything_.push_back(watcher);
  std::vector<Watcher>& watchers = by_prefix_[std::string{prefix}];
  if (watchers.empty()) {
    const auto depth = static_cast<std::size_t>(std::ranges::count(prefix, '/'));
    if (at_depth_.size() <= depth) at_depth_.resize(depth + 1);
    ++at_depth_[depth];
  }
  watchers.push_back(watcher);
}

void WatchIndex::remove(std::string_view prefix, Watcher watcher) {
  if (prefix.empty()) {
    std::erase(everything_, watcher);
    return;
  }
  const auto found = by_prefix_.find(prefix);
  HF_CHECK(found != by_prefix_.end());
  std::erase(found->second, watcher);
  if (!found->second.empty()) return;
  --at_depth_[static_cast<std::size_t>(std::ranges::count(prefix, '/'))];
  while (!at_depth_.empty() && at_depth_.back() == 0) at_depth_.pop_back();
  by_prefix_.erase(found);
}

}  // namespace holdfast::server
