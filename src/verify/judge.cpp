#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "verify/belief.h"
#include "verify/chain.h"
#include "verify/judgement.h"
#include "verify/sweep.h"

namespace holdfast::verify {

using recording::Lock;
using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

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

class Judge {
 public:
  Judge(const Recording& recording, const JudgeOptions& options) : recording_(recording), options_(options) {}

  Judgement judge() {
    split();
    Finding linearizable{.question = Question::linearizable, .answer = Answer::holds};
    Finding belief{.question = Question::belief, .answer = Answer::holds};
    for (std::size_t name = 0; name < recording_.names.size(); ++name) {
      if (operations_[name].empty()) continue;
      const auto index = static_cast<recording::Index>(name);
      if (recording_.lock.kind == Lock::Kind::mutex) {
        const Swept swept =
            sweep(recording_, operations_[name], chain(recording_, operations_[name]), Unseen::may_have_been);
        take(linearizable, index, swept.flaws, swept.violations, swept.forced);
      } else {
        linearizable.answer = Answer::undecided;
      }
      const Believed beliefs = believed(recording_, operations_[name], losses_[name]);
      take(belief, index, beliefs.flaws, beliefs.violations, true);
      judgement_.coverage.displaced_overlaps += beliefs.displaced_overlaps;
      judgement_.coverage.longest_displaced =
          std::max(judgement_.coverage.longest_displaced, beliefs.longest_displaced);
    }
    judgement_.findings = {std::move(linearizable), std::move(belief)};
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

  static void take(Finding& finding, recording::Index name, const std::vector<Flaw>& flaws, std::size_t violations,
                   bool sure) {
    if (violations == 0) return;
    if (!sure) {
      if (finding.answer == Answer::holds) finding.answer = Answer::undecided;
      return;
    }
    finding.answer = Answer::violated;
    finding.violations += violations;
    if (finding.witness || flaws.empty()) return;
    const Flaw& flaw = flaws.front();
    Witness witness{.name = name, .operations = {}, .marked = flaw.marked, .told = flaw.told};
    for (const Position position : flaw.operations) witness.operations.push_back(position);
    finding.because = flaw.told;
    finding.witness = std::move(witness);
  }

  const Recording& recording_;
  const JudgeOptions& options_;
  std::vector<std::vector<Position>> operations_;  ///< Of each name.
  std::vector<std::vector<const recording::Loss*>> losses_;
  Judgement judgement_;
};

}  // namespace

Judgement judge(const Recording& recording, const JudgeOptions& options) {
  return Judge(recording, options).judge();
}

}  // namespace holdfast::verify
