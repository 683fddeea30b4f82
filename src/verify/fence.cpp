#include "verify/fence.h"

#include <fmt/format.h>

#include <algorithm>
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

/// The greatest of what had returned by some time, and who returned it. Fed in order of calls.
class Greatest {
 public:
  void returned(Nanos at, std::uint64_t value, Position position) { coming_.push_back({at, value, position}); }
  /// Of all that returned before `time`. Times do not fall from question to question.
  std::pair<std::uint64_t, Position> before(Nanos time) {
    std::erase_if(coming_, [&](const Coming& c) {
      if (c.at >= time) return false;
      if (c.value > value_ || position_ == none) {
        value_ = c.value;
        position_ = c.position;
      }
      return true;
    });
    return {value_, position_};
  }

 private:
  struct Coming {
    Nanos at;
    std::uint64_t value;
    Position position;
  };
  std::vector<Coming> coming_;  ///< As many as are under way at one time.
  std::uint64_t value_ = 0;
  Position position_ = none;
};

class Fence {
 public:
  Fence(const Recording& recording, std::span<const Position> operations)
      : recording_(recording), operations_(operations) {}

  Fenced judge() {
    for (const Position position : operations_) {
      const Operation& operation = recording_.operations[position];
      if (operation.what == What::write) {
        write(position);
      } else if (grants(operation.what) && operation.outcome == Outcome::ok && operation.shown != 0) {
        grant(position);
      }
    }
    look_for_twins();
    return std::move(result_);
  }

 private:
  static void keep(std::vector<Flaw>& flaws, Flaw flaw) {
    if (flaws.size() < flaws_kept) flaws.push_back(std::move(flaw));
  }

  std::string_view owner(Index client) const {
    if (client >= recording_.clients.size()) return {};
    const recording::Client& found = recording_.clients[client];
    return found.owner.empty() ? found.name : found.owner;
  }

  void grant(Position position) {
    const Operation& operation = recording_.operations[position];
    given_.emplace_back(operation.shown, position);
    // Asked for after a greater one was told, and given nevertheless.
    const auto [greatest, by] = granted_.before(operation.called);
    if (by != none && greatest > operation.shown) {
      keep(result_.tokens, flaw_of({by, position}, fmt::format("{}; after that {}, under a token that is not greater.",
                                                               answered(recording_, recording_.operations[by]),
                                                               answered(recording_, operation))));
    }
    granted_.returned(operation.returned, operation.shown, position);
  }

  /// Two that were told the same token, and do not share.
  void look_for_twins() {
    if (!std::ranges::is_sorted(given_)) std::ranges::sort(given_);
    for (std::size_t i = 1; i < given_.size(); ++i) {
      if (given_[i].first != given_[i - 1].first) continue;
      const Index one = holder_after(recording_.operations[given_[i - 1].second]);
      const Index other = holder_after(recording_.operations[given_[i].second]);
      if (one == other || (recording_.lock.joins && owner(one) == owner(other))) continue;
      keep(result_.tokens, told_twice(given_[i - 1].second, given_[i].second));
    }
  }

  Flaw told_twice(Position first, Position second) const {
    const Operation& one = recording_.operations[first];
    const Operation& other = recording_.operations[second];
    Flaw flaw = flaw_of({first, second}, fmt::format("Token {} was given to two: {}; {}.", one.shown,
                                                     answered(recording_, one), answered(recording_, other)));
    flaw.marked = {{holder_after(one), one.shown, one.returned, recording::never},
                   {holder_after(other), other.shown, other.returned, recording::never}};
    return flaw;
  }

  void write(Position position) {
    const Operation& operation = recording_.operations[position];
    if (operation.outcome == Outcome::stale) ++result_.refused;
    if (operation.outcome != Outcome::ok) return;
    ++result_.writes;
    const auto [found, fresh] = based_on_.try_emplace(operation.value, position);
    if (!fresh) lost(found->second, position);
    if (operation.token == 0) return;
    const auto [greatest, by] = written_.before(operation.called);
    if (by != none && greatest > operation.token) {
      const Operation& newer = recording_.operations[by];
      keep(
          result_.late_writes,
          flaw_of({by, position}, fmt::format("{} wrote{} at {}; after that {} wrote{} at {}, and was not turned away.",
                                              told_client(recording_, newer.client), under(newer.token),
                                              told(newer.returned), told_client(recording_, operation.client),
                                              under(operation.token), told(operation.returned))));
    }
    written_.returned(operation.returned, operation.token, position);
  }

  void lost(Position first, Position second) {
    const Operation& one = recording_.operations[first];
    const Operation& other = recording_.operations[second];
    keep(result_.lost_updates,
         flaw_of(
             {first, second},
             fmt::format("{} wrote{} at {} what it had made of value {}; {} made another of the same value{}, written "
                         "at {}: one of the two is lost.",
                         told_client(recording_, one.client), under(one.token), told(one.returned), one.value,
                         told_client(recording_, other.client), under(other.token), told(other.returned))));
  }

  const Recording& recording_;
  std::span<const Position> operations_;
  std::vector<std::pair<std::uint64_t, Position>> given_;  ///< Tokens, and who was told.
  std::unordered_map<std::uint64_t, Position> based_on_;   ///< By value, the first write.
  Greatest granted_, written_;
  Fenced result_;
};

}  // namespace

Fenced fenced(const Recording& recording, std::span<const Position> operations) {
  return Fence(recording, operations).judge();
}

}  // namespace holdfast::verify
