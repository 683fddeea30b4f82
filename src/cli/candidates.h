// What may come next on a command line: what the shells ask for when somebody presses Tab.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/verbs.h"

namespace holdfast::cli {

/// One thing that may stand where the cursor is, or a kind of thing that the shell knows better.
struct Candidate {
  std::string word;
  std::string about;  ///< A few words; may be empty.
  bool operator==(const Candidate&) const = default;
};
inline constexpr std::string_view any_file = ":files";
inline constexpr std::string_view any_directory = ":directories";
inline constexpr std::string_view any_command = ":commands";

/// `words`: those behind `holdfast` up to the cursor; the last one is the one being typed, and may be empty. bash hands
/// `--a=b` over as three words, other shells as one; both are understood.
///
/// Only words that begin as what was typed, or one of the kinds above alone.
std::vector<Candidate> candidates(const Words& words);

}  // namespace holdfast::cli
