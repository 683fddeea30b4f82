// What is not in a file yet: entries as they came, one behind the other.
//
// Most names come up once between two files, and hardly anybody asks. So nothing is looked up or put in order when an
// effect comes in: that is done once, for a file. A question looks at all there is, which is short and lies together.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "history/cursor.h"
#include "history/holding.h"
#include "history/trim.h"

namespace holdfast::history {

/// Entries of a run of positions. Not thread-safe.
class Recent {
 public:
  /// `bytes_max`: about what it will have when it is full.
  explicit Recent(const Bounds& bounds, std::size_t bytes_max = 0);

  /// Takes the next effect; one that tells nothing only moves `last` on.
  void add(core::Position position, const core::Effect& effect);
  /// The next positions are known to be missing.
  void add_gap(const Gap& gap);

  core::Position first() const { return first_; }  ///< 0: nothing was added.
  core::Position last() const { return last_; }
  std::size_t bytes() const { return bytes_.size() + pieces_.size() * (sizeof(Piece) + sizeof(std::uint32_t)); }
  WallTime newest() const { return newest_; }              ///< Of the times of all entries.
  WallTime earliest_end() const { return earliest_end_; }  ///< Not later than the first end of a holding here.
  const std::vector<Gap>& gaps() const { return gaps_; }
  bool empty() const { return first_.value == 0; }

  /// The bytes of the entries of `name`, of those that its bounds leave at least; empty if there are none.
  std::string entries(std::string_view name) const;

  /// The first `limit` names from `from` on, sorted, with their entries.
  ListCursor::List list(std::string_view from, std::size_t limit) const;

  /// Is shown a name and its entries, and says whether to go on.
  using Visit = std::function<bool(std::string_view name, std::string_view entries)>;
  /// All names, sorted, with no more of each than its bounds allow.
  void in_order(const Visit& visit) const;

  /// Whether half of this or more would not be kept, because few names are taken again and again.
  bool crowded() const;
  /// The same without what exceeds the bounds of a name.
  Recent thinned_out() const;

 private:
  /// Where a name and behind it entries of it lie: one entry, or all that is kept of the name.
  struct Piece {
    std::uint32_t at;
    std::uint32_t name_bytes;
    std::uint32_t entries_bytes : 31;
    std::uint32_t begins : 1;  ///< It is the beginning of a holding.
  };
  struct Sorted;

  /// What follows until `end_piece` is `name`'s.
  void begin_piece(std::string_view name, bool begins);
  void end_piece();
  std::string_view name(const Piece& piece) const { return {bytes_.data() + piece.at, piece.name_bytes}; }
  std::string_view entries(const Piece& piece) const {
    return {bytes_.data() + piece.at + piece.name_bytes, piece.entries_bytes};
  }
  /// Of pieces of one name, in order, the entries of the newest ones: as many as can be kept.
  std::string joined(std::span<const Piece> of_name) const;
  bool exceeds(std::span<const Piece> of_name) const;
  void sort(std::span<Sorted> names) const;
  static void sort_by_key(std::span<Sorted> names);

  Bounds bounds_;
  std::string bytes_;
  std::vector<Piece> pieces_;
  std::vector<std::uint32_t> hashes_;        ///< Of their names: what a question looks through.
  std::array<std::uint32_t, 4'096> busy_{};  ///< Pieces by their names' hashes: a busy name stands out.
  bool thinned_ = false;                     ///< There are pieces of several entries.
  std::vector<Gap> gaps_;
  core::Position first_, last_;
  WallTime newest_ = WallTime::min();
  WallTime earliest_end_ = WallTime::max();
};

}  // namespace holdfast::history
