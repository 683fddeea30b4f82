#include "server/told_names.h"

#include <algorithm>
#include <bit>

namespace holdfast::server {

Told* ToldNames::find(std::uint64_t name) {
  if (places_.empty()) return nullptr;
  for (std::size_t at = name & mask(); places_[at].name != 0; at = (at + 1) & mask()) {
    if (places_[at].name == name) return &places_[at];
  }
  return nullptr;
}

Told& ToldNames::add(const Told& told) {
  if (is_full_with(size_ + 1)) reserve(size_ + 1);
  std::size_t at = told.name & mask();
  while (places_[at].name != 0) at = (at + 1) & mask();
  places_[at] = told;
  ++size_;
  return places_[at];
}

void ToldNames::reserve(std::size_t count) {
  constexpr std::size_t places_at_first = 16;
  if (!is_full_with(count)) return;
  std::vector<Told> before(std::bit_ceil(std::max(places_at_first, count * 2)));
  before.swap(places_);
  size_ = 0;
  for (const Told& each : before) {
    if (each.name != 0) add(each);
  }
}

void ToldNames::erase(Told& told) {
  std::size_t hole = static_cast<std::size_t>(&told - places_.data());
  for (std::size_t at = (hole + 1) & mask(); places_[at].name != 0; at = (at + 1) & mask()) {
    // It may move up where that is not before the place it belongs to.
    const std::size_t belongs = places_[at].name & mask();
    if (((at - belongs) & mask()) < ((at - hole) & mask())) continue;
    places_[hole] = places_[at];
    hole = at;
  }
  places_[hole] = Told{};
  --size_;
}

}  // namespace holdfast::server
