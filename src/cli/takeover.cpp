#include <fmt/format.h>
#include <unistd.h>

#include <expected>
#include <optional>
#include <utility>

#include "cli/asking.h"
#include "cli/call.h"
#include "cli/durations.h"
#include "cli/text.h"
#include "client/boot_clock.h"

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;
using client::Answer;
using client::Holding;

/// A takeover whose holder is told first. Ctrl-C withdraws it.
class Window {
 public:
  Window(const Verb& self, client::HttpLeases& server, const client::TakeoverCall& call)
      : self_(self), server_(server), call_(call) {}

  /// The answer. Does not return where a signal ended us.
  Answer<Holding> wait() {
    asking_.begin([this] { return server_.takeover(call_); });
    std::optional<int> ended_by;
    for (;;) {
      if (auto answer = asking_.take()) {
        if (!ended_by) return *std::move(answer);
        withdraw();
        loop_.die_of(*ended_by);
        return *std::move(answer);
      }
      const local::Loop::Event event = loop_.wait(-1, std::nullopt);
      if (event.kind != local::Loop::Event::Kind::signal) continue;
      if (event.signal == SIGTSTP) loop_.stop_self(SIGTSTP);
      if (!local::ends_us(event.signal)) continue;
      ended_by = event.signal;
      server_.interrupt();  // The server notices that nobody waits any more, and drops it.
    }
  }

 private:
  static constexpr Duration patience = 2s;
  static constexpr Duration pause = 20ms;

  /// Sees to it that nothing came of the takeover, and says so. Its grant may have been under way already.
  void withdraw() {
    server_.reopen();
    const std::string name = shown(call_.want.name);
    const Duration until = clock_.steady() + patience;
    auto now_held = server_.get(call_.want.name);
    while (now_held && ahead(*now_held) && clock_.steady() < until) {
      loop_.wait(-1, clock_.steady() + pause);  // Nothing tells when the server has noticed.
      now_held = server_.get(call_.want.name);
    }
    if (!now_held || ahead(*now_held)) {
      say(self_, fmt::format("gone, which withdraws the takeover of {0}; holdfast show {0} says who holds it", name));
      return;
    }
    if (now_held->held && is_ours(now_held->owner, now_held->session)) {
      const client::TokenCall taken{name_of(*now_held), now_held->token, now_held->owner, now_held->session};
      const bool released = server_.release(taken, patience).has_value();
      say(self_, fmt::format("too late to withdraw: {} had changed hands, and {}", name,
                             released ? "is released again" : "could not be released"));
      return;
    }
    say(self_, fmt::format("withdrawn: {}",
                           now_held->held ? told_holder(*now_held) + " goes on holding " + name : name + " is free"));
  }

  bool is_ours(const std::string& owner, const std::string& session) const {
    return owner == call_.want.owner && session == call_.want.session;
  }
  bool ahead(const Holding& holding) const {
    return holding.takeover && is_ours(holding.takeover->by, holding.takeover->session);
  }
  std::string name_of(const Holding& holding) const { return holding.name.empty() ? call_.want.name : holding.name; }

  const Verb& self_;
  client::HttpLeases& server_;
  const client::TakeoverCall& call_;
  client::BootClock clock_;
  local::Loop loop_;  // Before any thread.
  Call<Holding> asking_{loop_};
};

/// Looks who holds it, says so, and means that holding from here on. The exit status: it could not be seen.
std::optional<int> look(const Verb& self, const Caller& caller, client::HttpLeases& server,
                        client::TakeoverCall& call) {
  const auto found = server.get(call.want.name);
  if (!found) return refused(self, caller, call.want.name, found.error());
  const bool ours = found->owner == call.want.owner;
  const std::string name = shown(call.want.name);
  if (!found->held) {
    if (!caller.json) say(self, name + " is free");
    call.flush = 0s;
    return std::nullopt;
  }
  call.token = found->token;
  const bool asks_again = ours && found->session == call.want.session;
  if (!caller.json && !asks_again) {
    say(self, fmt::format("taking {} from {}{}", name, ours ? "another session of yours, " : "",
                          told_holding(*found, wall_now())));
  }
  if (ours) call.flush = 0s;  // A move: at once.
  return std::nullopt;
}

int run_takeover(const Verb& self, const Words& words) {
  Caller caller;
  client::TakeoverCall call;
  Duration flush{-1};
  Options options{self};
  options.word("NAME", call.want.name, "What to take over")
      .text("--reason", call.reason, "Why: told to whoever loses it, and kept", "TEXT", true)
      .number("--token", call.token,
              "Of the holding to take it from; without it, whichever there is, and it says whose")
      .duration("--flush", flush,
                "How long the holder may still hand in what it has, 30s at most; 5s for a text, else 0s")
      .duration_or_none("--ttl", call.want.ttl,
                        "How long the lease lasts if it is not renewed; none: until it is released or taken over")
      .text("--note", call.want.note, "Why you hold it then; shown to whoever is refused")
      .caller(caller, "Ask again under the same one to get the same grant; made up unless given");
  if (const auto end = options.parse(words)) return *end;
  if (flush >= 0s) call.flush = flush;
  if (call.reason.empty()) return options.wrong("say a --reason: whoever loses the name is told it");
  auto server = server_of(caller, options);
  if (!server) return server.error();

  call.want.owner = caller.owner;
  call.want.session = caller.session.empty() ? fresh_session() : caller.session;
  const bool looks = call.token == 0;
  if (looks) {
    if (const auto end = look(self, caller, *server, call)) return *end;
  }
  const bool window = call.flush != 0s;  // Where nothing was said, the server may know of one.
  if (window && call.flush && !caller.json) {
    say(self, fmt::format("the holder is told and may hand in what it has: {}, until {}; Ctrl-C withdraws it",
                          told(*call.flush),
                          told_clock(wall_now() + std::chrono::ceil<std::chrono::microseconds>(*call.flush))));
  }
  const Answer<Holding> grant = window ? Window(self, *server, call).wait() : server->takeover(call);
  if (!grant) {
    const client::Problem& problem = grant.error();
    const int end = refused(self, caller, call.want.name, problem);
    const bool changed = looks && (problem.code == ErrorCode::stale || problem.code == ErrorCode::token_needed);
    if (changed && !caller.json) say(self, "nothing was taken: it has changed hands since it was looked at");
    if (problem.fate == Fate::maybe_done) {
      say(self, fmt::format("to find out, ask again with --session {}", shown(call.want.session)));
    }
    return problem.code == ErrorCode::token_needed ? status(Exit::refused) : end;
  }
  if (caller.json) {
    print_json(grant->json);
  } else {
    say_granted(self, *grant, call.want.ttl);
  }
  return status(Exit::done);
}

}  // namespace

const Verb takeover_verb{
    .name = "takeover",
    .usage = "holdfast takeover NAME --reason TEXT [--token N] [--flush 5s] [--ttl 30s] [--note TEXT] [--json]",
    .summary = "Take NAME from whoever holds it, and say why.",
    .examples =
        "holdfast takeover deploy/web --reason 'the release hangs, ask me: bob'\n"
        "holdfast takeover docs/plan --reason 'alice is on holiday' --flush 10s --ttl 10m",
    .run = run_takeover,
    .details =
        "Looks who holds NAME, says whom it takes it from, and takes it from nobody else: if it changes hands in "
        "between, nothing is taken and it ends with 1. The holder is told by whom and why, with its next renewal and "
        "in every later answer to its old token, which is refused from then on. Those who wait go on waiting.\n\n"
        "With --flush the holder is told first and has that long to hand in what it has; if it releases NAME sooner, "
        "you have it sooner. Ctrl-C meanwhile withdraws the takeover.\n\n"
        "From another session of your own it is taken at once. To ask first: holdfast request."};

}  // namespace holdfast::cli
