#include "history/recent.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>

#include "base/check.h"
#include "base/text_hash.h"

namespace holdfast::history {
namespace {

constexpr std::size_t gaps_max = 64;
constexpr std::size_t many = 256;  ///< Names, for which another way to sort is quicker.
constexpr std::size_t ahead = 16;  ///< Names lie all over the memory: so many are on their way from there.

/// Eight bytes of `name` behind `skipped` ones, as a number that compares like them.
std::uint64_t key_of(std::string_view name, std::size_t skipped) {
  const std::string_view rest = name.substr(skipped);
  std::uint64_t key = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&key, rest.data(), std::min(rest.size(), sizeof key));
    return __builtin_bswap64(key);
  }
  for (std::size_t i = 0; i < sizeof key; ++i) {
    key = key << 8 | (i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0U);
  }
  return key;
}

std::size_t alike(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

std::uint32_t shortened(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32U);
}

}  // namespace

Recent::Recent(const Bounds& bounds, std::size_t bytes_max) : bounds_(bounds) {
  // Room that is not touched costs nothing; to grow would cost copying.
  bytes_.reserve(bytes_max);
  pieces_.reserve(bytes_max / 96);
  hashes_.reserve(bytes_max / 96);
}

void Recent::begin_piece(std::string_view name, bool begins) {
  HF_CHECK(bytes_.size() <= std::numeric_limits<std::uint32_t>::max());
  const std::uint64_t hash = hash_of(name, salt_of_process());
  ++busy_[hash % busy_.size()];
  hashes_.push_back(shortened(hash));
  pieces_.push_back({static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(name.size()), 0, begins});
  bytes_ += name;
}

void Recent::end_piece() {
  Piece& piece = pieces_.back();
  piece.entries_bytes = static_cast<std::uint32_t>(bytes_.size() - piece.at - piece.name_bytes) & 0x7fffffffU;
}

void Recent::add(core::Position position, const core::Effect& effect) {
  if (first_.value == 0) first_ = position;
  last_ = position;
  if (!tells(effect)) return;
  begin_piece(core::name_of(effect), begins_holding(effect));
  encode(position, 0, effect, bytes_);
  end_piece();
  const WallTime time = time_of(effect);
  newest_ = std::max(newest_, time);
  if (may_end_holding(effect)) earliest_end_ = std::min(earliest_end_, time);
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

std::string Recent::joined(std::span<const Piece> of_name) const {
  std::size_t begin = of_name.size();
  // Holdings before the newest ones are dropped whatever they are, so they need not be read.
  for (std::size_t holdings = 0; begin > 0 && holdings <= bounds_.holdings_max;) holdings += of_name[--begin].begins;
  std::string all;
  for (const Piece& piece : of_name.subspan(begin)) all += entries(piece);
  return all;
}

std::string Recent::entries(std::string_view of) const {
  const std::uint32_t hash = shortened(hash_of(of, salt_of_process()));
  std::vector<Piece> found;
  for (auto at = std::ranges::find(hashes_, hash); at != hashes_.end(); at = std::find(at + 1, hashes_.end(), hash)) {
    const Piece& piece = pieces_[static_cast<std::size_t>(at - hashes_.begin())];
    if (name(piece) == of) found.push_back(piece);
  }
  return joined(found);
}

ListCursor::List Recent::list(std::string_view from, std::size_t limit) const {
  std::map<std::string_view, std::vector<Piece>> first;
  for (const Piece& piece : pieces_) {
    if (name(piece) < from || (first.size() == limit && name(piece) > first.rbegin()->first)) continue;
    first[name(piece)].push_back(piece);
    if (first.size() > limit) first.erase(std::prev(first.end()));
  }
  ListCursor::List out;
  for (const auto& [name_of, pieces] : first) out.emplace_back(name_of, joined(pieces));
  return out;
}

struct Recent::Sorted {
  std::uint64_t key;  ///< Of the name: bytes that lie side by side, while names lie all over the memory.
  Piece piece;
  bool operator<(const Sorted& other) const { return key != other.key ? key < other.key : piece.at < other.piece.at; }
};

/// Byte by byte from the last: what is alike stays as it is. A quarter of what comparing would cost.
void Recent::sort_by_key(std::span<Sorted> names) {
  constexpr unsigned bits = 8;
  const auto digit = [](const Sorted& each, unsigned shift) { return each.key >> shift & 0xffU; };
  std::vector<Sorted> other(names.size());
  std::span<Sorted> from = names, to = other;
  for (unsigned shift = 0; shift < 64; shift += bits) {
    std::array<std::uint32_t, 1U << bits> places{};
    for (const Sorted& each : from) ++places[digit(each, shift)];
    if (places[digit(from[0], shift)] == from.size()) continue;  // The same everywhere.
    std::exclusive_scan(places.begin(), places.end(), places.begin(), 0U);
    for (const Sorted& each : from) to[places[digit(each, shift)]++] = each;
    std::swap(from, to);
  }
  if (from.data() != names.data()) std::ranges::copy(from, names.begin());
}

/// By name, then as they came.
void Recent::sort(std::span<Sorted> names) const {
  if (names.size() < 2) return;
  const std::string_view first = name(names[0].piece);
  std::size_t shared = first.size();
  bool same = true;
  for (const Sorted& each : names) {
    if (!name(each.piece).starts_with(first.substr(0, shared))) shared = alike(first, name(each.piece));
    same = same && each.piece.name_bytes == first.size();
  }
  if (same && shared == first.size()) return;  // One name, and still as it came.
  for (Sorted& each : names) each.key = key_of(name(each.piece), shared);
  if (names.size() < many) {
    std::ranges::sort(names, std::less<>{});
  } else {
    sort_by_key(names);
  }
  for (auto at = names.begin(); at != names.end();) {
    const auto end = std::find_if(at, names.end(), [&](const Sorted& each) { return each.key != at->key; });
    if (at == names.begin() && end == names.end()) {  // Zeros in names, which nobody can give.
      std::ranges::stable_sort(names, {}, [this](const Sorted& each) { return name(each.piece); });
      return;
    }
    sort({at, end});
    at = end;
  }
}

bool Recent::exceeds(std::span<const Piece> of_name) const {
  const auto starts = static_cast<std::size_t>(std::ranges::count_if(of_name, [](Piece p) { return p.begins == 1; }));
  return thinned_ || starts > bounds_.holdings_max ||
         of_name.size() - starts > bounds_.steps_first + bounds_.steps_last;
}

void Recent::in_order(const Visit& visit) const {
  std::vector<Sorted> names;
  names.reserve(pieces_.size());
  for (const Piece& piece : pieces_) names.push_back({0, piece});
  sort(names);
  std::vector<Piece> of_name;
  for (std::size_t i = 0; i < names.size();) {
    const std::string_view first = name(names[i].piece);
    of_name.clear();
    for (; i < names.size() && (of_name.empty() || name(names[i].piece) == first); ++i) {
      of_name.push_back(names[i].piece);
      if (i + ahead < names.size()) __builtin_prefetch(bytes_.data() + names[i + ahead].piece.at);
    }
    // Alone it is a single entry, or what thinning out has left.
    bool more = true;
    if (of_name.size() == 1) {
      more = visit(first, entries(of_name.front()));
    } else if (std::string all = joined(of_name); !exceeds(of_name) && all.size() <= bounds_.name_bytes_max) {
      more = visit(first, all);
    } else {
      auto some = decode(all);
      HF_CHECK(some.has_value());
      trim(*some, bounds_);
      more = visit(first, encode(*some));
    }
    if (!more) return;
  }
}

bool Recent::crowded() const {
  std::size_t over = 0;
  for (const std::size_t pieces : busy_) over += pieces - std::min(pieces, 2 * bounds_.holdings_max);
  return over > 0 && 2 * over >= pieces_.size();
}

Recent Recent::thinned_out() const {
  Recent left(bounds_, bytes_.capacity());
  in_order([&](std::string_view of, std::string_view kept) {
    left.begin_piece(of, true);
    left.bytes_ += kept;
    left.end_piece();
    return true;
  });
  left.thinned_ = true;
  left.gaps_ = gaps_;
  left.first_ = first_;
  left.last_ = last_;
  left.newest_ = newest_;
  left.earliest_end_ = earliest_end_;
  return left;
}

}  // namespace holdfast::history
