// A recording of two owners at once, and what a judge would say of it.
#pragma once

#include "recording/recording.h"
#include "verify/judgement.h"

namespace holdfast::verify {

inline constexpr recording::Nanos ms = 1'000'000;

/// Asked and answered.
inline recording::Operation operation(recording::Index client, recording::What what, recording::Outcome outcome,
                                      recording::Nanos called, recording::Nanos returned, std::uint64_t shown = 0) {
  recording::Operation made;
  made.called = called;
  made.returned = returned;
  made.client = client;
  made.what = what;
  made.outcome = outcome;
  made.shown = shown;
  return made;
}

/// c1 and c2 are both granted `job`; c3 is refused.
inline recording::Recording two_owners() {
  using recording::Outcome;
  using recording::What;
  recording::Recording made;
  made.about = "two owners";
  made.lock.tokens = true;
  made.clients = {{"c1", ""}, {"c2", ""}, {"c3", ""}};
  made.names = {"job"};
  made.operations = {operation(0, What::acquire, Outcome::ok, 100 * ms, 110 * ms, 7),
                     operation(1, What::acquire, Outcome::ok, 150 * ms, 160 * ms, 8),
                     operation(2, What::acquire, Outcome::busy, 170 * ms, 180 * ms, 8),
                     operation(0, What::release, Outcome::ok, 300 * ms, 310 * ms),
                     operation(1, What::release, Outcome::ok, 400 * ms, 410 * ms)};
  made.operations[3].token = 7;
  made.operations[4].token = 8;
  for (std::size_t i = 0; i < made.operations.size(); ++i) made.operations[i].call = static_cast<std::uint32_t>(i);
  return made;
}

inline Judgement two_owners_judged() {
  Judgement made;
  Finding finding{.question = Question::linearizable, .answer = Answer::violated, .because = "two holders"};
  finding.witness = Witness{.name = 0,
                            .operations = {0, 1, 3},
                            .marked = {{0, 7, 110 * ms, 300 * ms}, {1, 8, 160 * ms, 400 * ms}},
                            .told = "c1 held job from 0.110 s to 0.300 s, c2 was told 'granted' at 0.160 s."};
  finding.violations = 1;
  made.findings = {finding, Finding{.question = Question::fence, .answer = Answer::holds, .because = "they rise"}};
  made.coverage.operations = 5;
  made.coverage.grants = 2;
  return made;
}

}  // namespace holdfast::verify
