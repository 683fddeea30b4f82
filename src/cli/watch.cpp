#include <holdfast/watch.h>

#include <boost/json.hpp>
#include <cstdio>
#include <optional>
#include <stop_token>

#include "cli/asking.h"
#include "cli/event_text.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

/// What is read by a program or looked at while it happens must not lie in a buffer.
bool printed(const std::string& line) {
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
}

bool is_about(const Event& event, const std::string& name) {
  const auto* change = std::get_if<Change>(&event);
  return !change || change->name == name;
}

/// One line, whatever spaces it came with.
std::string json_line(const Event& event) {
  const std::string& json = std::visit([](const auto& it) -> const std::string& { return it.json; }, event);
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(json, error);
  return error ? "{}\n" : boost::json::serialize(value) + "\n";
}

/// In the form that all verbs speak of.
client::Problem problem_of(const Problem& problem) {
  boost::json::error_code error;
  client::Response response{
      .status = problem.status, .body = boost::json::parse(problem.json, error), .retry_after = problem.retry_after};
  return client::problem_of(std::move(response));
}

int run_watch(const Verb& self, const Words& words) {
  Caller caller;
  WatchOptions what;
  bool only_name = false;
  std::uint64_t limit = 0;
  Options options{self};
  options.optional_word("PREFIX", what.prefix, "Only this name and those below it; every name unless given")
      .text("--after", what.after, "Begin behind this position, which every answer and event carries", "POSITION")
      .flag("--for-name", only_name, "Only PREFIX itself, and no name below it")
      .number("--limit", limit, "End after so many events; 0 is never")
      .reader(caller);
  if (const auto end = options.parse(words)) return *end;
  if (only_name && what.prefix.empty()) return options.wrong("--for-name needs a name");
  auto url = client::parse_url(caller.server);
  if (!url) return options.wrong(shown(url.error().where));

  const std::string name = what.prefix;
  bool begun = false;
  std::stop_source not_there;
  std::optional<Problem> trouble;
  what.on_trouble = [&](const Problem& why, std::chrono::milliseconds) {
    if (begun) return say(self, "not connected, trying again: " + shown(why.detail));
    trouble = why;  // Whoever mistyped an address wants to hear of it.
    not_there.request_stop();
  };
  const auto client = Client::open({.servers = url->text()});
  if (!client) return refused(self, caller, name, problem_of(client.problem()));
  Watch watch(*client, std::move(what));
  std::uint64_t events = 0;
  while (limit == 0 || events < limit) {
    const Answer<Event> event = watch.next(not_there.get_token());
    if (!event) return refused(self, caller, name, problem_of(trouble ? *trouble : event.problem()));
    begun = true;
    if (only_name && !is_about(*event, name)) continue;
    const auto* begin = std::get_if<Begin>(&*event);
    if (begin && !caller.json) {
      say(self, "watching from " + shown(begin->position) + " on; Ctrl-C ends it");
      continue;
    }
    // Where it cannot be printed, whoever read it has gone.
    if (!printed(caller.json ? json_line(*event) : line_of(*event, wall_now()) + "\n")) return status(Exit::done);
    if (std::holds_alternative<Change>(*event)) ++events;
  }
  return status(Exit::done);
}

}  // namespace

const Verb watch_verb{
    .name = "watch",
    .usage = "holdfast watch [PREFIX] [--after POSITION] [--for-name] [--limit N] [--json]",
    .summary = "See every change of a name as it happens.",
    .examples = "holdfast watch deploy\nholdfast watch deploy/web --for-name --json\nholdfast watch --limit 1",
    .run = run_watch,
    .details =
        "One line an event: when, which name, what happened to it, and why. Renewals are no events. A connection that "
        "breaks is made again, also over restarts of the server, and goes on behind the last event: none is missed and "
        "none comes twice. Where the server has not kept what came in between, a line that begins with GAP says so; "
        "holdfast list shows what is held then.\n"
        "--after goes on where an earlier watch ended, or behind a list or another answer that gave its position. With "
        "--json each event is one object a line; the first is of type begin, or reset where there is a gap."};

}  // namespace holdfast::cli
