#include "core/lease_table.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace holdfast::core {

void LeaseTable::prefetch_lease(std::uint64_t hash) const {
  if (places_.empty()) return;
  for (std::size_t at = place_of(hash); places_[at].lease; at = next(at)) {
    if (places_[at].hash != hash) continue;
    constexpr std::size_t line = 64;
    const char* const lease = reinterpret_cast<const char*>(places_[at].lease.get());
    for (std::size_t i = 0; i < sizeof(Lease); i += line) __builtin_prefetch(lease + i);
    return;
  }
}

Lease& LeaseTable::add(std::uint64_t hash, std::unique_ptr<Lease> lease) {
  if ((size_ + 1) * 4 > places_.size() * 3) grow();
  std::size_t at = place_of(hash);
  while (places_[at].lease) at = next(at);
  Lease& added = *lease;
  places_[at].hash = hash;
  places_[at].lease = std::move(lease);
  ++size_;
  return added;
}

void LeaseTable::grow() {
  constexpr std::size_t places_at_first = 16;
  std::vector<Place> before(std::max(places_at_first, 2 * places_.size()));
  before.swap(places_);
  for (Place& place : before) {
    if (!place.lease) continue;
    std::size_t at = place_of(place.hash);
    while (places_[at].lease) at = next(at);
    places_[at] = std::move(place);
  }
}

void LeaseTable::erase(std::uint64_t hash, const Lease& lease) {
  std::size_t hole = place_of(hash);
  while (places_[hole].lease.get() != &lease) {
    HF_CHECK(places_[hole].lease != nullptr);
    hole = next(hole);
  }
  places_[hole].lease.reset();
  for (std::size_t at = next(hole); places_[at].lease; at = next(at)) {
    // It may move up where that is not before the place it belongs to.
    const std::size_t belongs = place_of(places_[at].hash);
    if (((at - belongs) & mask()) < ((at - hole) & mask())) continue;
    places_[hole] = std::move(places_[at]);
    hole = at;
  }
  --size_;
}

}  // namespace holdfast::core
