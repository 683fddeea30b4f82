#include "cli/asking.h"

namespace holdfast::cli {
namespace {

int run_move(const Verb& self, const Words& words) {
  Caller caller;
  client::TokenCall to;
  Options options{self};
  options.word("NAME", to.name, "What another session of yours holds")
      .number("--token", to.token, "The token of that holding", true)
      .caller(caller, "Which session of yours is to hold it; made up unless given");
  if (const auto end = options.parse(words)) return *end;
  auto server = server_of(caller, options);
  if (!server) return server.error();

  to.owner = caller.owner;
  to.session = caller.session.empty() ? fresh_session() : caller.session;
  const auto moved = server->move(to);
  if (!moved) return refused(self, caller, to.name, moved.error());
  if (caller.json) {
    print_json(moved->json);
  } else {
    say_granted(self, *moved, moved->ttl);
  }
  return status(Exit::done);
}

}  // namespace

const Verb move_verb{
    .name = "move",
    .usage = "holdfast move NAME --token N [--session ID] [--owner ID] [--json]",
    .summary = "Pass NAME on to another session of your own.",
    .examples = "holdfast move docs/plan --token 25423467000001 --session laptop",
    .run = run_move,
    .details =
        "Needs no reason and no right: it is yours. What was held goes on, ttl, note and all, under a new token that "
        "is printed on stdout; the old one is refused from then on, so the other session cannot write any more."};

}  // namespace holdfast::cli
