#include "verify/picture.h"

#include <algorithm>
#include <map>
#include <optional>

namespace holdfast::verify {

using recording::Index;
using recording::Nanos;
using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

namespace {

constexpr std::size_t lanes_max = 8;
constexpr std::size_t operations_max = 120;
constexpr std::size_t owned_max = 40;  // Of one lane.
constexpr Nanos shortest = 1'000;      // A window of no width cannot be drawn.

bool begins_holding(const Operation& operation) {
  const bool takes =
      operation.what == What::acquire || operation.what == What::takeover || operation.what == What::move;
  return takes && operation.outcome == Outcome::ok;
}

/// When each client believed that it owned the name: from the answer that said so until it gave it up, heard that it
/// had lost it, or its ttl was over.
class Owners {
 public:
  Owners(const Recording& recording, Index name) {
    for (const Operation& operation : recording.operations) {
      if (operation.name == name && operation.client < recording.clients.size()) hear(operation);
    }
    for (auto& [client, one] : of_) end(one, recording::never);
    for (const recording::Loss& loss : recording.losses) {
      if (loss.name == name) hear(loss);
    }
  }

  /// In order of time.
  const std::vector<Ownership>& of(Index client) { return of_[client].all; }
  std::vector<Index> within(Nanos from, Nanos until) const {
    std::vector<Index> clients;
    for (const auto& [client, one] : of_) {
      const auto meets = [&](const Ownership& owned) { return owned.from <= until && owned.until >= from; };
      if (std::ranges::any_of(one.all, meets)) clients.push_back(client);
    }
    return clients;
  }

 private:
  struct One {
    std::vector<Ownership> all;
    std::optional<Ownership> now;
  };
  static void end(One& one, Nanos at) {
    if (!one.now) return;
    one.now->until = std::min(one.now->until, at);
    one.all.push_back(*one.now);
    one.now.reset();
  }

  void hear(const Operation& operation) {
    One& one = of_[operation.client];
    if (one.now && one.now->until < operation.called) end(one, one.now->until);
    const Nanos until = operation.ttl == 0 ? recording::never : operation.called + operation.ttl;
    if (begins_holding(operation)) {
      const bool same = one.now && one.now->token == operation.shown && operation.shown != 0;
      if (!same) end(one, operation.called);
      const Nanos from = same ? one.now->from : operation.returned;
      const bool ends = operation.ttl != 0;
      one.now = Ownership{operation.client, operation.shown, from, ends ? until + operation.waited : until};
    } else if (one.now && operation.what == What::renew && operation.outcome == Outcome::ok) {
      one.now->until = until;
    } else if (one.now && (operation.what == What::release || operation.what == What::transfer)) {
      end(one, operation.called);
    } else if (one.now && operation.outcome == Outcome::stale && operation.token == one.now->token) {
      end(one, operation.returned);
    }
  }
  void hear(const recording::Loss& loss) {
    for (Ownership& owned : of_[loss.client].all) {
      const bool meant = loss.token == 0 || loss.token == owned.token;
      if (meant && owned.from <= loss.at) owned.until = std::min(owned.until, loss.at);
    }
  }

  std::map<Index, One> of_;
};

bool in_window(const Picture& picture, Nanos from, Nanos until) {
  return from <= picture.until && until >= picture.from;
}

void add_lane(Picture& picture, const Recording& recording, Owners& owners, Index client) {
  const bool there = std::ranges::find(picture.lanes, client, &Picture::Lane::client) != picture.lanes.end();
  if (there || client >= recording.clients.size()) return;
  Picture::Lane lane{.client = client, .operations = {}, .owned = {}};
  for (const Ownership& ownership : owners.of(client)) {
    if (lane.owned.size() < owned_max && in_window(picture, ownership.from, ownership.until))
      lane.owned.push_back(ownership);
  }
  picture.lanes.push_back(std::move(lane));
}

/// Lanes for whoever did something in the window, after those that are there; and what they did.
void fill(Picture& picture, const Recording& recording, Owners& owners) {
  for (const Index client : owners.within(picture.from, picture.until)) {
    if (picture.lanes.size() < lanes_max) add_lane(picture, recording, owners, client);
  }
  std::size_t drawn = 0;
  for (std::size_t i = 0; i < recording.operations.size(); ++i) {
    const Operation& operation = recording.operations[i];
    if (operation.called > picture.until) break;
    if (operation.name != picture.name || !in_window(picture, operation.called, operation.returned)) continue;
    if (picture.lanes.size() < lanes_max) add_lane(picture, recording, owners, operation.client);
    const auto lane = std::ranges::find(picture.lanes, operation.client, &Picture::Lane::client);
    const bool needed = std::ranges::find(picture.witness, i) != picture.witness.end();
    if (lane == picture.lanes.end() || (drawn >= operations_max && !needed)) {
      ++picture.left_out;
      continue;
    }
    lane->operations.push_back(i);
    ++drawn;
  }
  for (std::size_t i = 0; i < recording.faults.size(); ++i) {
    const recording::Fault& fault = recording.faults[i];
    const bool of_lane = std::ranges::find(picture.lanes, fault.client, &Picture::Lane::client) != picture.lanes.end();
    const bool ours = fault.client == recording::nobody || of_lane;
    if (ours && in_window(picture, fault.at, fault.until)) picture.faults.push_back(i);
  }
}

}  // namespace

namespace {

bool meet(const std::vector<Ownership>& two) {
  return std::min(two[0].until, two[1].until) > std::max(two[0].from, two[1].from);
}

/// As a judge marks them they may go on until the lock could have ended them; whoever held gave it up earlier, often.
/// Where what is left still meets, that is the better picture.
std::vector<Ownership> as_believed(const std::vector<Ownership>& marked, Owners& owners) {
  if (marked.size() != 2) return marked;
  std::vector<Ownership> shorter = marked;
  for (Ownership& one : shorter) {
    for (const Ownership& owned : owners.of(one.client)) {
      const bool same = owned.token == one.token && owned.from <= one.until && owned.until >= one.from;
      if (!same) continue;
      one.from = std::max(one.from, owned.from);
      one.until = std::min(one.until, owned.until);
      break;
    }
  }
  return meet(shorter) ? shorter : marked;
}

}  // namespace

Picture picture_of(const Recording& recording, const Witness& witness) {
  Picture picture;
  picture.name = witness.name;
  Owners owners{recording, picture.name};
  picture.marked = as_believed(witness.marked, owners);
  picture.witness = witness.operations;
  Nanos from = recording::never;
  Nanos until = 0;
  const auto include = [&](Nanos at) {
    if (at == recording::never) return;
    from = std::min(from, at);
    until = std::max(until, at);
  };
  for (const std::size_t i : witness.operations) {
    include(recording.operations[i].called);
    include(recording.operations[i].returned);
  }
  for (const Ownership& ownership : picture.marked) {
    include(ownership.from);
    include(ownership.until);
  }
  if (from == recording::never) from = 0;
  if (picture.marked.size() == 2) {
    // Calls may take much longer than what went wrong at their end: they are cut rather than that drawn too small.
    const Nanos begin = std::min(picture.marked[0].from, picture.marked[1].from);
    // An answer may come when the ttl that it tells of is over: such a holding ends before it begins.
    const Nanos end =
        std::max({begin, std::min(picture.marked[0].until, until), std::min(picture.marked[1].until, until)});
    from = std::max(from, begin - 2 * (end - begin));
    until = std::min(until, end + 2 * (end - begin));
  }
  const Nanos margin = std::max(shortest, (until - from) / 12);
  picture.from = std::max<Nanos>(0, from - margin);
  picture.until = until + margin;
  for (const std::size_t i : witness.operations) {
    add_lane(picture, recording, owners, recording.operations[i].client);
  }
  for (const Ownership& ownership : picture.marked) add_lane(picture, recording, owners, ownership.client);
  fill(picture, recording, owners);
  return picture;
}

Picture sample_of(const Recording& recording) {
  Picture picture;
  // A holding that somebody else met: from its grant until it was over, or the other one had its answer.
  std::map<Index, const Operation*> last_grant;
  for (const Operation& operation : recording.operations) {
    if (begins_holding(operation)) last_grant[operation.name] = &operation;
    const auto grant = last_grant.find(operation.name);
    const bool met = operation.what == What::acquire && operation.outcome == Outcome::busy;
    if (!met || grant == last_grant.end() || grant->second->client == operation.client) continue;
    picture.name = operation.name;
    Owners owners{recording, picture.name};
    Nanos until = std::max(operation.returned, grant->second->returned);
    for (const Ownership& owned : owners.of(grant->second->client)) {
      const bool this_one = owned.token == grant->second->shown && owned.from == grant->second->returned;
      if (this_one && owned.until != recording::never) until = std::max(until, owned.until);
    }
    const Nanos margin = std::max(shortest, (until - grant->second->called) / 12);
    picture.from = std::max<Nanos>(0, grant->second->called - margin);
    picture.until = until + margin;
    add_lane(picture, recording, owners, grant->second->client);
    add_lane(picture, recording, owners, operation.client);
    fill(picture, recording, owners);
    return picture;
  }
  return picture;
}

}  // namespace holdfast::verify
