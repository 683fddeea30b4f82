#include "simulate/campaign.h"

namespace holdfast::simulate {
namespace {

constexpr std::uint64_t worlds_a_repetition = 100;  // Of so many worlds one is run a second time.

/// `violated` of the first question that is; empty: none is.
std::string violated_question(const verify::Judgement& judgement) {
  for (const verify::Finding& finding : judgement.findings) {
    if (finding.answer == verify::Answer::violated) return std::string{verify::word(finding.question)};
  }
  return {};
}

}  // namespace

verify::Judgement judged(const recording::Recording& recording) {
  verify::JudgeOptions options;
  options.unknown_max = 0.5;
  options.contention_needed = false;
  options.search_states_max = 2'000;  // Of hundreds of worlds none may take its time.
  return verify::judge(recording, options);
}

verify::Verdict Report::verdict() const {
  if (failure || differs) return verify::Verdict::violated;
  if (covered.worlds == 0 || inconclusive == covered.worlds) return verify::Verdict::inconclusive;
  // What clients saw decides not every world; where it does not, what was seen from inside still does.
  return 2 * undecided > covered.worlds ? verify::Verdict::undecided : verify::Verdict::holds;
}

std::string wrong_with(const Outcome& outcome, const Judge& judge) {
  if (!outcome.violations.empty()) return outcome.violations.front().kind;
  return judge ? violated_question(judge(outcome.recording)) : std::string{};
}

Report run(const Wanted& wanted, const Machine& machine) {
  Report report;
  for (std::uint64_t world = 0; world < wanted.worlds || report.covered.simulated < wanted.simulated; ++world) {
    if (wanted.about_to) wanted.about_to(wanted.seed + world);
    Plan plan = plan_of(wanted.seed + world);
    Outcome outcome = run(plan, machine);
    report.covered += outcome.covered;
    if (world % worlds_a_repetition == 0) {
      ++report.run_twice;
      if (run(plan, machine).hash != outcome.hash) {
        report.differs = plan.seed;
        return report;
      }
    }
    std::optional<verify::Judgement> judgement;
    if (wanted.judge) judgement = wanted.judge(outcome.recording);
    std::string kind = outcome.violations.empty() ? std::string{} : outcome.violations.front().kind;
    if (kind.empty() && judgement) kind = violated_question(*judgement);
    if (!kind.empty()) {
      report.failure = Failure{std::move(plan), std::move(outcome), std::move(judgement), std::move(kind)};
      return report;
    }
    if (judgement) {
      report.undecided += judgement->undecided() ? 1 : 0;
      report.inconclusive += judgement->inconclusive ? 1 : 0;
    }
    report.last = std::move(outcome.recording);
    if (wanted.progress && wanted.progress(report.covered)) break;
  }
  return report;
}

}  // namespace holdfast::simulate
