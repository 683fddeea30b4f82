#include "cli/verbs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>

#include "base/error.h"

namespace holdfast::cli {
namespace {

constexpr Verb planned(std::string_view name, std::string_view summary) {
  return {.name = name, .usage = {}, .summary = summary, .examples = {}};
}

constexpr Verb top_verb = planned("top", "The busiest names, live.");
constexpr Verb audit_verb = planned("audit", "Find check-then-act in source trees.");
constexpr Verb sync_verb = planned("sync", "Pull a feed into a directory.");
constexpr Verb login_verb = planned("login", "Keep what proves who you are.");

constexpr std::array verbs{
    &serve_verb,     &run_verb,      &acquire_verb,  &renew_verb, &release_verb,  &check_verb,   &show_verb,
    &list_verb,      &request_verb,  &takeover_verb, &move_verb,  &transfer_verb, &revoke_verb,  &session_verb,
    &ready_verb,     &watch_verb,    &history_verb,  &top_verb,   &bench_verb,    &verify_verb,  &simulate_verb,
    &audit_verb,     &sync_verb,     &journal_verb,  &login_verb, &config_verb,   &version_verb, &completion_verb,
    &reference_verb, &complete_verb, &manual_verb,
};

bool asks_for_help(std::string_view word) {
  return word == "--help" || word == "-h" || word == "help";
}

int not_yet(const Verb& verb) {
  fmt::print(stderr, "holdfast {}: not in this version yet ({})\n", verb.name, verb.summary);
  return status(Exit::wrong_usage);
}

/// What was done may be done, but nobody was told: a full disk behind a `>`.
int said_all(const Verb& verb) {
  if (std::fflush(stdout) == 0) return status(Exit::done);
  fmt::print(stderr, "holdfast {}: {}\n", verb.name, system_words("stdout", errno));
  return status(Exit::maybe_done);
}

}  // namespace

std::span<const Verb* const> all_verbs() {
  return verbs;
}

const Verb* find_verb(std::string_view name) {
  const auto found = std::ranges::find(verbs, name, [](const Verb* verb) { return verb->name; });
  return found == verbs.end() ? nullptr : *found;
}

std::string wrapped(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    if (column > 0 && column + 1 + word.size() > width) {
      out += '\n';
      column = 0;
    }
    if (column > 0 && !word.empty()) out += ' ', ++column;
    out += word;
    column += word.size();
    if (end < text.size() && text[end] == '\n') {
      out += '\n';
      column = 0;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + "\n";
}

const std::string_view exit_statuses =
    "0 done, 1 refused, 2 maybe done, 3 not done, 64 wrong usage, 69 server unreachable, 77 not allowed. "
    "`holdfast run` ends with its command's own status; its --help lists the rest.";

std::string overview() {
  std::string out =
      "Holdfast gives every shared thing exactly one owner at a time.\n\n"
      "Usage: holdfast VERB [OPTIONS]     holdfast VERB --help says more about it\n\n";
  std::string later;
  for (const Verb* verb : verbs) {
    if (verb->hidden) continue;
    if (verb->run) {
      out += fmt::format("  {:<10} {}\n", verb->name, verb->summary);
    } else {
      later += fmt::format("{}{}", later.empty() ? "" : " ", verb->name);
    }
  }
  out += "\n" + wrapped("Not in this version yet: " + later);
  out += "\n" + wrapped(fmt::format("Exit status: {}", exit_statuses));
  out +=
      "\nTry it:  holdfast serve                       and in another terminal\n"
      "         holdfast run backup -- sleep 10\n";
  return out;
}

int main_with(const Words& words) try {
  if (words.empty()) {
    fmt::print(stderr, "{}", overview());
    return status(Exit::wrong_usage);
  }
  if (asks_for_help(words[0]) && words.size() == 1) {
    fmt::print("{}", overview());
    return status(Exit::done);
  }
  if (words[0] == "--version") return version_verb.run(version_verb, {});

  const bool help_about = asks_for_help(words[0]);
  const std::string& name = words[help_about ? 1 : 0];
  const Verb* verb = find_verb(name);
  if (!verb) {
    fmt::print(stderr, "holdfast: there is no verb '{}'. holdfast --help lists them.\n", name);
    return status(Exit::wrong_usage);
  }
  if (!verb->run) return not_yet(*verb);
  const int end = verb->run(*verb, help_about ? Words{"--help"} : Words(words.begin() + 1, words.end()));
  return end == status(Exit::done) ? said_all(*verb) : end;
} catch (const std::exception& error) {
  fmt::print(stderr, "holdfast: a mistake of ours: {}\n", error.what());
  return status(Exit::failed);
}

}  // namespace holdfast::cli
