#include <fmt/format.h>

#include "cli/candidates.h"
#include "cli/options.h"

namespace holdfast::cli {
namespace {

int run_complete(const Verb& self, const Words& words) {
  Words typed;
  Options options{self};
  options.command(typed);
  if (const auto end = options.parse(words)) return *end;
  for (const Candidate& each : candidates(typed)) {
    fmt::print("{}{}{}\n", each.word, each.about.empty() ? "" : "\t", each.about);
  }
  return status(Exit::done);
}

}  // namespace

const Verb complete_verb{.name = "complete",
                         .usage = "holdfast complete -- WORDS...",
                         .summary = "What may come next behind WORDS; the scripts of `completion` ask it.",
                         .examples = "holdfast complete -- serve --log-level ''",
                         .run = run_complete,
                         .hidden = true};

}  // namespace holdfast::cli
