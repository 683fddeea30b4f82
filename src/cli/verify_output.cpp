#include "cli/verify_output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli/asking.h"
#include "cli/text.h"
#include "recording/write.h"
#include "verify/judgement.h"
#include "verify/report.h"

namespace holdfast::cli {
namespace {

/// False: it could not be written, which has been said.
bool written(const Verb& verb, const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return true;
  say(verb, shown(system_words(path, errno)));
  return false;
}

}  // namespace

bool write_files(const Verb& verb, const recording::Recording& recording, const verify::Judgement& judgement,
                 const VerifyOutput& output, const std::string& replay) {
  const verify::ReportOptions options{.title = recording.about, .replay = replay};
  bool all = true;
  if (!output.record.empty()) {
    const Result<void> kept = recording::write(recording, std::filesystem::path{output.record});
    if (!kept) say(verb, shown(kept.error().where));
    all = kept.has_value();
  }
  if (!output.html.empty()) all = written(verb, output.html, verify::html_report(recording, judgement, options)) && all;
  if (!output.markdown.empty()) {
    all = written(verb, output.markdown, verify::markdown_report(recording, judgement, options)) && all;
  }
  return all;
}

int judge_and_tell(const Verb& verb, const recording::Recording& recording, const std::vector<std::string>& missed,
                   const VerifyOutput& output, const std::string& replay) {
  verify::Judgement judgement = verify::judge(recording);
  if (!missed.empty()) {
    judgement.not_seen.insert(judgement.not_seen.end(), missed.begin(), missed.end());
    judgement.inconclusive = !judgement.violated();
  }
  const verify::ReportOptions options{.title = recording.about, .replay = replay};
  const std::string said = output.json ? verify::json_report(recording, judgement, options)
                                       : verify::text_report(recording, judgement, options);
  fmt::print("{}", said);
  const bool all = write_files(verb, recording, judgement, output, replay);
  return all ? static_cast<int>(verify::verdict(judgement)) : status(Exit::wrong_usage);
}

}  // namespace holdfast::cli
