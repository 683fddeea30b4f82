#include "verify/coverage.h"

#include <algorithm>

#include "verify/chain_parts.h"

namespace holdfast::verify {

using recording::Index;
using recording::Nanos;
using recording::nobody;
using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

namespace {

/// Whether an acquire met another client's: of those so far, the two that return last, of different clients.
class Meeting {
 public:
  bool meets(const Operation& acquire) {
    const Last& other = first_.client == acquire.client ? second_ : first_;
    const bool met = other.client != nobody && other.returned >= acquire.called;
    if (first_.client == acquire.client) {
      first_.returned = std::max(first_.returned, acquire.returned);
    } else if (acquire.returned >= first_.returned) {
      second_ = first_;
      first_ = {acquire.client, acquire.returned};
    } else if (second_.client == acquire.client || acquire.returned >= second_.returned) {
      second_ = {acquire.client, std::max(acquire.returned, second_.client == acquire.client ? second_.returned : 0)};
    }
    return met;
  }

 private:
  struct Last {
    Index client = nobody;
    Nanos returned = 0;
  };
  Last first_, second_;
};

void count_answer(const Operation& operation, Coverage& coverage) {
  const bool ok = operation.outcome == Outcome::ok;
  if (operation.outcome == Outcome::unknown) ++coverage.unknown;
  if (operation.outcome == Outcome::busy) ++coverage.refusals;
  if (operation.outcome == Outcome::stale) ++coverage.stale_refused;
  if (!ok) return;
  if (grants(operation.what)) {
    ++coverage.grants;
    if (operation.waited > 0) ++coverage.waits;
  }
  if (operation.what == What::renew) ++coverage.renewals;
  if (operation.what == What::release) ++coverage.releases;
  if (operation.what == What::takeover) ++coverage.takeovers;
  if (operation.what == What::write) ++coverage.writes;
}

}  // namespace

void count(const Recording& recording, std::span<const Position> operations, Coverage& coverage) {
  coverage.operations += operations.size();
  Meeting meeting;
  for (const Position position : operations) {
    const Operation& operation = recording.operations[position];
    count_answer(operation, coverage);
    if (operation.what != What::acquire) continue;
    const bool refused = operation.outcome == Outcome::busy || operation.outcome == Outcome::over;
    if (meeting.meets(operation) || refused || operation.waited > 0) ++coverage.contended;
  }
}

std::size_t clients_in(const Recording& recording) {
  std::vector<bool> met(recording.clients.size(), false);
  for (const Operation& operation : recording.operations) {
    if (operation.client < met.size()) met[operation.client] = true;
  }
  return static_cast<std::size_t>(std::ranges::count(met, true));
}

}  // namespace holdfast::verify
