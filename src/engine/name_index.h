// Names in order, for listing. Off the grant path: made when somebody first lists, and kept up from then on.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/state.h"

namespace holdfast::engine {

/// One page's worth of names, and where the next page begins.
struct NamePage {
  std::vector<std::string> names;
  std::string next;  ///< The last name looked at; empty when there are no more.
};

/// Thread-safe.
class NameIndex {
 public:
  /// Takes changes in, in the order in which they happened. Adding a name twice, or removing an absent one, is
  /// harmless.
  void apply(std::vector<core::NameChange> changes);

  /// At most `limit` names after `after` that are `prefix` or lie below it (whole segments; empty: all).
  NamePage page(std::string_view prefix, std::string_view after, std::size_t limit) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace holdfast::engine
