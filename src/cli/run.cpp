#include <fmt/format.h>

#include <algorithm>

#include "cli/asking.h"
#include "cli/durations.h"
#include "cli/under_lease.h"

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

int run(const Verb& self, const Words& words) {
  Caller caller;
  UnderLease plan;
  Duration ttl = 30s;
  Duration grace{-1};
  bool at_once = false;
  std::string takeover;
  std::uint64_t held_status = static_cast<std::uint64_t>(plan.held_status);
  Options options{self};
  options.word("NAME", plan.ask.name, "What to own while the command runs")
      .duration("--ttl", ttl, "How long the name stays taken if we are cut off; renewed each third")
      .duration("-w,--wait,--timeout", plan.ask.wait, "How long to wait if somebody else holds it")
      .flag("-n,--nonblock", at_once, "The same as --wait 0")
      .number("-E,--conflict-exit-code", held_status, "Exit status if somebody else holds it; 75 unless given")
      .duration("--grace", grace, "From SIGTERM to SIGKILL if the lease is lost; 5s or a third of the ttl")
      .text("--note", plan.ask.note, "Why; shown to whoever is refused")
      .text("--takeover", takeover, "Not in this version yet", "REASON")
      .caller(caller, "Made up unless given", false)
      .command(plan.command.words);
  if (const auto end = options.parse(words)) return *end;
  if (!takeover.empty()) return options.wrong("--takeover is not in this version yet");
  if (held_status > 255) return options.wrong("-E takes an exit status from 0 to 255");
  if (ttl < 100ms) return options.wrong("--ttl is at least 100ms");
  if (grace < 0s) grace = std::min<Duration>(5s, ttl / 3);
  if (grace > ttl / 2) return options.wrong("--grace is at most half of the ttl: the rest is for renewing");
  auto server = server_of(caller, options);
  if (!server) return server.error();

  plan.ask.ttl = ttl;
  plan.ask.owner = caller.owner;
  plan.ask.session = caller.session.empty() ? fresh_session() : caller.session;
  if (at_once) plan.ask.wait = 0s;
  plan.grace = grace;
  plan.held_status = static_cast<int>(held_status);
  plan.server = caller.server;
  return run_under_lease(plan, *server, [&self](std::string_view sentence) { say(self, sentence); });
}

}  // namespace

const Verb run_verb{
    .name = "run",
    .usage = "holdfast run NAME [--ttl 30s] [--wait TIME] [-n] [-E STATUS] [--grace TIME] -- COMMAND [ARGUMENTS...]",
    .summary = "Run COMMAND while holding NAME, and end it before the lease can be over.",
    .examples =
        "holdfast run backup -- /usr/local/bin/backup --all\n"
        "holdfast run deploy/web --wait 10m --note 'release 42' -- make deploy\n"
        "holdfast run -n -E 0 nightly -- ./job     # nothing to do if it runs elsewhere",
    .run = run,
    .details =
        "The lease is renewed every third of the ttl. If it is lost, or cannot be renewed, COMMAND and its process "
        "group get SIGTERM, and SIGKILL before anybody else can hold NAME. Stopped with Ctrl-Z for longer than the "
        "ttl, they are killed too. What leaves the group, as a daemon does, is out of reach.\n\n"
        "COMMAND has our stdin, stdout, stderr and terminal, and gets our signals. It finds HOLDFAST_NAME, "
        "HOLDFAST_TOKEN, HOLDFAST_OWNER, HOLDFAST_SESSION and HOLDFAST_SERVER in its environment. Nothing of ours is "
        "printed on stdout.\n\n"
        "Exit status: COMMAND's own, 128 + N if signal N ended it, 126 if it cannot be executed, 127 if there is "
        "none; 75 if somebody else holds NAME or the wait is over (-E), 76 if the lease was lost, 69 if the "
        "server cannot be reached, 77 if this is not allowed, 64 after wrong usage."};

}  // namespace holdfast::cli
