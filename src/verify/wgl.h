// A bounded search for an order of events that explains what was seen, for any model that can be written down as steps.
//
// After Wing and Gong, and Lowe: states that were met before are not looked at again. It goes through the answers in
// the order in which they came. Before each, every state that can be reached through the calls that are under way by
// then is tried, as far as needed to account for this answer; those that cannot are dropped, and when none is left, no
// order exists. So the cost grows with what is under way at one time, not with the length of the recording. What only
// looks is accounted for as soon as it fits, and a call of unknown outcome is never needed: of two ways that lead to
// the same state the one that needed fewer of them is kept.
//
// The sweep decides locks with one holder faster and without a bound. This is for the others, for models that somebody
// brings along, and for our own tests, where it is the second opinion on the sweep.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "verify/chain.h"

namespace holdfast::verify {

/// What a search is told of a kind of lock. `Operation` is one of recording.h; `now` is the time by which something has
/// happened: nothing that takes until later can have.
template <class M>
concept SearchModel = requires(const M& model, const typename M::State& state, Position position, recording::Nanos now,
                               std::vector<typename M::State>& next) {
  requires std::totally_ordered<typename M::State>;
  { model.initial() } -> std::same_as<std::vector<typename M::State>>;
  /// Adds each state in which the operation, if it happens in `state`, may leave the lock. None: it cannot have given
  /// that answer here.
  {model.step(state, position, now, next)};
  /// Adds each state to which the lock may go by itself.
  {model.by_itself(state, now, next)};
  /// Whether the operation never changes anything.
  { model.looks_only(position) } -> std::same_as<bool>;
  /// Whether the operation has to be accounted for.
  { model.must(position) } -> std::same_as<bool>;
  /// Whether it can be left out of the search altogether.
  { model.says_nothing(position) } -> std::same_as<bool>;
};

struct Searched {
  Answer answer = Answer::undecided;  ///< Undecided: more states than allowed.
  Position at = none;                 ///< Where violated: the answer that nothing accounts for any more.
  std::size_t states = 0;             ///< So many were looked at.
};

template <SearchModel Model>
class Search {
 public:
  using State = typename Model::State;

  Search(const Model& model, const recording::Recording& recording, std::span<const Position> operations,
         std::size_t states_max)
      : model_(model), recording_(recording), operations_(operations), states_max_(states_max) {}

  Searched run() {
    for (const State& state : model_.initial()) keep(states_, Ways{state, {}}, {});
    std::vector<Position> returning;
    for (const Position position : operations_) {
      if (!model_.says_nothing(position) && model_.must(position)) returning.push_back(position);
    }
    std::ranges::stable_sort(returning, {}, [&](Position p) { return recording_.operations[p].returned; });
    std::size_t called = 0;
    for (const Position position : returning) {
      const recording::Nanos now = recording_.operations[position].returned;
      for (; called < operations_.size() && recording_.operations[operations_[called]].called <= now; ++called) {
        const Position entering = operations_[called];
        if (!model_.says_nothing(entering)) (model_.must(entering) ? pending_ : optional_).push_back(entering);
      }
      if (!account_for(position, now)) {
        result_.answer = result_.states > states_max_ ? Answer::undecided : Answer::violated;
        result_.at = position;
        return result_;
      }
    }
    result_.answer = Answer::holds;
    return result_;
  }

 private:
  using Set = std::vector<Position>;  ///< Sorted.

  /// A state, and which of the calls under way have happened on the way to it.
  struct Ways {
    State state;
    Set happened;
    auto operator<=>(const Ways&) const = default;
  };
  /// Each with the calls of unknown outcome that it needed: several sets, none of which contains another.
  using States = std::map<Ways, std::vector<Set>>;

  static bool contains(const Set& set, Position position) { return std::ranges::binary_search(set, position); }
  static Set with(Set set, Position position) {
    set.insert(std::ranges::lower_bound(set, position), position);
    return set;
  }

  /// False: nothing new.
  static bool keep(States& states, Ways ways, const Set& needed) {
    std::vector<Set>& sets = states[std::move(ways)];
    if (std::ranges::any_of(sets, [&](const Set& set) { return std::ranges::includes(needed, set); })) return false;
    std::erase_if(sets, [&](const Set& set) { return std::ranges::includes(set, needed); });
    sets.push_back(needed);
    return true;
  }

  /// Goes on to all states in which `position` has happened.
  bool account_for(Position position, recording::Nanos now) {
    States done, seen;
    std::vector<std::pair<Ways, Set>> open;
    const auto reach = [&](Ways ways, const Set& needed) {
      look(ways, now);
      if (contains(ways.happened, position)) {
        std::erase(ways.happened, position);
        keep(done, std::move(ways), needed);
      } else if (keep(seen, ways, needed)) {
        open.emplace_back(std::move(ways), needed);
      }
    };
    for (const auto& [ways, sets] : states_) {
      for (const Set& needed : sets) reach(ways, needed);
    }
    std::vector<State> next;
    while (!open.empty()) {
      if (++result_.states > states_max_) return false;
      const auto [ways, needed] = std::move(open.back());
      open.pop_back();
      next.clear();
      model_.by_itself(ways.state, now, next);
      for (const State& state : next) reach({state, ways.happened}, needed);
      for (const Position candidate : pending_) {
        if (contains(ways.happened, candidate) || model_.looks_only(candidate)) continue;
        next.clear();
        model_.step(ways.state, candidate, now, next);
        for (const State& state : next) reach({state, with(ways.happened, candidate)}, needed);
      }
      for (const Position candidate : optional_) {
        if (contains(needed, candidate)) continue;
        next.clear();
        model_.step(ways.state, candidate, now, next);
        for (const State& state : next) {
          if (state != ways.state) reach({state, ways.happened}, with(needed, candidate));
        }
      }
    }
    std::erase(pending_, position);
    states_ = std::move(done);
    return !states_.empty();
  }

  /// Accounts for all that only looks and fits here.
  void look(Ways& ways, recording::Nanos now) {
    std::vector<State> next;
    for (const Position candidate : pending_) {
      if (!model_.looks_only(candidate) || contains(ways.happened, candidate)) continue;
      next.clear();
      model_.step(ways.state, candidate, now, next);
      if (!next.empty()) ways.happened = with(std::move(ways.happened), candidate);
    }
  }

  const Model& model_;
  const recording::Recording& recording_;
  std::span<const Position> operations_;
  std::size_t states_max_;
  States states_;
  std::vector<Position> pending_;   ///< Called, and not accounted for in some state.
  std::vector<Position> optional_;  ///< Of unknown outcome.
  Searched result_;
};

template <SearchModel Model>
Searched search(const Model& model, const recording::Recording& recording, std::span<const Position> operations,
                std::size_t states_max) {
  return Search<Model>(model, recording, operations, states_max).run();
}

}  // namespace holdfast::verify
