#include <fmt/format.h>

#include "cli/serve_options.h"

namespace holdfast::cli {
namespace {

int run_config(const Verb& self, const Words& words) {
  Options options(self);
  Settings settings;
  bool json = false;
  options.flag("--json", json, "Print JSON");
  if (const std::optional<int> over = read_settings(options, words, settings)) return *over;
  fmt::print("{}{}", json ? to_json(settings) : to_toml(settings), json ? "\n" : "");
  return status(Exit::done);
}

}  // namespace

const Verb config_verb{.name = "config",
                       .usage = "holdfast config [--config FILE] [any flag of serve] [--json]",
                       .summary = "Print the settings that serve would run with, as a file for --config.",
                       .examples = "holdfast config > holdfast.toml\nholdfast config --config holdfast.toml --json",
                       .run = run_config};

}  // namespace holdfast::cli
