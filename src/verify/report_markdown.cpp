#include <fmt/format.h>

#include "verify/drawing.h"
#include "verify/report.h"
#include "verify/report_words.h"
#include "verify/words.h"

namespace holdfast::verify {

using recording::Recording;

namespace {

/// Text from outside, in a line of Markdown: nothing in it marks anything up.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (std::string_view{"\\`*_{}[]<>#|!&~"}.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string_view passed(Answer answer) {
  switch (answer) {
    case Answer::holds:
      return "PASS";
    case Answer::violated:
      return "FAIL";
    case Answer::undecided:
      return "UNDECIDED";
  }
  return {};
}

std::string evidence(const Recording& recording, const Finding& finding) {
  if (!finding.witness) return {};
  const Picture picture = picture_of(recording, *finding.witness);
  return fmt::format("{}\n\n```\n{}\n{}```\n\n", plain(finding.witness->told), told_in_order(recording, picture),
                     drawn_in_text(recording, picture, 100));
}

std::string section(const Recording& recording, const Finding& finding, std::size_t number) {
  std::string out =
      fmt::format("## {}. {}\n\n**Status**: {}", number, told_question(finding.question), passed(finding.answer));
  if (finding.violations > 0) out += fmt::format(", seen {} times at least", finding.violations);
  out += "\n\n";
  if (!finding.because.empty()) out += plain(finding.because) + "\n\n";
  return out + evidence(recording, finding);
}

std::string summary(const Judgement& judgement) {
  std::string out = "## Summary\n\n| section | status | why |\n|---|---|---|\n";
  for (std::size_t i = 0; i < judgement.findings.size(); ++i) {
    const Finding& finding = judgement.findings[i];
    out += fmt::format("| {}. {} | {} | {} |\n", i + 1, told_question(finding.question), passed(finding.answer),
                       plain(finding.because));
  }
  return out;
}

std::string seen_markdown(const Judgement& judgement) {
  std::string out = "## What was seen\n\n| what | how many |\n|---|---|\n";
  for (const auto& [what, count] : counted(judgement.coverage)) {
    out += fmt::format("| {} | {} |\n", told_count(what), count);
  }
  if (const std::string displaced = told_displaced(judgement.coverage); !displaced.empty())
    out += "\n" + displaced + "\n";
  if (!judgement.not_seen.empty()) out += "\nNot seen:\n\n";
  for (const std::string& missing : judgement.not_seen) out += "- " + plain(missing) + "\n";
  return out;
}

}  // namespace

std::string markdown_report(const Recording& recording, const Judgement& judgement, const ReportOptions& options) {
  std::string out =
      fmt::format("# Lock verification: {}\n\n**Status**: {}\n\n", plain(options.title), told_verdict(judgement));
  if (!options.replay.empty()) out += fmt::format("To see it again:\n\n```\n{}\n```\n\n", printable(options.replay));
  for (std::size_t i = 0; i < judgement.findings.size(); ++i) {
    out += section(recording, judgement.findings[i], i + 1);
  }
  return out + summary(judgement) + "\n" + seen_markdown(judgement);
}

}  // namespace holdfast::verify
