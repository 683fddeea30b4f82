#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>

#include "cli/asking.h"
#include "cli/durations.h"
#include "cli/history_text.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;

constexpr std::uint64_t limit_default = 20;
constexpr std::uint64_t page_max = 1'000;
constexpr std::chrono::seconds progress_every{2};

/// What the words ask for.
struct Wanted {
  std::string name, prefix, owner, after, since, until;
  std::uint64_t limit = 0;
  bool everything = false;  ///< As NDJSON.
};

/// RFC 3339 from what a person typed: that, or how long ago. None: neither.
std::optional<std::string> time_of(const std::string& word) {
  if (word.empty()) return std::string{};
  if (const auto time = parse_rfc3339(word)) return rfc3339(*time);
  const auto ago = parse_duration(word);
  if (!ago) return std::nullopt;
  return rfc3339(wall_now() - std::chrono::duration_cast<std::chrono::microseconds>(*ago));
}

std::string target_of(const Wanted& wanted, const std::string& after, std::uint64_t limit) {
  std::string target = wanted.name.empty() ? "/v1/history" : "/v1/history/" + client::path_of(wanted.name);
  client::add_parameter(target, "prefix", wanted.prefix);
  client::add_parameter(target, "owner", wanted.owner);
  client::add_parameter(target, "from", wanted.since);
  client::add_parameter(target, "to", wanted.until);
  client::add_parameter(target, "after", after);
  client::add_parameter(target, "limit", std::to_string(limit));
  return target;
}

std::string next_of(const json::object& answer) {
  const json::value* next = answer.if_contains("next");
  return next && next->is_string() ? std::string{next->get_string()} : std::string{};
}

const json::array& holdings_of(const json::object& answer) {
  static const json::array none;
  const json::value* holdings = answer.if_contains("holdings");
  return holdings && holdings->is_array() ? holdings->get_array() : none;
}

/// A word on stderr now and then, for whoever waits.
class Progress {
 public:
  explicit Progress(const Verb& verb) : verb_(verb) {}
  void so_far(std::uint64_t holdings, const std::string& at) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < progress_every) return;
    last_ = now;
    say(verb_, fmt::format("{} holdings so far, at {}", holdings, shown(at)));
  }

 private:
  const Verb& verb_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Page after page, one holding a line. What is written is flushed before the next page is asked for, so that a full
/// disk or a closed pipe ends it.
int write_everything(const Verb& self, const Caller& caller, client::HttpLeases& server, const Wanted& wanted) {
  Progress progress(self);
  std::uint64_t count = 0;
  std::string after = wanted.after;
  std::string gaps;
  while (true) {
    const auto answer = server.look(target_of(wanted, after, page_max));
    if (!answer) {
      const int end = refused(self, caller, wanted.name, answer.error());
      if (count > 0) say(self, fmt::format("{} holdings are written; the rest: --after {}", count, shown(after)));
      return end;
    }
    for (const json::value& holding : holdings_of(*answer)) {
      fmt::print("{}\n", json::serialize(holding));
      ++count;
      if (wanted.limit != 0 && count == wanted.limit) break;
    }
    if (std::fflush(stdout) != 0) return status(Exit::not_done);  // main_with says what the system says.
    gaps = told_gaps(*answer);
    after = next_of(*answer);
    if (after.empty() || (wanted.limit != 0 && count >= wanted.limit)) break;
    progress.so_far(count, after);
  }
  if (!gaps.empty()) fmt::print(stderr, "{}", gaps);
  return status(Exit::done);
}

int show(const Verb& self, const Caller& caller, client::HttpLeases& server, const Wanted& wanted) {
  std::uint64_t left = wanted.limit == 0 ? limit_default : wanted.limit;
  std::uint64_t count = 0;
  std::string after = wanted.after;
  std::string gaps;
  // A page may be short, and of a busy server even empty: looked at was a bounded number of names.
  while (left > 0) {
    const auto answer = server.look(target_of(wanted, after, std::min(left, page_max)));
    if (!answer) return refused(self, caller, wanted.name, answer.error());
    if (caller.json) print_json(*answer);  // One page a line.
    for (const json::value& holding : holdings_of(*answer)) {
      if (!holding.is_object()) continue;
      if (!caller.json) {
        fmt::print("{}{}", count == 0 ? "" : "\n", told_past(holding.get_object(), wanted.name.empty(), wall_now()));
      }
      ++count;
      --left;
    }
    gaps = told_gaps(*answer);
    after = next_of(*answer);
    if (after.empty()) break;
  }
  if (count == 0 && !caller.json) {
    say(self, wanted.name.empty() ? "nothing like that was held"
                                  : "nobody held " + shown(wanted.name) + ", as far as is kept");
  }
  if (!after.empty()) say(self, fmt::format("there is more: --after {}", shown(after)));
  if (!gaps.empty() && !caller.json) fmt::print(stderr, "{}", gaps);
  return status(Exit::done);
}

int run_history(const Verb& self, const Words& words) {
  Caller caller;
  Wanted wanted;
  Options options{self};
  options.optional_word("NAME", wanted.name, "Whose history; without it, of all names")
      .text("--prefix", wanted.prefix, "Of this name and those below it; deploy is not deployment", "NAME")
      .text("--of,--owner", wanted.owner, "Only what this owner held", "ID")
      .text("--since", wanted.since, "Only what was held after this: 2h (ago), or 2026-02-05T18:00:00Z", "WHEN")
      .text("--until", wanted.until, "Only what was held before this", "WHEN")
      .number("--limit", wanted.limit, "At most this many; 20 unless given, with --export all")
      .text("--after", wanted.after, "Go on behind this: what the end of the last answer said", "WHERE")
      .flag("--export", wanted.everything, "Everything that matches, one holding as JSON a line")
      .reader(caller, false);
  if (const auto end = options.parse(words)) return *end;
  if (!wanted.name.empty() && !wanted.prefix.empty()) return options.wrong("give NAME or --prefix, not both");
  const auto since = time_of(wanted.since);
  const auto until = time_of(wanted.until);
  if (!since)
    return options.wrong(fmt::format("--since {}: say 2h (ago), or 2026-02-05T18:00:00Z", shown(wanted.since)));
  if (!until)
    return options.wrong(fmt::format("--until {}: say 2h (ago), or 2026-02-05T18:00:00Z", shown(wanted.until)));
  wanted.since = *since;
  wanted.until = *until;
  auto server = server_of(caller, options);
  if (!server) return server.error();
  return wanted.everything ? write_everything(self, caller, *server, wanted) : show(self, caller, *server, wanted);
}

}  // namespace

const Verb history_verb{
    .name = "history",
    .usage =
        "holdfast history [NAME] [--prefix P] [--of OWNER] [--since WHEN] [--until WHEN] [--limit N] [--export] "
        "[--json]",
    .summary = "Who held a name, from when to when, and why it ended.",
    .examples =
        "holdfast history deploy/web\nholdfast history --prefix deploy --since 2h --of alice@laptop\n"
        "holdfast history --export > history.ndjson",
    .run = run_history,
    .details =
        "Newest first. Of each name the last 100 holdings are kept, for 30 days, all together in 1 GiB; the server's "
        "settings say otherwise. Where something is missing, the answer says so."};

}  // namespace holdfast::cli
