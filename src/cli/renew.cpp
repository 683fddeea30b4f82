#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/durations.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

int run_renew(const Verb& self, const Words& words) {
  Caller caller;
  client::TokenCall call;
  Duration asked_ttl{-1};
  Options options{self};
  options.word("NAME", call.name, "What you own")
      .number("--token", call.token, "The token that acquire printed", true)
      .duration("--ttl", asked_ttl, "A new ttl; without it, as before")
      .caller(caller, "The session that owns it; needed only where several share the token");
  if (const auto end = options.parse(words)) return *end;
  if (asked_ttl >= Duration::zero()) call.ttl = asked_ttl;
  auto server = server_of(caller, options);
  if (!server) return server.error();

  call.owner = caller.owner;
  call.session = caller.session;
  const auto renewed = server->renew(call, std::chrono::seconds(10));
  if (!renewed) return refused(self, caller, call.name, renewed.error());

  if (caller.json) {
    print_json(renewed->json);
  } else {
    say(self, fmt::format("{} is yours for {} more", shown(call.name),
                          renewed->ttl ? told(*renewed->ttl) : "as long as you like"));
    if (renewed->takeover) say(self, told_ahead(*renewed->takeover));
    if (renewed->request) say(self, told_asked(*renewed->request));
  }
  return status(Exit::done);
}

}  // namespace

const Verb renew_verb{.name = "renew",
                      .usage = "holdfast renew NAME --token N [--ttl 30s] [--owner ID] [--session ID] [--json]",
                      .summary = "Keep NAME for another ttl.",
                      .examples = "holdfast renew job --token 25423467000001",
                      .run = run_renew,
                      .details =
                          "Also after it has lapsed, if nobody has owned it since. Ends with 1 where it is lost; what "
                          "the token protected must stop then."};

}  // namespace holdfast::cli
