#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

int run_session(const Verb& self, const Words& words) {
  Caller caller;
  client::SessionCall call;
  std::string action;
  Duration asked_ttl{-1};
  Options options{self};
  options.word_of("ACTION", action, "What to do with it", {"renew", "end"})
      .word("SESSION", call.session, "The session, as acquire printed it")
      .duration("--ttl", asked_ttl, "renew: a new ttl for all it holds; without it, each as before")
      .owner(caller.owner)
      .reader(caller, false);
  if (const auto end = options.parse(words)) return *end;
  const bool renews = action == "renew";
  if (asked_ttl >= Duration::zero()) {
    if (!renews) return options.wrong("--ttl is for session renew");
    call.ttl = asked_ttl;
  }
  auto server = server_of(caller, options);
  if (!server) return server.error();

  call.owner = caller.owner;
  const auto done = renews ? server->renew_session(call) : server->end_session(call);
  if (!done) return refused(self, caller, call.session, done.error());
  if (caller.json) {
    print_json(*done);
    return status(Exit::done);
  }
  const auto count = client::number_at(*done, renews ? "renewed" : "ended").value_or(0);
  const std::string names = fmt::format("{} {}", count, count == 1 ? "name" : "names");
  if (renews) {
    say(self, fmt::format("{} renewed for session {}", names, shown(call.session)));
  } else {
    say(self, fmt::format("session {} is over; {} released", shown(call.session), names));
  }
  return status(Exit::done);
}

}  // namespace

const Verb session_verb{
    .name = "session",
    .usage = "holdfast session renew|end SESSION [--ttl 30s] [--owner ID] [--json]",
    .summary = "Renew or release everything that a session holds.",
    .examples =
        "holdfast session renew tab1 --owner alice\n"
        "holdfast session end tab1 --owner alice",
    .run = run_session,
    .details =
        "renew also brings back what has lapsed and nobody has owned since; where nothing is held it ends with 1. end "
        "may be repeated. Where the session shares a name with others of its owner, only its own part ends."};

}  // namespace holdfast::cli
