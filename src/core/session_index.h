// Which leases each session has a part in, lapsed ones included: what a session's renewal or end goes through.
//
// Most sessions hold one name, so such an entry is a number and a pointer; a session with more has a list.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace holdfast::core {

struct Lease;

/// Sessions are told apart by 64 bits of their owner and name: whoever reads a list looks at the lease as well.
/// Not thread-safe.
class SessionIndex {
 public:
  /// `lease` has got a part of `session`.
  void add(std::string_view owner, std::string_view session, Lease& lease);
  /// It is about to lose it.
  void remove(std::string_view owner, std::string_view session, Lease& lease);

  /// How many leases `session` has a part in.
  std::size_t count(std::string_view owner, std::string_view session) const;
  /// The one in `slot`, which is below that count. Slots above it stay what they are when its lease is removed, but
  /// for the last one, which moves there.
  Lease& at(std::string_view owner, std::string_view session, std::size_t slot) const;

 private:
  using Key = std::uint64_t;
  struct Entry {
    Lease* only = nullptr;                     ///< Null: there are several.
    std::unique_ptr<std::vector<Lease*>> all;  ///< Null: there is one.
  };
  static Key key_of(std::string_view owner, std::string_view session);
  const Entry* find(Key key) const;

  // Many small tables instead of one, as with the leases: growing moves a few thousand entries, never a million.
  static constexpr std::size_t shards = 256;
  using Shard = boost::unordered_flat_map<Key, Entry>;
  Shard& shard_of(Key key) { return shards_[key >> 56]; }
  std::array<Shard, shards> shards_;
};

}  // namespace holdfast::core
