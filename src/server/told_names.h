// A table of what was told of names, by the hash of the name: what the monitor looks into for every grant, so that a
// look costs one wait for memory at most, and that one can be begun early.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "core/types.h"

namespace holdfast::server {

/// What was told of one name. All text is kept as hashes only.
struct Told {
  std::uint64_t name = 0;  ///< 0: this place is empty.
  core::Token token;
  /// Until when the sessions that were told that they hold may believe so; of several, the last.
  Instant until{};
  std::uint32_t owner = 0;
  /// The only session that believes it holds. 0: several do, and the monitor keeps them elsewhere.
  std::uint32_t session = 0;
};
static_assert(sizeof(Told) == 32, "two of them in a line of memory");

/// Open addressing with linear probing: what is erased leaves no mark, since those behind it move up. Not thread-safe.
class ToldNames {
 public:
  std::size_t size() const { return size_; }
  /// Begins to fetch what `find` would look at first.
  void prefetch(std::uint64_t name) const {
    if (!places_.empty()) __builtin_prefetch(&places_[name & mask()]);
  }
  /// Null: nothing was told of it. Valid until the next `add`, `erase` or `erase_if`.
  Told* find(std::uint64_t name);
  /// `told.name` is not 0, and there is nothing of it yet.
  Told& add(const Told& told);
  void erase(Told& told);
  template <class Over>
  void erase_if(Over&& over) {
    std::vector<Told> before;
    before.swap(places_);
    size_ = 0;
    std::size_t kept = 0;
    for (const Told& each : before) kept += each.name != 0 && !over(each) ? 1 : 0;
    reserve(kept);
    for (const Told& each : before) {
      if (each.name != 0 && !over(each)) add(each);
    }
  }

 private:
  std::size_t mask() const { return places_.size() - 1; }
  bool is_full_with(std::size_t count) const { return count * 4 > places_.size() * 3; }
  void reserve(std::size_t count);

  std::vector<Told> places_;  ///< A power of two, at most three quarters of them taken; or none.
  std::size_t size_ = 0;
};

}  // namespace holdfast::server
