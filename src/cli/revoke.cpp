#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

int run_revoke(const Verb& self, const Words& words) {
  Caller caller;
  client::RevokeCall call;
  Options options{self};
  options.word("NAME", call.name, "What to take away")
      .text("--reason", call.reason, "Why: told to whoever loses it, and kept", "TEXT", true)
      .number("--token", call.token, "Of the holding to end; without it, whichever there is, and it says whose")
      .owner(caller.owner)
      .reader(caller, false);
  if (const auto end = options.parse(words)) return *end;
  if (call.reason.empty()) return options.wrong("say a --reason: whoever loses the name is told it");
  auto server = server_of(caller, options);
  if (!server) return server.error();

  call.owner = caller.owner;
  if (call.token == 0) {
    const auto found = server->get(call.name);
    if (!found) return refused(self, caller, call.name, found.error());
    call.token = found->token;  // From nobody else than is said here.
    if (found->held && !caller.json) {
      say(self, fmt::format("taking {} from {}", shown(call.name), told_holding(*found, wall_now())));
    }
  }
  const auto revoked = server->revoke(call);
  if (!revoked) return refused(self, caller, call.name, revoked.error());
  if (caller.json) {
    print_json(revoked->json);
  } else {
    say(self, fmt::format("{} {}", shown(call.name),
                          revoked->held                               ? "is revoked; whoever waited has it now"
                          : client::flag_at(revoked->json, "revoked") ? "is revoked, and free"
                                                                      : "was over already, and cannot come back"));
  }
  return status(Exit::done);
}

}  // namespace

const Verb revoke_verb{
    .name = "revoke",
    .usage = "holdfast revoke NAME --reason TEXT [--token N] [--owner ID] [--json]",
    .summary = "Take NAME from its holder and give it to whoever waits.",
    .examples = "holdfast revoke docs/plan --reason 'left the company'",
    .run = run_revoke,
    .details =
        "For administrators. Says whom it takes NAME from, and takes it from nobody else. The holder's token is "
        "refused "
        "from then on, and it cannot come back by renewing. To have NAME yourself: holdfast takeover."};

}  // namespace holdfast::cli
