#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

int run_show(const Verb& self, const Words& words) {
  Caller caller;
  std::string name;
  Options options{self};
  options.word("NAME", name, "What to look at").reader(caller);
  if (const auto end = options.parse(words)) return *end;
  auto server = server_of(caller, options);
  if (!server) return server.error();

  auto shown_lease = server->get(name);
  if (!shown_lease) return refused(self, caller, name, shown_lease.error());
  if (caller.json) {
    print_json(shown_lease->json);
  } else {
    if (shown_lease->name.empty()) shown_lease->name = name;
    fmt::print("{}", card_of(*shown_lease, wall_now()));
  }
  return status(Exit::done);
}

}  // namespace

const Verb show_verb{.name = "show",
                     .usage = "holdfast show NAME [--json]",
                     .summary = "Who holds NAME, since when, why, and how many wait.",
                     .examples = "holdfast show deploy/web\nholdfast show deploy/web --json",
                     .run = run_show};

}  // namespace holdfast::cli
