#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

/// How often to ask for a next page before the rest is left to --after.
constexpr int pages_max = 100;

int run_list(const Verb& self, const Words& words) {
  Caller caller;
  client::ListCall call;
  Options options{self};
  options.text("--prefix", call.prefix, "Only this name and those below it; deploy is not deployment", "NAME")
      .text("--of,--owner", call.owner, "Only what this owner holds", "ID")
      .flag("--contended", call.contended, "Only what somebody waits for")
      .text("--after", call.after, "Begin behind this name", "NAME")
      .number("--limit", call.limit, "At most this many")
      .reader(caller, false);
  if (const auto end = options.parse(words)) return *end;
  auto server = server_of(caller, options);
  if (!server) return server.error();

  const bool filtered = !call.prefix.empty() || !call.owner.empty() || !call.after.empty() || call.contended;
  std::vector<client::Holding> all;
  for (int pages = 0; pages < pages_max; ++pages) {
    auto page = server->list(call);
    if (!page) return refused(self, caller, call.prefix, page.error());
    if (caller.json) print_json(page->json);  // One page a line.
    all.insert(all.end(), std::make_move_iterator(page->leases.begin()), std::make_move_iterator(page->leases.end()));
    call.after = page->next;
    if (page->next.empty() || (call.limit != 0 && all.size() >= call.limit)) break;
  }
  if (!caller.json && !all.empty()) fmt::print("{}", table_of(all, wall_now()));
  if (!caller.json && all.empty() && call.after.empty()) {
    say(self, filtered ? "nothing like that is held" : "nothing is held");
  }
  if (!call.after.empty()) say(self, fmt::format("there is more: --after {}", shown(call.after)));
  return status(Exit::done);
}

}  // namespace

const Verb list_verb{
    .name = "list",
    .usage = "holdfast list [--prefix P] [--of OWNER] [--contended] [--after NAME] [--limit N] [--json]",
    .summary = "What is held, by whom.",
    .examples = "holdfast list --prefix deploy\nholdfast list --contended",
    .run = run_list};

}  // namespace holdfast::cli
