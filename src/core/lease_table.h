// A table of leases by the hash of their name, so that a look costs one wait for memory and one for the lease, and both
// can be begun early: among a million names these waits are what a look costs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/probed_places.h"
#include "core/lease.h"

namespace holdfast::core {

/// Leases stay where they are. All but the low 32 bits of the hashes choose the place. Not thread-safe.
class LeaseTable {
 public:
  std::size_t size() const { return places_.size(); }
  /// Begins to fetch what `find` would look at first.
  void prefetch(std::uint64_t hash) const { places_.prefetch(home_of(hash)); }
  /// Begins to fetch the lease itself, if there is one: to be called when that has arrived.
  void prefetch_lease(std::uint64_t hash) const;
  /// Null: there is none.
  Lease* find(std::uint64_t hash, std::string_view name) const {
    const Place* const found = places_.find(
        home_of(hash), [&](const Place& place) { return place.hash == hash && place.lease->name == name; });
    return found ? found->lease.get() : nullptr;
  }
  /// There is none of its name yet.
  Lease& add(std::uint64_t hash, std::unique_ptr<Lease> lease) { return *places_.add({hash, std::move(lease)}).lease; }
  /// It is in the table, under `hash`.
  void erase(std::uint64_t hash, const Lease& lease);
  /// In the order of their places.
  template <class Visit>
  void for_each(Visit&& visit) const {
    places_.for_each([&](const Place& place) { visit(*place.lease); });
  }

 private:
  static std::uint64_t home_of(std::uint64_t hash) { return hash >> 32U; }
  // With its hash: a table that grows looks at no lease.
  struct Place {
    std::uint64_t hash = 0;
    std::unique_ptr<Lease> lease;
    bool taken() const { return lease != nullptr; }
    std::uint64_t home() const { return home_of(hash); }
  };
  ProbedPlaces<Place> places_;
};

}  // namespace holdfast::core
