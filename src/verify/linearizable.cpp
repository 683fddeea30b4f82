#include "verify/linearizable.h"

#include <fmt/format.h>

#include <algorithm>

#include "verify/chain_parts.h"
#include "verify/depth.h"
#include "verify/lock_model.h"
#include "verify/sweep.h"
#include "verify/telling.h"

namespace holdfast::verify {

using recording::Lock;
using recording::Operation;
using recording::Outcome;
using recording::Recording;

namespace {

/// How far the search goes to confirm what the sweep passed with the benefit of the doubt.
constexpr std::size_t doubt_states_max = 20'000;

/// What the search could not account for, told by those who held it according to their answers.
Flaw unaccounted(const Recording& recording, std::span<const Position> operations, Position at) {
  const Operation& last = recording.operations[at];
  std::vector<Position> shown{at};
  std::string text = answered(recording, last) + ", which no order of events explains";
  // The last grants to others before it: they are what stands against it.
  for (auto found = std::ranges::upper_bound(operations, at); found != operations.begin() && shown.size() < 3;) {
    const Position position = *--found;
    const Operation& operation = recording.operations[position];
    if (position == at || operation.outcome != Outcome::ok || !grants(operation.what)) continue;
    if (operation.client == last.client || operation.returned > last.returned) continue;
    shown.push_back(position);
    text += "; " + answered(recording, operation);
  }
  return flaw_of(std::move(shown), text + ".");
}

class Linearizer {
 public:
  Linearizer(const Recording& recording, std::span<const Position> operations, std::size_t states_max)
      : recording_(recording), operations_(operations), states_max_(states_max) {}

  Linearized run() {
    if (recording_.lock.kind == Lock::Kind::mutex) {
      sweep_it();
    } else {
      count_holders();
    }
    return std::move(result_);
  }

 private:
  void sweep_it() {
    Chain made = chain(recording_, operations_);
    count_lapses(made);
    const bool exact = made.exact, forced = made.forced, doubt = !made.unseen.empty();
    Swept swept = sweep(recording_, operations_, std::move(made), Unseen::were_not);
    bool explained = false;  // By holdings that nobody saw.
    if (swept.violations > 0 && doubt) {
      Swept lenient = sweep(recording_, operations_, chain(recording_, operations_), Unseen::may_have_been);
      explained = lenient.violations == 0;
      if (!explained) swept = std::move(lenient);
    }
    if (swept.violations > 0 && forced && !explained) return violated(std::move(swept));
    if (swept.violations > 0) return ask_search(std::move(swept), explained);
    if (!exact) confirm();
  }

  void violated(Swept swept) {
    result_.answer = Answer::violated;
    result_.flaws = std::move(swept.flaws);
    result_.violations = swept.violations;
  }

  /// The sweep found something, but another order than the one it took may explain it.
  void ask_search(Swept swept, bool explained) {
    const Searched searched = look_for_order(states_max_);
    if (searched.answer == Answer::violated) return violated(std::move(swept));
    if (searched.answer == Answer::holds) return;
    if (explained) {
      // Each answer by itself can be explained; that all can be at once is not certain.
      result_.because = "it holds if calls of unknown outcome were granted; that was not searched to its end";
    } else {
      result_.because =
          fmt::format("more than {} states would have to be looked at: let it run for a shorter time", states_max_);
    }
    result_.answer = Answer::undecided;
  }

  /// The sweep found nothing, but it had to take calls of unknown outcome, or sessions that share, one by one.
  void confirm() {
    const Searched searched = look_for_order(std::min(states_max_, doubt_states_max));
    if (searched.answer == Answer::undecided) {
      result_.because =
          "where an outcome is unknown, or sessions share, each answer was given the benefit of the doubt";
    }
    if (searched.answer != Answer::violated) return;
    result_.answer = Answer::violated;
    result_.violations = 1;
    result_.flaws = {unaccounted(recording_, operations_, searched.at)};
  }

  Searched look_for_order(std::size_t states_max) const {
    return search(LockModel(recording_, operations_), recording_, operations_, states_max);
  }

  void count_holders() {
    Depth depth = deepest(recording_, operations_);
    result_.flaws = std::move(depth.flaws);
    result_.violations = depth.violations;
    if (depth.violations > 0) {
      result_.answer = Answer::violated;
      return;
    }
    const Searched searched = look_for_order(states_max_);
    result_.answer = searched.answer;
    if (searched.answer == Answer::violated) {
      result_.violations = 1;
      result_.flaws = {unaccounted(recording_, operations_, searched.at)};
    } else if (searched.answer == Answer::undecided) {
      result_.because = fmt::format(
          "it was never held by more than may hold it, but whether every refusal was right is not known: more than {} "
          "states would have to be looked at; let it run for a shorter time, or with fewer clients",
          states_max_);
    }
  }

  void count_lapses(const Chain& made) {
    const auto& stretches = made.stretches;
    for (std::size_t s = 0; s + 1 < stretches.size(); ++s) {
      const bool told_of = stretches[s].grant != none && !stretches[s].vague;
      const bool by_itself = stretches[s].end == none && stretches[s].ends != recording::never;
      if (told_of && by_itself && !stretches[s + 1].direct && !stretches[s + 1].optional) ++result_.lapses;
    }
  }

  const Recording& recording_;
  std::span<const Position> operations_;
  std::size_t states_max_;
  Linearized result_;
};

}  // namespace

Linearized linearized(const Recording& recording, std::span<const Position> operations, std::size_t states_max) {
  return Linearizer(recording, operations, states_max).run();
}

}  // namespace holdfast::verify
