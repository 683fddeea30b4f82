// What was found, for people and for programs. All of it is made from the recording and the judgement alone.
#pragma once

#include <string>
#include <string_view>

#include "recording/recording.h"
#include "verify/judgement.h"

namespace holdfast::verify {

struct ReportOptions {
  std::string title{};        ///< What was looked at: "http://127.0.0.1:8080, 16 clients, 10 s". One line.
  std::string replay{};       ///< The command that does it again. Empty: none does.
  std::size_t columns = 100;  ///< Of text.
};

/// "HOLDS", "VIOLATED", "UNDECIDED" or "INCONCLUSIVE", and a sentence.
std::string told_verdict(const Judgement& judgement);

/// For a terminal: the verdict, each question's answer, the smallest failing window drawn in characters, what was met.
std::string text_report(const recording::Recording& recording, const Judgement& judgement,
                        const ReportOptions& options);

/// One JSON object; docs/verifying.md says what its members mean.
std::string json_report(const recording::Recording& recording, const Judgement& judgement,
                        const ReportOptions& options);

/// A page that needs nothing else: no script, no font, no network. Under 200 KB whatever the recording's size.
std::string html_report(const recording::Recording& recording, const Judgement& judgement,
                        const ReportOptions& options);

/// For attaching to a ticket: a section a question, each PASS or FAIL or why it is neither, with the evidence.
std::string markdown_report(const recording::Recording& recording, const Judgement& judgement,
                            const ReportOptions& options);

}  // namespace holdfast::verify
