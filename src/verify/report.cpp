#include "verify/report.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>

#include "verify/drawing.h"
#include "verify/report_words.h"
#include "verify/words.h"

namespace holdfast::verify {

using recording::Recording;

std::string told_verdict(const Judgement& judgement) {
  switch (verdict(judgement)) {
    case Verdict::holds:
      return "HOLDS: nothing that was seen contradicts it.";
    case Verdict::violated:
      return "VIOLATED: it was seen not to hold.";
    case Verdict::undecided:
      return "UNDECIDED: something could not be decided, so nothing is promised.";
    case Verdict::inconclusive:
      return "INCONCLUSIVE: too little was seen to say anything.";
  }
  return {};
}

std::string_view told_question(Question question) {
  switch (question) {
    case Question::linearizable:
      return "One holder at a time, in one order of events";
    case Question::belief:
      return "No two clients believed at once that they own it";
    case Question::fence:
      return "Tokens keep late writers out";
    case Question::order:
      return "Who waits is served in order";
    case Question::stale_writes:
      return "Writes under an old token are refused";
    case Question::watch:
      return "Watchers see every change once, in order";
  }
  return {};
}

const Finding* first_violated(const Judgement& judgement) {
  for (const Finding& finding : judgement.findings) {
    if (finding.answer == Answer::violated && finding.witness) return &finding;
  }
  return nullptr;
}

std::vector<std::pair<std::string_view, std::size_t>> counted(const Coverage& coverage) {
  return {{"operations", coverage.operations},
          {"clients", coverage.clients},
          {"names", coverage.names},
          {"grants", coverage.grants},
          {"refusals", coverage.refusals},
          {"contended", coverage.contended},
          {"renewals", coverage.renewals},
          {"releases", coverage.releases},
          {"lapses", coverage.lapses},
          {"takeovers", coverage.takeovers},
          {"waits", coverage.waits},
          {"writes", coverage.writes},
          {"stale_refused", coverage.stale_refused},
          {"sightings", coverage.sightings},
          {"unknown", coverage.unknown}};
}

std::string told_displaced(const Coverage& coverage) {
  if (coverage.displaced_overlaps == 0) return {};
  return fmt::format(
      "After {} takeovers the one who lost the name believed for up to {} that it still owned it: it had "
      "not heard yet. Only a token keeps such a writer out.",
      coverage.displaced_overlaps, told_span(coverage.longest_displaced));
}

std::string text_report(const Recording& recording, const Judgement& judgement, const ReportOptions& options) {
  std::string out = fmt::format("{}\n", told_verdict(judgement));
  if (!options.title.empty()) out += fmt::format("{}\n", printable(options.title));
  out += "\n";
  for (const Finding& finding : judgement.findings) {
    out += fmt::format("  {:<10}  {}\n", word(finding.answer), told_question(finding.question));
    if (!finding.because.empty()) out += fmt::format("  {:<10}  {}\n", "", printable(finding.because));
  }
  if (const Finding* finding = first_violated(judgement)) {
    const Picture picture = picture_of(recording, *finding->witness);
    out += fmt::format("\n{}\n\n{}\n{}", printable(finding->witness->told), told_in_order(recording, picture),
                       drawn_in_text(recording, picture, options.columns));
  }
  out += "\nSeen:";
  for (const auto& [what, count] : counted(judgement.coverage)) {
    if (count > 0) out += fmt::format(" {} {},", count, told_count(what));
  }
  out.back() = '\n';
  if (const std::string displaced = told_displaced(judgement.coverage); !displaced.empty()) out += displaced + "\n";
  for (const std::string& missing : judgement.not_seen) out += fmt::format("Not seen: {}\n", printable(missing));
  if (!options.replay.empty()) out += fmt::format("Again: {}\n", printable(options.replay));
  return out;
}

std::string_view told_count(std::string_view counter) {
  if (counter == "contended") return "of them contended";
  if (counter == "stale_refused") return "stale refused";
  if (counter == "unknown") return "with unknown outcome";
  return counter;
}

namespace {

boost::json::value json_moment(recording::Nanos at) {
  return at == recording::never ? boost::json::value(nullptr) : boost::json::value(at);
}

boost::json::object json_operation(const Recording& recording, std::size_t i) {
  const recording::Operation& operation = recording.operations[i];
  boost::json::object out{{"client", recording.clients[operation.client].name},
                          {"what", word(operation.what)},
                          {"outcome", word(operation.outcome)},
                          {"called_ns", operation.called},
                          {"returned_ns", json_moment(operation.returned)}};
  if (operation.token != 0) out["token"] = operation.token;
  if (operation.shown != 0) out["shown"] = operation.shown;
  if (operation.ttl != 0) out["ttl_ns"] = operation.ttl;
  return out;
}

boost::json::object json_witness(const Recording& recording, const Witness& witness) {
  boost::json::array operations;
  for (const std::size_t i : witness.operations) operations.push_back(json_operation(recording, i));
  boost::json::array marked;
  for (const Ownership& ownership : witness.marked) {
    marked.push_back(boost::json::object{{"client", told_client(recording, ownership.client)},
                                         {"token", ownership.token},
                                         {"from_ns", ownership.from},
                                         {"until_ns", json_moment(ownership.until)}});
  }
  return {{"name", recording.names[witness.name]},
          {"told", witness.told},
          {"operations", std::move(operations)},
          {"marked", std::move(marked)}};
}

}  // namespace

std::string json_report(const Recording& recording, const Judgement& judgement, const ReportOptions& options) {
  boost::json::array findings;
  for (const Finding& finding : judgement.findings) {
    boost::json::object one{{"question", word(finding.question)},
                            {"answer", word(finding.answer)},
                            {"because", finding.because},
                            {"violations", finding.violations}};
    if (finding.witness) one["witness"] = json_witness(recording, *finding.witness);
    findings.push_back(std::move(one));
  }
  boost::json::object coverage;
  for (const auto& [what, count] : counted(judgement.coverage)) coverage[what] = count;
  coverage["displaced_overlaps"] = judgement.coverage.displaced_overlaps;
  coverage["longest_displaced_ns"] = judgement.coverage.longest_displaced;
  constexpr std::array verdicts{"holds", "violated", "undecided", "inconclusive"};
  const auto exit = static_cast<int>(verdict(judgement));
  const boost::json::object out{{"verdict", verdicts.at(static_cast<std::size_t>(exit))},
                                {"exit", exit},
                                {"title", options.title},
                                {"replay", options.replay},
                                {"findings", std::move(findings)},
                                {"coverage", std::move(coverage)},
                                {"not_seen", boost::json::array(judgement.not_seen.begin(), judgement.not_seen.end())}};
  return boost::json::serialize(out) + "\n";
}

}  // namespace holdfast::verify
