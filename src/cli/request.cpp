#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

int run_request(const Verb& self, const Words& words) {
  Caller caller;
  client::AskCall call;
  Options options{self};
  options.word("NAME", call.name, "What you would like to have")
      .text("-m,--message", call.message, "Shown to the holder")
      .caller(caller, "Which session of yours asks");
  if (const auto end = options.parse(words)) return *end;
  auto server = server_of(caller, options);
  if (!server) return server.error();

  call.owner = caller.owner;
  call.session = caller.session;
  const auto asked = server->ask_for(call);
  if (!asked && asked.error().code == ErrorCode::nothing_held && !caller.json) {
    say(self, fmt::format("nobody holds {}, so there is nobody to ask: acquire it", shown(call.name)));
    return status(Exit::refused);
  }
  if (!asked) return refused(self, caller, call.name, asked.error());
  if (caller.json) {
    print_json(asked->json);
  } else {
    say(self, fmt::format("asked for {}. It is held by {}", shown(call.name), told_holding(*asked, wall_now())));
  }
  return status(Exit::done);
}

}  // namespace

const Verb request_verb{
    .name = "request",
    .usage = "holdfast request NAME [--message TEXT] [--owner ID] [--session ID] [--json]",
    .summary = "Ask whoever holds NAME to give it up.",
    .examples = "holdfast request docs/plan --message 'may I have it for five minutes?'",
    .run = run_request,
    .details =
        "Takes nothing. The holder sees it with its next renewal (holdfast run prints it), and everybody with holdfast "
        "show. The last who asked is shown, until NAME changes hands. To be next, wait for it: holdfast acquire "
        "--wait."};

}  // namespace holdfast::cli
