#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/asking.h"
#include "cli/durations.h"
#include "cli/under_lease.h"

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

int run_run(const Verb& self, const Words& words) {
  Caller caller;
  UnderLease plan;
  std::optional<Duration> asked_ttl = 30s;
  Duration grace{-1};
  bool at_once = false;
  std::uint64_t held_status = static_cast<std::uint64_t>(plan.held_status);
  Options options{self};
  options.word("NAME", plan.ask.name, "What to own while the command runs")
      .duration_or_none("--ttl", asked_ttl, "How long the name stays taken if we are cut off; renewed each third")
      .duration("-w,--wait,--timeout", plan.ask.wait, "How long to wait if somebody else holds it")
      .flag("-n,--nonblock", at_once, "The same as --wait 0")
      .number("-E,--conflict-exit-code", held_status, "Exit status if somebody else holds it; 75 unless given")
      .duration("--grace", grace, "From SIGTERM to SIGKILL if the lease is lost; 5s or a third of the ttl")
      .text("--note", plan.ask.note, "Why; shown to whoever is refused")
      .text("--takeover", plan.takeover,
            "If somebody else holds it still after the wait: take it over, and tell them why", "REASON")
      .duration(
          "--flush", plan.flush,
          "With --takeover: how long the holder may still hand in what it has, 30s at most; 5s for a text, else 0s")
      .caller(caller, "Made up unless given", false)
      .command(plan.command.words);
  if (const auto end = options.parse(words)) return *end;
  if (!asked_ttl) {
    return options.wrong(
        "--ttl none: if this machine stopped, the name would stay held for ever. Any ttl is renewed "
        "as long as the command runs");
  }
  const Duration ttl = *asked_ttl;
  if (plan.flush > 0s && plan.takeover.empty()) return options.wrong("--flush is of a --takeover: say its reason");
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
    .usage =
        "holdfast run NAME [--ttl 30s] [--wait TIME] [-n] [-E STATUS] [--takeover REASON] -- COMMAND [ARGUMENTS...]",
    .summary = "Run COMMAND while holding NAME, and end it before the lease can be over.",
    .examples =
        "holdfast run backup -- /usr/local/bin/backup --all\n"
        "holdfast run deploy/web --wait 10m --note 'release 42' -- make deploy\n"
        "holdfast run deploy/web --takeover 'bob: hotfix, the release waits' --flush 10s -- make deploy\n"
        "holdfast run -n -E 0 nightly -- ./job     # nothing to do if it runs elsewhere",
    .run = run_run,
    .details =
        "The lease is renewed every third of the ttl. If it is lost, or cannot be renewed, COMMAND and its process "
        "group get SIGTERM, and SIGKILL before anybody else can hold NAME. Stopped with Ctrl-Z for longer than the "
        "ttl, they are killed too. What leaves the group, as a daemon does, is out of reach.\n\n"
        "With --takeover it says whom it takes NAME from and takes it from nobody else; if it changes hands in "
        "between, "
        "it looks again. While COMMAND runs, stderr says who asks for NAME (holdfast request) and who takes it over, "
        "within 2 s. A takeover with a flush window ends COMMAND as a loss does: SIGTERM --grace before the window "
        "ends, "
        "at once if less is left. There is no --ttl none: after a crash NAME would stay held for ever.\n\n"
        "COMMAND has our stdin, stdout, stderr and terminal, and gets our signals. It finds HOLDFAST_NAME, "
        "HOLDFAST_TOKEN, HOLDFAST_OWNER, HOLDFAST_SESSION and HOLDFAST_SERVER in its environment. Nothing of ours is "
        "printed on stdout.\n\n"
        "Exit status: COMMAND's own, 128 + N if signal N ended it, 126 if it cannot be executed, 127 if there is "
        "none; 75 if somebody else holds NAME or the wait is over (-E), 76 if the lease was lost, 69 if the "
        "server cannot be reached, 77 if this is not allowed, 64 after wrong usage."};

}  // namespace holdfast::cli
