// What becomes of a recording: judged, told, and written where it was asked for.
#pragma once

#include <string>
#include <vector>

#include "cli/verbs.h"
#include "recording/recording.h"
#include "verify/judgement.h"

namespace holdfast::cli {

/// Where it goes besides the terminal. Empty: not there.
struct VerifyOutput {
  std::string record, html, markdown;
  bool json = false;
};

/// Writes what `output` asks for besides the terminal. False: not all of it could be written, which has been said.
bool write_files(const Verb& verb, const recording::Recording& recording, const verify::Judgement& judgement,
                 const VerifyOutput& output, const std::string& replay);

/// `missed`: what the driver would have had to see, too. `replay`: the command that does it again. Returns the exit
/// status.
int judge_and_tell(const Verb& verb, const recording::Recording& recording, const std::vector<std::string>& missed,
                   const VerifyOutput& output, const std::string& replay);

}  // namespace holdfast::cli
