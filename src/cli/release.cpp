#include "cli/asking.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

int run_release(const Verb& self, const Words& words) {
  Caller caller;
  client::TokenCall call;
  Options options{self};
  options.word("NAME", call.name, "What you own")
      .number("--token", call.token, "The token that acquire printed", true)
      .caller(caller, "The session that owns it; needed only where several share the token");
  if (const auto end = options.parse(words)) return *end;
  auto server = server_of(caller, options);
  if (!server) return server.error();

  call.owner = caller.owner;
  call.session = caller.session;
  const auto released = server->release(call, std::chrono::seconds(10));
  if (!released) return refused(self, caller, call.name, released.error());

  if (caller.json) {
    print_json(released->json);
  } else {
    say(self, shown(call.name) + (released->released ? " is released" : " was released already"));
  }
  return status(Exit::done);
}

}  // namespace

const Verb release_verb{.name = "release",
                        .usage = "holdfast release NAME --token N [--owner ID] [--session ID] [--json]",
                        .summary = "Give NAME up.",
                        .examples = "holdfast release job --token 25423467000001",
                        .run = run_release,
                        .details = "May be repeated. Never frees what somebody else holds by now."};

}  // namespace holdfast::cli
