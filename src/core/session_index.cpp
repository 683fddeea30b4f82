#include "core/session_index.h"

#include <algorithm>

#include "base/check.h"
#include "core/lease.h"

namespace holdfast::core {

SessionIndex::Key SessionIndex::key_of(std::string_view owner, std::string_view session) {
  const Key of_owner = std::hash<std::string_view>{}(owner);
  return std::hash<std::string_view>{}(session) ^ (of_owner * 0x9e37'79b9'7f4a'7c15 + (of_owner >> 29));
}

const SessionIndex::Entry* SessionIndex::find(Key key) const {
  const Shard& shard = const_cast<SessionIndex*>(this)->shard_of(key);
  const auto found = shard.find(key);
  return found == shard.end() ? nullptr : &found->second;
}

void SessionIndex::add(std::string_view owner, std::string_view session, Lease& lease) {
  const Key key = key_of(owner, session);
  const auto [at, is_new] = shard_of(key).try_emplace(key);
  Entry& entry = at->second;
  if (is_new) {
    entry.only = &lease;
    return;
  }
  if (!entry.all) {
    entry.all = std::make_unique<std::vector<Lease*>>(1, entry.only);
    entry.only = nullptr;
  }
  lease.part_of(session)->slot = static_cast<std::uint32_t>(entry.all->size());
  entry.all->push_back(&lease);
}

void SessionIndex::remove(std::string_view owner, std::string_view session, Lease& lease) {
  const Key key = key_of(owner, session);
  Shard& shard = shard_of(key);
  const auto at = shard.find(key);
  HF_CHECK(at != shard.end());
  Entry& entry = at->second;
  if (entry.only) {
    HF_CHECK(entry.only == &lease);
    shard.erase(at);
    return;
  }
  std::vector<Lease*>& all = *entry.all;
  std::size_t slot = lease.part_of(session)->slot;
  // Another session of the same 64 bits may have moved, and its lease's part could not be told.
  if (slot >= all.size() || all[slot] != &lease) {
    slot = static_cast<std::size_t>(std::ranges::find(all, &lease) - all.begin());
    HF_CHECK(slot < all.size());
  }
  all[slot] = all.back();
  all.pop_back();
  if (slot < all.size()) {
    if (Part* moved = all[slot]->part_of(session)) moved->slot = static_cast<std::uint32_t>(slot);
  }
  if (all.empty()) shard.erase(at);
}

std::size_t SessionIndex::count(std::string_view owner, std::string_view session) const {
  const Entry* entry = find(key_of(owner, session));
  if (!entry) return 0;
  return entry->only ? 1 : entry->all->size();
}

Lease& SessionIndex::at(std::string_view owner, std::string_view session, std::size_t slot) const {
  const Entry* entry = find(key_of(owner, session));
  HF_CHECK(entry && (entry->only ? slot == 0 : slot < entry->all->size()));
  return entry->only ? *entry->only : *(*entry->all)[slot];
}

}  // namespace holdfast::core
