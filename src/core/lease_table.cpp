#include "core/lease_table.h"

#include "base/check.h"

namespace holdfast::core {

void LeaseTable::prefetch_lease(std::uint64_t hash) const {
  const Place* const found = places_.find(home_of(hash), [hash](const Place& place) { return place.hash == hash; });
  if (!found) return;
  constexpr std::size_t line = 64;
  const char* const lease = reinterpret_cast<const char*>(found->lease.get());
  for (std::size_t i = 0; i < sizeof(Lease); i += line) __builtin_prefetch(lease + i);
}

void LeaseTable::erase(std::uint64_t hash, const Lease& lease) {
  Place* const found = places_.find(home_of(hash), [&](const Place& place) { return place.lease.get() == &lease; });
  HF_CHECK(found != nullptr);
  places_.erase(*found);
}

}  // namespace holdfast::core
