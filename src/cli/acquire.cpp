#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/asking.h"
#include "cli/durations.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

int run_acquire(const Verb& self, const Words& words) {
  Caller caller;
  client::AcquireCall call;
  std::string metadata;
  Options options{self};
  options.word("NAME", call.name, "What to own, path-like")
      .duration_or_none("--ttl", call.ttl,
                        "How long the lease lasts if it is not renewed; none: until it is released or taken over")
      .duration("-w,--wait", call.wait, "How long to wait in the queue if somebody else holds it; 10m at most")
      .text("--note", call.note, "Why; shown to whoever is refused")
      .text("--metadata", metadata, "Carried along and shown with the lease", "JSON")
      .choice("--holder", call.holder, "owner lets those of the owner's sessions join that ask for it too",
              {"session", "owner"}, "WHO")
      .caller(caller, "Ask again under the same one to get the same grant; made up unless given");
  if (const auto end = options.parse(words)) return *end;
  if (!metadata.empty()) {
    boost::json::error_code error;
    call.metadata = boost::json::parse(metadata, error);
    if (error) return options.wrong("--metadata is not JSON");
  }
  auto server = server_of(caller, options);
  if (!server) return server.error();

  call.owner = caller.owner;
  call.session = caller.session.empty() ? fresh_session() : caller.session;
  const auto grant = server->acquire(call);
  if (!grant) {
    const int end = refused(self, caller, call.name, grant.error());
    if (grant.error().code == ErrorCode::held_by_you && !caller.json) {
      client::Holding here = grant.error().holding;
      here.session = call.session;
      fmt::print(stderr, "  {}\n", command_line("move", here));
    }
    if (grant.error().fate == Fate::maybe_done) {
      say(self, fmt::format("to find out, ask again with --session {}", shown(call.session)));
    }
    return end;
  }

  if (caller.json) {
    print_json(grant->json);
    return status(Exit::done);
  }
  say_granted(self, *grant, call.ttl);
  return status(Exit::done);
}

}  // namespace

const Verb acquire_verb{
    .name = "acquire",
    .usage = "holdfast acquire NAME [--ttl 30s] [--wait 10s] [--note TEXT] [--owner ID] [--session ID] [--json]",
    .summary = "Own NAME until the ttl runs out, and print its token.",
    .examples =
        "holdfast acquire deploy/web --ttl 10m --note 'release 42'\n"
        "TOKEN=$(holdfast acquire job --session nightly --wait 1m)",
    .run = run_acquire,
    .details =
        "The token goes to stdout; what else to know, the session among it, goes to stderr. Renew before the ttl is "
        "over, or NAME lapses and somebody else may have it. What must be safe from a late writer keeps the greatest "
        "token that it has seen, and refuses smaller ones.\n\n"
        "If somebody else holds NAME: says who, since when and why, and ends with 1."};

}  // namespace holdfast::cli
