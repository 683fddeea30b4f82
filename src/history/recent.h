// What is not in a file yet, by name.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_hash.h"
#include "history/cursor.h"
#include "history/holding.h"
#include "history/trim.h"

namespace holdfast::history {

/// Entries of a run of positions. Not thread-safe.
class Recent {
 public:
  explicit Recent(const Bounds& bounds) : bounds_(bounds) {}

  /// Takes the next effect; one that tells nothing only moves `last` on.
  void add(core::Position position, const core::Effect& effect);
  /// The next positions are known to be missing.
  void add_gap(const Gap& gap);

  core::Position first() const { return first_; }  ///< 0: nothing was added.
  core::Position last() const { return last_; }
  std::size_t bytes() const { return bytes_; }
  WallTime newest() const { return newest_; }              ///< Of the times of all entries.
  WallTime earliest_end() const { return earliest_end_; }  ///< Not later than the first end of a holding here.
  std::size_t names() const { return names_.size(); }
  const std::vector<Gap>& gaps() const { return gaps_; }
  bool empty() const { return first_.value == 0; }

  /// The bytes of the entries of `name`; empty if there are none.
  std::string_view entries(std::string_view name) const;

  /// The first `limit` names from `from` on, sorted, with their entries.
  ListCursor::List list(std::string_view from, std::size_t limit) const;

  /// A name and its entries. Views, until the next `add`.
  struct Listed {
    std::string_view name;
    std::string_view entries;
  };
  /// All names, sorted.
  std::vector<Listed> in_order() const;

 private:
  struct Kept {
    std::string bytes;
    std::uint32_t starts = 0;   ///< Holdings that begin here, since the last trim.
    std::uint32_t entries = 0;  ///< Since the last trim.
    std::uint32_t fit = 0;      ///< How many bytes the last trim left.
  };
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const { return hash_of(text, salt_of_process()); }
  };
  void cut(Kept& kept);

  Bounds bounds_;
  boost::unordered_flat_map<std::string, Kept, Hash, std::equal_to<>> names_;
  std::vector<Gap> gaps_;
  core::Position first_, last_;
  std::size_t bytes_ = 0;
  WallTime newest_ = WallTime::min();
  WallTime earliest_end_ = WallTime::max();
};

}  // namespace holdfast::history
