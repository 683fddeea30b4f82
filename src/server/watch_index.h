// Which watchers an event concerns: found by the few prefixes of its name, however many watch.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::server {

/// Prefixes match whole segments: `deploy` concerns `deploy` and `deploy/web`, not `deployment`. The empty one is that
/// of every name. Not thread-safe.
class WatchIndex {
 public:
  using Watcher = std::uint64_t;

  void add(std::string_view prefix, Watcher watcher);
  /// `prefix` is the one it was added with.
  void remove(std::string_view prefix, Watcher watcher);

  /// Calls `visit(Watcher)` for everyone whom `name` concerns. `visit` must not change the index.
  template <class Visit>
  void concerned(std::string_view name, Visit&& visit) const {
    for (const Watcher watcher : everything_) visit(watcher);
    std::size_t end = 0;
    for (std::size_t depth = 0; depth < at_depth_.size() && end < name.size(); ++depth) {
      end = std::min(name.find('/', end + (depth == 0 ? 0 : 1)), name.size());
      if (at_depth_[depth] == 0) continue;
      const auto found = by_prefix_.find(name.substr(0, end));
      if (found == by_prefix_.end()) continue;
      for (const Watcher watcher : found->second) visit(watcher);
    }
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using ByPrefix = boost::unordered_flat_map<std::string, std::vector<Watcher>, Hash, std::equal_to<>>;

  std::vector<Watcher> everything_;
  ByPrefix by_prefix_;
  std::vector<std::size_t> at_depth_;  ///< How many prefixes have so many slashes: no longer ones are looked up.
};

}  // namespace holdfast::server
