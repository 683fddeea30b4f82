#include "client/watch.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <cstdio>

#include "cli/asking.h"
#include "cli/event_text.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

/// What is read by a program or looked at while it happens must not lie in a buffer.
bool printed(const std::string& line) {
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
}

bool is_about(const client::Event& event, const std::string& name) {
  const auto* found = event.json.if_contains("name");
  return !found || (found->is_string() && found->get_string() == name);
}

int run(const Verb& self, const Words& words) {
  Caller caller;
  client::WatchCall call;
  bool only_name = false;
  std::uint64_t limit = 0;
  Options options{self};
  options.optional_word("PREFIX", call.prefix, "Only this name and those below it; every name unless given")
      .text("--after", call.after, "Begin behind this position, which every answer and event carries", "POSITION")
      .flag("--for-name", only_name, "Only PREFIX itself, and no name below it")
      .number("--limit", limit, "End after so many events; 0 is never")
      .reader(caller);
  if (const auto end = options.parse(words)) return *end;
  if (only_name && call.prefix.empty()) return options.wrong("--for-name needs a name");
  auto url = client::parse_url(caller.server);
  if (!url) return options.wrong(shown(url.error().where));

  const std::string name = call.prefix;
  client::Watch watch(*std::move(url), std::move(call), [&](const client::Problem& why, std::chrono::milliseconds) {
    say(self, "not connected, trying again: " + shown(why.detail));
  });
  std::uint64_t events = 0;
  while (limit == 0 || events < limit) {
    const client::Answer<client::Event> event = watch.next();
    if (!event) return refused(self, caller, name, event.error());
    if (only_name && !is_about(*event, name)) continue;
    const bool begins = event->type == "begin";
    std::string line;
    if (caller.json) {
      line = boost::json::serialize(event->json) + "\n";
    } else if (!begins) {
      line = line_of(*event, wall_now()) + "\n";
    }
    if (begins && !caller.json) say(self, "watching from " + shown(event->position) + " on; Ctrl-C ends it");
    if (!printed(line)) return status(Exit::done);  // Whoever read it has gone.
    if (!begins && !event->is_gap()) ++events;
  }
  return status(Exit::done);
}

}  // namespace

const Verb watch_verb{
    .name = "watch",
    .usage = "holdfast watch [PREFIX] [--after POSITION] [--for-name] [--limit N] [--json]",
    .summary = "See every change of a name as it happens.",
    .examples = "holdfast watch deploy\nholdfast watch deploy/web --for-name --json\nholdfast watch --limit 1",
    .run = run,
    .details =
        "One line an event: when, which name, what happened to it, and why. Renewals are no events. A connection that "
        "breaks is made again, also over restarts of the server, and goes on behind the last event: none is missed and "
        "none comes twice. Where the server has not kept what came in between, a line that begins with GAP says so; "
        "holdfast list shows what is held then.\n"
        "--after goes on where an earlier watch ended, or behind a list or another answer that gave its position. With "
        "--json each event is one object a line; the first is of type begin, or reset where there is a gap."};

}  // namespace holdfast::cli
