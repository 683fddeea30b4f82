#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/durations.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

int run_transfer(const Verb& self, const Words& words) {
  Caller caller;
  client::TransferCall call;
  Options options{self};
  options.word("NAME", call.from.name, "What you own")
      .number("--token", call.from.token, "The token that acquire printed", true)
      .text("--to", call.to, "The owner who is to have it", "OWNER", true)
      .text("--to-session", call.to_session,
            "Which session of theirs; unless given the first that waits, else a new one", "ID")
      .caller(caller, "The session that owns it; needed only where several share the token");
  if (const auto end = options.parse(words)) return *end;
  auto server = server_of(caller, options);
  if (!server) return server.error();

  call.from.owner = caller.owner;
  call.from.session = caller.session;
  const auto given = server->transfer(call);
  if (!given) return refused(self, caller, call.from.name, given.error());
  if (caller.json) {
    print_json(given->json);
    return status(Exit::done);
  }
  const std::string how_long =
      given->ttl ? fmt::format("for {} unless they renew it", told(*given->ttl)) : "until they release it";
  say(self,
      fmt::format("{} belongs to {} now, {}. They go on with", shown(call.from.name), told_holder(*given), how_long));
  if (given->ttl) fmt::print(stderr, "  {}\n", command_line("renew", *given));
  fmt::print(stderr, "  {}\n", command_line("release", *given));
  return status(Exit::done);
}

}  // namespace

const Verb transfer_verb{
    .name = "transfer",
    .usage = "holdfast transfer NAME --token N --to OWNER [--to-session ID] [--owner ID] [--session ID] [--json]",
    .summary = "Give NAME to somebody else, before whoever waits for it.",
    .examples = "holdfast transfer docs/plan --token 25423467000001 --to bob",
    .run = run_transfer,
    .details =
        "If OWNER waits for NAME, that wait ends with the grant. Else they have it under a session that is printed "
        "here, and have to be told the token. Yours is refused from then on."};

}  // namespace holdfast::cli
