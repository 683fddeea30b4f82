#include "cli/asking.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "cli/durations.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

/// For a POSIX shell, in quotes where it needs them.
std::string quoted(const std::string& word) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/:@%+=,";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) c == '\'' ? out += "'\\''" : out += c;
  return shown(out + "'");
}

}  // namespace

std::expected<client::HttpLeases, int> server_of(const Caller& caller, const Options& options) {
  auto url = client::parse_url(caller.server);
  if (!url) return std::unexpected(options.wrong(shown(url.error().where)));
  return client::HttpLeases(*std::move(url));
}

int refused(const Verb& verb, const Caller& caller, const std::string& name, const client::Problem& problem) {
  if (caller.json) {
    print_json(problem.holding.json);
  } else {
    say(verb, told(problem, name, wall_now()));
  }
  return status(exit_of(problem));
}

void print_json(const boost::json::object& json) {
  fmt::print("{}\n", boost::json::serialize(json));
}

void say(const Verb& verb, std::string_view sentence) {
  fmt::print(stderr, "holdfast {}: {}\n", verb.name, sentence);
}

void say_granted(const Verb& verb, const client::Holding& grant, std::optional<Duration> ttl) {
  fmt::print("{}\n", grant.token);
  say(verb, fmt::format("{} is yours {} (session {})", shown(grant.name),
                        ttl ? "for " + told(*ttl) + " unless renewed" : "until released or taken over",
                        shown(grant.session)));
  if (ttl) fmt::print(stderr, "  {}\n", command_line("renew", grant));
  fmt::print(stderr, "  {}\n", command_line("release", grant));
}

std::string command_line(std::string_view verb, const client::Holding& holding) {
  return fmt::format("holdfast {} {} --token {} --owner {} --session {}", verb, quoted(holding.name), holding.token,
                     quoted(holding.owner), quoted(holding.session));
}

}  // namespace holdfast::cli
