#include "history/trim.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "history/assemble.h"

namespace holdfast::history {
namespace {

/// Where the entries of each holding begin. What stands before the first beginning is a holding, too.
std::vector<std::size_t> starts_of(const std::vector<Entry>& entries) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i == 0 || begins_holding(entries[i].effect)) starts.push_back(i);
  }
  return starts;
}

/// Of [begin, end) the first and the last entries stay; the first kept one behind the hole counts it.
void thin_out(std::vector<Entry>& entries, std::size_t begin, std::size_t end, const Bounds& bounds) {
  const std::size_t steps = end - begin;
  if (steps <= bounds.steps_first + bounds.steps_last) return;
  const auto from = entries.begin() + static_cast<std::ptrdiff_t>(begin + bounds.steps_first);
  const auto to = entries.begin() + static_cast<std::ptrdiff_t>(end - bounds.steps_last);
  std::uint64_t left_out = 0;
  for (auto entry = from; entry != to; ++entry) left_out += 1 + entry->left_out;
  to->left_out += left_out;
  entries.erase(from, to);
}

std::size_t bytes_of(const Entry& entry) {
  return core::size_estimate(entry.effect);
}

/// Most names are held once, and then not again for long: so much can be said of those without putting them together.
bool plainly_over(const std::vector<Entry>& entries, const Expiry& expiry) {
  if (entries.size() != 2) return false;
  const auto* granted = std::get_if<core::Granted>(&entries[0].effect);
  const auto over = [&](const auto* end) {
    return end != nullptr && end->ends && end->token == granted->token && end->at < expiry.before;
  };
  return granted != nullptr &&
         (over(std::get_if<core::Released>(&entries[1].effect)) || over(std::get_if<core::Lapsed>(&entries[1].effect)));
}

}  // namespace

void trim(std::vector<Entry>& entries, const Bounds& bounds, const Expiry& expiry) {
  if (plainly_over(entries, expiry)) return entries.clear();
  HF_CHECK(bounds.steps_last > 0);  // The first that is kept behind a hole counts it.
  // Backwards: what is erased moves only what has been looked at.
  const std::vector<std::size_t> all = starts_of(entries);
  for (std::size_t i = all.size(); i-- > 0;) {
    const std::size_t end = i + 1 < all.size() ? all[i + 1] : entries.size();
    thin_out(entries, all[i] + (begins_holding(entries[all[i]].effect) ? 1 : 0), end, bounds);
  }
  const std::vector<std::size_t> starts = starts_of(entries);
  std::size_t kept = entries.size();  // Index of the first entry that is kept.
  std::size_t bytes = 0;
  for (std::size_t i = starts.size(); i-- > 0;) {
    for (std::size_t at = starts[i]; at < kept; ++at) bytes += bytes_of(entries[at]);
    const std::size_t count = starts.size() - i;
    if (count > 1 && (count > bounds.holdings_max || bytes > bounds.name_bytes_max)) break;
    kept = starts[i];
  }
  if (expiry.before > WallTime::min()) {
    for (const Holding& holding : assemble(entries)) {
      if (!holding.until || *holding.until >= expiry.before) break;
      // A takeover that ended this holding is the next one's beginning, and stays with that.
      const auto next = std::ranges::find_if(entries, [&](const Entry& entry) {
        return entry.position > holding.last ||
               (entry.position == holding.last && entry.position != holding.first && begins_holding(entry.effect));
      });
      kept = std::max(kept, static_cast<std::size_t>(next - entries.begin()));
    }
  }
  entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(kept));
}

WallTime earliest_end(const std::vector<Entry>& entries) {
  WallTime earliest = WallTime::max();
  for (const Holding& holding : assemble(entries)) {
    if (holding.until) earliest = std::min(earliest, *holding.until);
  }
  return earliest;
}

}  // namespace holdfast::history
