#include "history/recent.h"

#include <algorithm>

#include "base/check.h"

namespace holdfast::history {
namespace {

constexpr std::size_t gaps_max = 64;
constexpr std::size_t fixed_bytes = 96;  // Of a name in the table, about.

/// Eight bytes of `name` behind `skipped` ones, as a number that compares like them.
std::uint64_t key_of(std::string_view name, std::size_t skipped) {
  std::uint64_t key = 0;
  const std::string_view rest = name.substr(std::min(skipped, name.size()), sizeof key);
  for (std::size_t i = 0; i < sizeof key; ++i) {
    key = key << 8 | (i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0U);
  }
  return key;
}

}  // namespace

void Recent::add(core::Position position, const core::Effect& effect) {
  if (first_.value == 0) first_ = position;
  last_ = position;
  if (!tells(effect)) return;
  const std::string_view name = core::name_of(effect);
  auto found = names_.find(name);
  if (found == names_.end()) {
    found = names_.emplace(std::string{name}, Kept{}).first;
    bytes_ += name.size() + fixed_bytes;
  }
  Kept& kept = found->second;
  const std::size_t before = kept.bytes.size();
  encode(position, 0, effect, kept.bytes);
  bytes_ += kept.bytes.size() - before;
  ++kept.entries;
  if (begins_holding(effect)) ++kept.starts;
  const WallTime time = time_of(effect);
  newest_ = std::max(newest_, time);
  if (may_end_holding(effect)) earliest_end_ = std::min(earliest_end_, time);
  // At twice what is kept: so each entry is looked at again once at most, on average, however busy the name is.
  const bool too_many =
      kept.starts >= 2 * bounds_.holdings_max || kept.bytes.size() - kept.fit >= bounds_.name_bytes_max ||
      kept.entries - kept.starts > 4 * bounds_.holdings_max + bounds_.steps_first + bounds_.steps_last;
  if (too_many) cut(kept);
}

void Recent::cut(Kept& kept) {
  auto entries = decode(kept.bytes);
  HF_CHECK(entries.has_value());
  trim(*entries, bounds_);
  bytes_ -= kept.bytes.size();
  kept.bytes = encode(*entries);
  bytes_ += kept.bytes.size();
  kept.fit = static_cast<std::uint32_t>(kept.bytes.size());
  kept.starts = 0;
  kept.entries = 0;
}

void Recent::add_gap(const Gap& gap) {
  if (first_.value == 0) first_ = core::Position{gap.after.value + 1};
  last_ = std::max(last_, gap.up_to);
  const bool goes_on = !gaps_.empty() && gaps_.back().up_to == gap.after;
  if (goes_on || gaps_.size() >= gaps_max) {  // Too many are told of as one that is longer than it was.
    gaps_.back().up_to = gap.up_to;
  } else {
    gaps_.push_back(gap);
  }
}

std::string_view Recent::entries(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? std::string_view{} : std::string_view{found->second.bytes};
}

ListCursor::List Recent::list(std::string_view from, std::size_t limit) const {
  std::vector<std::string_view> names;
  for (const auto& [name, kept] : names_) {
    if (name >= from) names.push_back(name);
  }
  limit = std::min(limit, names.size());
  std::ranges::partial_sort(names, names.begin() + static_cast<std::ptrdiff_t>(limit));
  ListCursor::List out;
  out.reserve(limit);
  for (std::size_t i = 0; i < limit; ++i) out.emplace_back(names[i], entries(names[i]));
  return out;
}

std::vector<Recent::Listed> Recent::in_order() const {
  if (names_.empty()) return {};
  // Names lie all over the memory. Most are told apart by a few bytes behind what all of them begin with, and those lie
  // side by side.
  std::string_view shared = names_.begin()->first;
  for (const auto& [name, kept] : names_) {
    shared = shared.substr(0, static_cast<std::size_t>(std::ranges::mismatch(shared, name).in1 - shared.begin()));
  }
  struct Sorted {
    std::uint64_t key;
    Listed listed;
    bool operator<(const Sorted& other) const {
      return key != other.key ? key < other.key : listed.name < other.listed.name;
    }
  };
  std::vector<Sorted> sorted;
  sorted.reserve(names_.size());
  for (const auto& [name, kept] : names_) sorted.push_back({key_of(name, shared.size()), {name, kept.bytes}});
  std::ranges::sort(sorted, std::less<>{});
  std::vector<Listed> out;
  out.reserve(sorted.size());
  for (const Sorted& each : sorted) out.push_back(each.listed);
  return out;
}

}  // namespace holdfast::history
