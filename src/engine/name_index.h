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
  std::string next;        ///< The last name looked at; empty when there are no more.
  core::Position as_of{};  ///< Of what was decided later there may be more names. The runner says it.
};

/// What lies right below a prefix: a name of one segment more, those below it included.
struct Branch {
  std::string name;
  std::vector<std::string> names;  ///< It and those below it that are known: the first of them.
  bool more = false;               ///< There are more of these.
  std::string place;  ///< The name by which it stands among the others: a page that ends with it has it as `next`.
};

/// One page's worth of branches.
struct BranchPage {
  std::vector<Branch> branches;
  std::string next;  ///< The place of the last one; empty when there are no more.
};

/// How much of the names a page of branches looks at.
struct BranchBounds {
  std::size_t branches = 100;
  std::size_t names_each = 1'000;
  std::size_t looks = 10'000;  ///< Of all branches: behind so many names the page ends.
};

/// Thread-safe.
class NameIndex {
 public:
  /// Takes changes in, in the order in which they happened. Adding a name twice, or removing an absent one, is
  /// harmless.
  void apply(std::vector<core::NameChange> changes);

  /// At most `limit` names after `after` that are `prefix` or lie below it (whole segments; empty: all).
  NamePage page(std::string_view prefix, std::string_view after, std::size_t limit) const;

  /// The branches right below `prefix` (empty: the first segments of all names) that begin behind `after`, which is the
  /// `next` of the page before. One stands where the first name below it does, and by its own only where there is none:
  /// so one that is there all the time is shown on some page, whatever appears meanwhile, and on two where something
  /// appears below it.
  BranchPage branches(std::string_view prefix, std::string_view after, const BranchBounds& bounds) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace holdfast::engine
