// A table of what was told of names, by the hash of the name: what the monitor looks into for every grant, so that a
// look costs one wait for memory at most, and that one can be begun early.
#pragma once

#include <cstdint>
#include <utility>

#include "base/probed_places.h"
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

  bool taken() const { return name != 0; }
  std::uint64_t home() const { return name; }
};
static_assert(sizeof(Told) == 32, "two of them in a line of memory");

/// Not thread-safe.
class ToldNames {
 public:
  std::size_t size() const { return places_.size(); }
  /// Begins to fetch what `find` would look at first.
  void prefetch(std::uint64_t name) const { places_.prefetch(name); }
  /// Null: nothing was told of it. Valid until the next `add`, `erase` or `erase_if`.
  Told* find(std::uint64_t name) {
    return places_.find(name, [name](const Told& told) { return told.name == name; });
  }
  /// `told.name` is not 0, and there is nothing of it yet.
  Told& add(const Told& told) { return places_.add(told); }
  void erase(Told& told) { places_.erase(told); }
  template <class Over>
  void erase_if(Over&& over) {
    places_.erase_if(std::forward<Over>(over));
  }

 private:
  ProbedPlaces<Told> places_;
};

}  // namespace holdfast::server
