// The places of a hash table whose entries lie in one array, so that a look costs one wait for memory at most, and that
// one can be begun early.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace holdfast {

/// Open addressing with linear probing: what is erased leaves no mark, since those behind it move up. Not thread-safe.
///
/// `Place{}` is an empty place. `taken()` says whether one is not; `home()` is a number of an entry whose low bits
/// choose where it is looked for first.
template <class Place>
class ProbedPlaces {
 public:
  std::size_t size() const { return size_; }
  /// Begins to fetch what a look for an entry of this home begins with.
  void prefetch(std::uint64_t home) const {
    if (!places_.empty()) __builtin_prefetch(&places_[home & mask()]);
  }
  /// The entry of this home that `is` the one; null: there is none. Stays there until the next change.
  template <class Is>
  Place* find(std::uint64_t home, Is&& is) {
    if (places_.empty()) return nullptr;
    for (std::size_t at = home & mask(); places_[at].taken(); at = next(at)) {
      if (is(std::as_const(places_[at]))) return &places_[at];
    }
    return nullptr;
  }
  template <class Is>
  const Place* find(std::uint64_t home, Is&& is) const {
    return const_cast<ProbedPlaces*>(this)->find(home, std::forward<Is>(is));
  }
  /// There is no such entry yet.
  Place& add(Place place) {
    if (is_full_with(size_ + 1)) reserve(size_ + 1);
    std::size_t at = place.home() & mask();
    while (places_[at].taken()) at = next(at);
    ++size_;
    return places_[at] = std::move(place);
  }
  /// `place` is one of these, and taken.
  void erase(Place& place) {
    std::size_t hole = static_cast<std::size_t>(&place - places_.data());
    places_[hole] = Place{};
    for (std::size_t at = next(hole); places_[at].taken(); at = next(at)) {
      // It may move up where that is not before the place it belongs to.
      const std::size_t belongs = places_[at].home() & mask();
      if (((at - belongs) & mask()) < ((at - hole) & mask())) continue;
      places_[hole] = std::exchange(places_[at], Place{});
      hole = at;
    }
    --size_;
  }
  template <class Over>
  void erase_if(Over&& over) {
    std::vector<Place> before = std::exchange(places_, {});
    const auto stays = [&](const Place& place) { return place.taken() && !over(place); };
    size_ = 0;
    reserve(static_cast<std::size_t>(std::ranges::count_if(before, stays)));
    for (Place& place : before) {
      if (stays(place)) add(std::move(place));
    }
  }
  /// In the order of their places.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Place& place : places_) {
      if (place.taken()) visit(place);
    }
  }

 private:
  std::size_t mask() const { return places_.size() - 1; }
  std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
  bool is_full_with(std::size_t count) const { return count * 4 > places_.size() * 3; }
  void reserve(std::size_t count) {
    constexpr std::size_t places_at_first = 16;
    if (!is_full_with(count)) return;
    std::vector<Place> before(std::bit_ceil(std::max(places_at_first, count * 2)));
    before.swap(places_);
    size_ = 0;
    for (Place& place : before) {
      if (place.taken()) add(std::move(place));
    }
  }

  std::vector<Place> places_;  ///< A power of two, at most three quarters of them taken; or none.
  std::size_t size_ = 0;
};

}  // namespace holdfast
