#include "verify/sightings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "verify/chain_parts.h"
#include "verify/telling.h"

namespace holdfast::verify {

using recording::Index;
using recording::nobody;
using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::Sighting;

namespace {

constexpr std::size_t misses_kept = 8;

class Sights {
 public:
  explicit Sights(const Recording& recording) : recording_(recording) {}

  Watched judge() {
    if (recording_.lock.tokens && !recording_.sightings.empty()) collect_grants();
    for (const Sighting& sighting : recording_.sightings) take(sighting);
    return std::move(result_);
  }

 private:
  struct Known {
    std::uint64_t token;
    Position grant;
  };
  /// What one watcher has seen so far.
  struct Watcher {
    std::uint64_t position = 0;
    bool any = false;
  };
  struct OfName {
    std::uint64_t token = 0;  ///< Of the newest holding that it saw begin. 0: none, or there was a gap since.
  };

  /// What clients were told of: tokens of each name, in order.
  void collect_grants() {
    known_.resize(recording_.names.size());
    for (std::size_t i = 0; i < recording_.operations.size(); ++i) {
      const Operation& operation = recording_.operations[i];
      if (operation.outcome != Outcome::ok || !grants(operation.what) || operation.shown == 0) continue;
      known_[operation.name].push_back({operation.shown, static_cast<Position>(i)});
    }
    for (std::vector<Known>& of_name : known_) {
      std::ranges::sort(of_name, {}, &Known::token);
      const auto rest = std::ranges::unique(of_name, {}, &Known::token);
      of_name.erase(rest.begin(), rest.end());
    }
  }

  void take(const Sighting& sighting) {
    Watcher& watcher = watchers_[sighting.watcher];
    if (sighting.kind == Sighting::Kind::gap) {
      forget(sighting);
      if (sighting.position != 0) watcher = {sighting.position, true};
      return;
    }
    if (sighting.position != 0) {
      if (watcher.any && sighting.position <= watcher.position) {
        miss(sighting, {},
             fmt::format("{} was told of position {} at {}, after position {}.", who(sighting), sighting.position,
                         told(sighting.at), watcher.position));
      }
      watcher = {std::max(watcher.position, sighting.position), true};
    }
    if (sighting.kind == Sighting::Kind::granted && sighting.token != 0 && sighting.name != nobody &&
        recording_.lock.tokens) {
      began(sighting);
    }
  }

  /// After a gap it begins anew.
  void forget(const Sighting& gap) {
    for (auto& [key, seen] : seen_) {
      if (key.first == gap.watcher && (gap.name == nobody || gap.name == key.second)) seen.token = 0;
    }
  }

  void began(const Sighting& sighting) {
    OfName& seen = seen_[{sighting.watcher, sighting.name}];
    const std::uint64_t before = seen.token;
    if (before != 0 && sighting.token <= before) {
      miss(sighting, {},
           sighting.token == before
               ? fmt::format("{} was told twice that {} was granted under token {}, again at {}.", who(sighting),
                             name_of(recording_, sighting.name), sighting.token, told(sighting.at))
               : fmt::format("{} was told at {} that {} was granted under token {}, after token {}.", who(sighting),
                             told(sighting.at), name_of(recording_, sighting.name), sighting.token, before));
      return;
    }
    seen.token = sighting.token;
    if (before == 0) return;
    const std::vector<Known>& known = known_[sighting.name];
    for (auto k = std::ranges::upper_bound(known, before, {}, &Known::token);
         k != known.end() && k->token < sighting.token; ++k) {
      miss(sighting, {k->grant},
           fmt::format("{}; {} was told of token {} and then, at {}, of token {}, but never of that one, nor of a gap.",
                       answered(recording_, recording_.operations[k->grant]), who(sighting), before, told(sighting.at),
                       sighting.token));
    }
  }

  std::string who(const Sighting& sighting) const {
    return sighting.watcher == nobody ? "A watcher" : told_client(recording_, sighting.watcher);
  }

  void miss(const Sighting& sighting, std::vector<Position> operations, std::string text) {
    ++result_.violations;
    if (result_.misses.size() >= misses_kept) return;
    const Index name = sighting.name == nobody ? 0 : sighting.name;
    result_.misses.push_back({name, flaw_of(std::move(operations), std::move(text))});
  }

  const Recording& recording_;
  std::vector<std::vector<Known>> known_;
  std::map<Index, Watcher> watchers_;
  std::map<std::pair<Index, Index>, OfName> seen_;  ///< By watcher and name.
  Watched result_;
};

}  // namespace

Watched watched(const Recording& recording) {
  return Sights(recording).judge();
}

}  // namespace holdfast::verify
