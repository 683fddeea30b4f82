#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "verify/belief.h"
#include "verify/chain.h"
#include "verify/coverage.h"
#include "verify/fence.h"
#include "verify/judgement.h"
#include "verify/linearizable.h"
#include "verify/order.h"
#include "verify/sets.h"
#include "verify/sightings.h"

namespace holdfast::verify {

using recording::Index;
using recording::Lock;
using recording::Recording;

std::string_view word(Question question) {
  switch (question) {
    case Question::linearizable:
      return "linearizable";
    case Question::belief:
      return "belief";
    case Question::fence:
      return "fence";
    case Question::order:
      return "order";
    case Question::stale_writes:
      return "stale_writes";
    case Question::watch:
      return "watch";
  }
  return "";
}

std::string_view word(Answer answer) {
  switch (answer) {
    case Answer::holds:
      return "holds";
    case Answer::violated:
      return "violated";
    case Answer::undecided:
      return "undecided";
  }
  return "";
}

bool Judgement::violated() const {
  return std::ranges::any_of(findings, [](const Finding& f) { return f.answer == Answer::violated; });
}

bool Judgement::undecided() const {
  return std::ranges::any_of(findings, [](const Finding& f) { return f.answer == Answer::undecided; });
}

Verdict verdict(const Judgement& judgement) {
  if (judgement.violated()) return Verdict::violated;
  if (judgement.inconclusive) return Verdict::inconclusive;
  return judgement.undecided() ? Verdict::undecided : Verdict::holds;
}

namespace {

constexpr std::size_t operations_shown_max = 6;
constexpr std::size_t clients_shown_max = 3;

class Judge {
 public:
  Judge(const Recording& recording, const JudgeOptions& options) : recording_(recording), options_(options) {}

  Judgement judge() {
    split();
    for (std::size_t name = 0; name < operations_.size(); ++name) {
      if (!operations_[name].empty()) judge(static_cast<Index>(name));
    }
    judge_sets();
    judge_sightings();
    conclude();
    return std::move(judgement_);
  }

 private:
  void split() {
    operations_.resize(recording_.names.size());
    losses_.resize(recording_.names.size());
    for (std::size_t i = 0; i < recording_.operations.size(); ++i) {
      operations_[recording_.operations[i].name].push_back(static_cast<Position>(i));
    }
    for (const recording::Loss& loss : recording_.losses) losses_[loss.name].push_back(&loss);
  }

  void judge(Index name) {
    const std::span<const Position> operations = operations_[name];
    Coverage& coverage = judgement_.coverage;
    ++coverage.names;
    count(recording_, operations, coverage);
    judge_order_of_events(name, operations);
    judge_belief(name, operations);
    judge_fence(name, operations);
    if (recording_.lock.fifo && recording_.lock.kind == Lock::Kind::mutex) {
      const Ordered ordering = ordered(recording_, operations);
      waits_ += ordering.waits;
      take(order_, name, ordering.flaws, ordering.violations);
    }
  }

  void judge_order_of_events(Index name, std::span<const Position> operations) {
    Linearized found = linearized(recording_, operations, options_.search_states_max);
    judgement_.coverage.lapses += found.lapses;
    take(linearizable_, name, found.flaws, found.violations);
    if (found.answer == Answer::undecided) doubt(linearizable_, found.because);
    if (found.answer == Answer::holds && linearizable_.because.empty()) linearizable_.because = found.because;
  }

  void judge_belief(Index name, std::span<const Position> operations) {
    const Believed found = believed(recording_, operations, losses_[name]);
    take(belief_, name, found.flaws, found.violations);
    Coverage& coverage = judgement_.coverage;
    coverage.displaced_overlaps += found.displaced_overlaps;
    coverage.longest_displaced = std::max(coverage.longest_displaced, found.longest_displaced);
  }

  void judge_fence(Index name, std::span<const Position> operations) {
    const Fenced found = fenced(recording_, operations);
    guarded_ = guarded_ || found.writes + found.refused > 0;
    late_writes_refused_ += found.refused;
    take(fence_, name, found.tokens, found.tokens.size());
    take(fence_, name, found.lost_updates, found.lost_updates.size());
    take(fence_, name, found.late_writes, found.late_writes.size());
    take(stale_writes_, name, found.late_writes, found.late_writes.size());
  }

  void judge_sets() {
    const SetsJudged found = verify::judge_sets(recording_, operations_);
    take(linearizable_, found.name, found.flaws, found.flaws.size());
  }

  void judge_sightings() {
    judgement_.coverage.sightings = recording_.sightings.size();
    const Watched found = watched(recording_);
    for (const Watched::Miss& miss : found.misses) take(watch_, miss.name, {&miss.flaw, 1}, 1);
    if (watch_.violations > 0) watch_.violations = found.violations;
  }

  /// A violation is one whatever else is in doubt.
  void take(Finding& finding, Index name, std::span<const Flaw> flaws, std::size_t violations) const {
    if (violations == 0) return;
    finding.answer = Answer::violated;
    finding.violations += violations;
    if (finding.witness || flaws.empty()) return;
    finding.because = flaws.front().told;
    finding.witness = witness(name, flaws.front());
  }

  static void doubt(Finding& finding, const std::string& because) {
    if (finding.answer == Answer::violated) return;
    finding.answer = Answer::undecided;
    finding.because = because;
  }

  /// So few operations of so few clients that a person takes them in at a glance.
  Witness witness(Index name, const Flaw& flaw) const {
    Witness made{.name = name, .operations = {}, .marked = flaw.marked, .told = flaw.told};
    std::vector<Index> clients;
    for (const Ownership& marked : flaw.marked) clients.push_back(marked.client);
    for (const Position position : flaw.operations) {
      const Index client = recording_.operations[position].client;
      const bool known = std::ranges::find(clients, client) != clients.end();
      if (!known && clients.size() >= clients_shown_max) continue;
      if (!known) clients.push_back(client);
      if (made.operations.size() < operations_shown_max) made.operations.push_back(position);
    }
    return made;
  }

  void conclude() {
    Coverage& coverage = judgement_.coverage;
    coverage.clients = clients_in(recording_);
    const Lock& lock = recording_.lock;
    if (!lock.tokens && fence_.answer == Answer::holds) {
      if (lock.leases) {
        doubt(fence_, "it gives no tokens, so nothing would keep a late writer away; no update was lost in this run");
      } else {
        fence_.because = "it gives no tokens, and needs none: only its holder ends a holding, so nobody writes late";
      }
    }
    judgement_.findings = {std::move(linearizable_), std::move(belief_), std::move(fence_)};
    if (lock.fifo && lock.kind == Lock::Kind::mutex) {
      if (waits_ > 0) judgement_.findings.push_back(std::move(order_));
    }
    const bool came_late = late_writes_refused_ > 0 || stale_writes_.answer == Answer::violated;
    if (lock.tokens && came_late) judgement_.findings.push_back(std::move(stale_writes_));
    if (!recording_.sightings.empty()) judgement_.findings.push_back(std::move(watch_));
    say_what_was_not_seen();
  }

  void say_what_was_not_seen() {
    const Coverage& coverage = judgement_.coverage;
    const auto missed = [&](std::string text) { judgement_.not_seen.push_back(std::move(text)); };
    const bool uncontended = coverage.contended == 0;
    const auto all = static_cast<double>(std::max<std::size_t>(coverage.operations, 1));
    const double unknown = static_cast<double>(coverage.unknown) / all;
    if (uncontended) missed("no two clients asked for a name at one time, and none was refused");
    if (unknown > options_.unknown_max) {
      missed(fmt::format("{:.1f} % of the outcomes are unknown; at most {:.1f} % may be", 100 * unknown,
                         100 * options_.unknown_max));
    }
    if (coverage.grants == 0) missed("nothing was granted");
    if (recording_.lock.leases && coverage.lapses == 0) missed("no lease lapsed and was taken by somebody else");
    if (recording_.lock.tokens && guarded_ && late_writes_refused_ == 0) missed("nobody wrote under an old token");
    if (recording_.lock.fifo && waits_ == 0) missed("nobody was granted after a wait, so nothing is said of the queue");
    judgement_.inconclusive =
        !judgement_.violated() && ((options_.contention_needed && uncontended) || unknown > options_.unknown_max);
  }

  const Recording& recording_;
  const JudgeOptions& options_;
  std::vector<std::vector<Position>> operations_;  ///< Of each name.
  std::vector<std::vector<const recording::Loss*>> losses_;
  Finding linearizable_{.question = Question::linearizable, .answer = Answer::holds};
  Finding belief_{.question = Question::belief, .answer = Answer::holds};
  Finding fence_{.question = Question::fence, .answer = Answer::holds};
  Finding order_{.question = Question::order, .answer = Answer::holds};
  Finding stale_writes_{.question = Question::stale_writes, .answer = Answer::holds};
  Finding watch_{.question = Question::watch, .answer = Answer::holds};
  bool guarded_ = false;  ///< Something was written, or tried to be.
  std::size_t late_writes_refused_ = 0;
  std::size_t waits_ = 0;  ///< Of known length, that ended in a grant.
  Judgement judgement_;
};

}  // namespace

Judgement judge(const Recording& recording, const JudgeOptions& options) {
  return Judge(recording, options).judge();
}

}  // namespace holdfast::verify
