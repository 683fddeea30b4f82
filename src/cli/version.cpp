#include <fmt/format.h>

#include <cstdio>

#include "cli/options.h"
#include "cli/verbs.h"

namespace holdfast::cli {
namespace {

int run(const Verb& self, const Words& words) {
  bool json = false;
  Options options{self};
  options.flag("--json", json, "Print JSON");
  if (const auto end = options.parse(words)) return *end;

  if (json) {
    fmt::print("{{\"version\":\"{}\",\"injections\":{}}}\n", HOLDFAST_VERSION, HOLDFAST_INJECTIONS ? "true" : "false");
  } else {
    fmt::print("holdfast {}{}\n", HOLDFAST_VERSION, HOLDFAST_INJECTIONS ? " (built with fault injections)" : "");
  }
  return status(Exit::done);
}

}  // namespace

const Verb version_verb{.name = "version",
                        .usage = "holdfast version [--json]",
                        .summary = "Which version this is.",
                        .examples = "holdfast version",
                        .run = run};

}  // namespace holdfast::cli
