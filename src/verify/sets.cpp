#include "verify/sets.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "verify/chain_parts.h"
#include "verify/telling.h"

namespace holdfast::verify {

using recording::Index;
using recording::Nanos;
using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

namespace {

/// Things with an order between them, to be sorted.
class Graph {
 public:
  std::size_t add() {
    after_.emplace_back();
    return after_.size() - 1;
  }
  void order(std::size_t first, std::size_t second) {
    if (first != second) after_[first].push_back(second);
  }

  /// One circle, in its order. Empty: there is none.
  std::vector<std::size_t> circle() const {
    std::vector<std::size_t> before(after_.size(), 0);
    for (const auto& nexts : after_) {
      for (const std::size_t next : nexts) ++before[next];
    }
    std::vector<std::size_t> ready;
    for (std::size_t node = 0; node < before.size(); ++node) {
      if (before[node] == 0) ready.push_back(node);
    }
    while (!ready.empty()) {
      const std::size_t node = ready.back();
      ready.pop_back();
      for (const std::size_t next : after_[node]) {
        if (--before[next] == 0) ready.push_back(next);
      }
    }
    return walk(before);
  }

 private:
  /// What is left has something before it that is left, too: going back, one comes round.
  std::vector<std::size_t> walk(const std::vector<std::size_t>& before) const {
    std::vector<std::size_t> previous(after_.size(), after_.size());
    std::size_t node = after_.size();
    for (std::size_t n = 0; n < after_.size(); ++n) {
      if (before[n] == 0) continue;
      node = n;
      for (const std::size_t next : after_[n]) {
        if (before[next] != 0) previous[next] = n;
      }
    }
    if (node == after_.size()) return {};
    std::vector<bool> met(after_.size(), false);
    for (; !met[node]; node = previous[node]) met[node] = true;
    std::vector<std::size_t> circle{node};
    for (std::size_t n = previous[node]; n != node; n = previous[n]) circle.push_back(n);
    std::ranges::reverse(circle);
    return circle;
  }

  std::vector<std::vector<std::size_t>> after_;
};

class Sets {
 public:
  Sets(const Recording& recording, const std::vector<std::vector<Position>>& operations)
      : recording_(recording), operations_(operations) {}

  SetsJudged judge() {
    find_sets();
    if (result_.sets == 0) return std::move(result_);
    for (std::size_t name = 0; name < operations_.size(); ++name) {
      if (in_set_[name]) add_name(operations_[name]);
    }
    add_time();
    tell();
    return std::move(result_);
  }

 private:
  const Operation& at(Position position) const { return recording_.operations[position]; }

  /// Operations of one call follow one another.
  void find_sets() {
    in_set_.assign(recording_.names.size(), false);
    const std::vector<Operation>& all = recording_.operations;
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
      if (!one_call(all[i], all[i + 1])) continue;
      if (i == 0 || !one_call(all[i - 1], all[i])) ++result_.sets;
      in_set_[all[i].name] = in_set_[all[i + 1].name] = true;
    }
  }
  static bool one_call(const Operation& a, const Operation& b) {
    return a.call == b.call && a.called == b.called && a.client == b.client && a.name != b.name;
  }

  struct Call {
    Position first;  ///< One of its operations.
    std::vector<Position> operations;
    Nanos called, returned;
  };

  std::size_t node_of(Position position) {
    const Operation& operation = at(position);
    const auto [found, fresh] = nodes_.try_emplace(operation.call, calls_.size());
    if (fresh) {
      calls_.push_back({position, {}, operation.called, operation.returned});
      graph_.add();
    }
    Call& call = calls_[found->second];
    call.operations.push_back(position);
    call.returned = std::min(call.returned, operation.returned);
    return found->second;
  }

  /// The beginnings and ends of a name's holdings, in their order.
  void add_name(const std::vector<Position>& operations) {
    const Chain made = chain(recording_, operations);
    if (!made.forced || !made.flaws.empty()) return;
    std::size_t last = none;
    const auto follow = [&](Position position) {
      if (position == none || at(position).outcome != Outcome::ok) return;
      const std::size_t node = node_of(position);
      if (last != none) graph_.order(last, node);
      last = node;
    };
    for (const Stretch& stretch : made.stretches) {
      if (stretch.vague || stretch.joined || stretch.optional) continue;
      if (stretch.grant != none && grants(at(stretch.grant).what)) follow(stretch.grant);
      if (stretch.end != none && at(stretch.end).what == What::release) follow(stretch.end);
    }
  }

  /// What returned before another was called comes before it: by way of the moments in which calls returned.
  void add_time() {
    std::vector<std::size_t> by_return(calls_.size()), by_call(calls_.size());
    for (std::size_t i = 0; i < calls_.size(); ++i) by_return[i] = by_call[i] = i;
    std::ranges::sort(by_return, {}, [&](std::size_t i) { return calls_[i].returned; });
    std::ranges::sort(by_call, {}, [&](std::size_t i) { return calls_[i].called; });
    std::size_t next = 0, moment = none;
    for (const std::size_t call : by_call) {
      for (; next < by_return.size() && calls_[by_return[next]].returned < calls_[call].called; ++next) {
        const std::size_t later = graph_.add();
        if (moment != none) graph_.order(moment, later);
        graph_.order(by_return[next], later);
        moment = later;
      }
      if (moment != none) graph_.order(moment, call);
    }
  }

  void tell() {
    std::vector<Position> shown;
    std::string text;
    std::vector<std::size_t> circle = graph_.circle();
    std::erase_if(circle, [&](std::size_t node) { return node >= calls_.size(); });
    const auto for_several = [&](std::size_t node) { return calls_[node].operations.size() > 1; };
    // Two sets say it all; what lies between them follows from them.
    if (std::ranges::count_if(circle, for_several) > 1) std::erase_if(circle, std::not_fn(for_several));
    for (const std::size_t node : circle) {
      if (shown.size() >= 3) break;
      const Call& call = calls_[node];
      text += (text.empty() ? "" : "; ") + answered(recording_, at(call.first));
      text += " (";
      for (std::size_t i = 0; i < call.operations.size(); ++i) {
        text += (i == 0 ? "" : ", ") + name_of(recording_, at(call.operations[i]).name);
      }
      text += ")";
      shown.push_back(call.first);
    }
    if (shown.empty()) return;
    result_.name = at(shown.front()).name;
    result_.flaws.push_back(
        flaw_of(shown, "Sets were not taken whole: no order of these calls fits all of their names: " + text + "."));
  }

  const Recording& recording_;
  const std::vector<std::vector<Position>>& operations_;
  std::vector<bool> in_set_;  ///< Of each name.
  Graph graph_;               ///< The calls first, then moments.
  std::vector<Call> calls_;
  std::unordered_map<std::uint32_t, std::size_t> nodes_;  ///< By the numbers of calls.
  SetsJudged result_;
};

}  // namespace

SetsJudged judge_sets(const Recording& recording, const std::vector<std::vector<Position>>& operations) {
  return Sets(recording, operations).judge();
}

}  // namespace holdfast::verify
