// A table of leases by the hash of their name, so that a look costs one wait for memory and one for the lease, and both
// can be begun early: among a million names these waits are what a look costs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/lease.h"

namespace holdfast::core {

/// Open addressing with linear probing: what is erased leaves no mark, since those behind it move up. Leases stay where
/// they are. All but the low 32 bits of the hashes choose the place. Not thread-safe.
class LeaseTable {
 public:
  std::size_t size() const { return size_; }
  /// Begins to fetch what `find` would look at first.
  void prefetch(std::uint64_t hash) const {
    if (!places_.empty()) __builtin_prefetch(&places_[place_of(hash)]);
  }
  /// Begins to fetch the lease itself, if there is one: to be called when that has arrived.
  void prefetch_lease(std::uint64_t hash) const;
  /// Null: there is none.
  Lease* find(std::uint64_t hash, std::string_view name) const {
    if (places_.empty()) return nullptr;
    for (std::size_t at = place_of(hash);; at = next(at)) {
      const Place& place = places_[at];
      if (!place.lease) return nullptr;
      if (place.hash == hash && place.lease->name == name) return place.lease.get();
    }
  }
  /// There is none of its name yet.
  Lease& add(std::uint64_t hash, std::unique_ptr<Lease> lease);
  /// It is in the table, under `hash`.
  void erase(std::uint64_t hash, const Lease& lease);
  /// In the order of their places.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Place& place : places_) {
      if (place.lease) visit(*place.lease);
    }
  }

 private:
  // With its hash: a table that grows looks at no lease.
  struct Place {
    std::uint64_t hash = 0;
    std::unique_ptr<Lease> lease;  ///< Null: this place is empty.
  };
  std::size_t mask() const { return places_.size() - 1; }
  std::size_t place_of(std::uint64_t hash) const { return (hash >> 32U) & mask(); }
  std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
  void grow();

  std::vector<Place> places_;  ///< A power of two, at most three quarters of them taken; or none.
  std::size_t size_ = 0;
};

}  // namespace holdfast::core
