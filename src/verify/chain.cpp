#include "verify/chain.h"

#include <algorithm>
#include <cmath>

#include "verify/chain_parts.h"

namespace holdfast::verify {

using recording::Index;
using recording::Lock;
using recording::Nanos;
using recording::never;
using recording::Operation;
using recording::Outcome;
using recording::Recording;

Nanos earliest_lapse(const Lock& lock, const Operation& operation) {
  if (!lock.leases || operation.ttl <= 0) return never;
  const Nanos slack = static_cast<Nanos>(std::ceil(static_cast<double>(operation.ttl) * lock.drift));
  return operation.called + operation.waited + std::max<Nanos>(operation.ttl - slack, 0);
}

std::vector<std::pair<Index, Nanos>> maybe_granted(const Recording& recording, std::span<const Position> operations) {
  std::vector<std::pair<Index, Nanos>> found;
  for (const Position position : operations) {
    const Operation& operation = recording.operations[position];
    if (operation.outcome != Outcome::unknown || !grants(operation.what)) continue;
    found.emplace_back(holder_after(operation), operation.called);
  }
  std::ranges::sort(found);
  const auto rest = std::ranges::unique(found, {}, &std::pair<Index, Nanos>::first);
  found.erase(rest.begin(), rest.end());
  return found;
}

/// Whoever asks again after an unknown outcome may find that it was granted at its first request: when that was.
Nanos asked_before(const Chain& chain, Index session) {
  const auto found = std::ranges::lower_bound(chain.unseen, session, {}, &std::pair<Index, Nanos>::first);
  return found != chain.unseen.end() && found->first == session ? found->second : never;
}

Flaw flaw_of(std::vector<Position> operations, std::string text) {
  std::erase(operations, none);
  std::ranges::sort(operations);
  operations.erase(std::unique(operations.begin(), operations.end()), operations.end());
  return {std::move(operations), {}, std::move(text)};
}

Chain chain(const Recording& recording, std::span<const Position> operations) {
  const bool tokens = recording.lock.tokens && std::ranges::all_of(operations, [&](Position position) {
                        const Operation& operation = recording.operations[position];
                        return operation.outcome != Outcome::ok || !grants(operation.what) || operation.shown != 0;
                      });
  if (tokens) return chain_by_token(recording, operations);
  return chain_by_time(recording, operations);
}

}  // namespace holdfast::verify
