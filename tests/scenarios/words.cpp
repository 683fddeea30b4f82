#include "tests/scenarios/words.h"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

namespace holdfast::scenarios {

using namespace std::chrono_literals;

std::optional<Duration> to_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit == "ms") return count * 1ms;
  if (unit == "s") return count * 1s;
  if (unit == "m") return count * 1min;
  if (unit == "h") return count * 1h;
  if (unit == "d") return count * 24h;
  return std::nullopt;
}

Duration Ask::duration(const std::string& key, Duration otherwise) const {
  if (!has(key)) return otherwise;
  const std::optional<Duration> duration = to_duration(args.at(key));
  if (!duration) throw std::invalid_argument(key + "=" + args.at(key) + " is no duration");
  return *duration;
}

std::string to_text(const Told& told) {
  std::string text = told.word;
  for (const auto& [key, value] : told.fields) text += " " + key + "=" + value;
  return text;
}

core::Command to_command(const Ask& ask) {
  const core::Who who{ask.owner, ask.session};
  const core::Token token{ask.number("token")};
  if (ask.verb == "acquire") {
    return core::Acquire{.name = ask.name,
                         .who = who,
                         .ttl = ask.duration("ttl", 30s),
                         .wait = ask.duration("wait"),
                         .holder = ask.text("holder") == "owner" ? core::HolderKind::owner : core::HolderKind::session,
                         .note = ask.text("note"),
                         .metadata = ask.text("metadata"),
                         .numbered = ask.text("numbered") == "yes",
                         .buffer = ask.number("buffer")};
  }
  if (ask.verb == "renew") {
    core::Renew renew{ask.name, token, who, std::nullopt};
    if (ask.has("ttl")) renew.ttl = ask.duration("ttl");
    return renew;
  }
  if (ask.verb == "release") return core::Release{ask.name, token, who};
  if (ask.verb == "check") return core::Check{ask.name, token};
  if (ask.verb == "get") return core::Get{ask.name, ask.text("unsettled") == "yes"};
  if (ask.verb == "list") {
    return core::List{{}, ask.text("owner"), ask.text("contended") == "yes", ask.text("unsettled") == "yes", {}};
  }
  throw std::invalid_argument("no such verb: " + ask.verb);
}

namespace {

std::string yes(bool it) {
  return it ? "yes" : "no";
}

std::string done_word(const Ask& ask, const core::Reply& reply) {
  if (ask.verb == "acquire") return "granted";
  if (ask.verb == "renew") return "renewed";
  if (ask.verb == "release") return "released";
  if (ask.verb == "check") return "current";
  if (ask.verb == "list") return "listed";
  if (!reply.lease.known) return "unknown";
  return reply.lease.held ? "held" : "free";
}

}  // namespace

Told to_told(const core::Reply& reply, const Ask& ask, WallTime wall_began) {
  const core::LeaseView& lease = reply.lease;
  const bool done = reply.code == ErrorCode::none;
  Told told{ask.request, done ? done_word(ask, reply) : std::string(info_of(reply.code).name), {}};
  Fields& f = told.fields;
  const auto number = [](auto n) { return fmt::to_string(n); };
  f["name"] = lease.name;
  f["held"] = yes(lease.held);
  f["token"] = f["newest"] = number(lease.token.value);
  f["previous"] = number(lease.previous.value);
  f["owner"] = f["by"] = lease.who.owner;
  f["session"] = f["by_session"] = lease.who.session;
  f["sessions"] = number(lease.sessions);
  f["waiting"] = number(lease.waiting);
  f["buffer"] = number(lease.buffer);
  f["note"] = lease.note;
  f["metadata"] = lease.metadata;
  f["holder"] = lease.holder == core::HolderKind::owner ? "owner" : "session";
  f["ttl"] = number(ceil_ms(lease.ttl));
  f["ends_in"] = number(ceil_ms(lease.ends_in));
  f["since"] = number(std::chrono::floor<std::chrono::milliseconds>(lease.since - wall_began).count());
  f["waited"] = number(std::chrono::floor<std::chrono::milliseconds>(reply.waited).count());
  f["joined"] = yes(reply.joined);
  f["because"] = std::string(core::word(reply.because == core::Loss::none ? lease.ended : reply.because));
  if (reply.code == ErrorCode::stale) f["because"] = std::string(core::word(reply.because));
  f["asked"] = number(reply.asked.value);
  f["ended"] = yes(reply.ended);
  f["field"] = reply.field;
  if (done && (ask.verb == "acquire" || ask.verb == "renew")) {
    f["owner"] = reply.who.owner;
    f["session"] = reply.who.session;
  }
  if (ask.verb == "list") {
    std::string names;
    for (const core::LeaseView& shown : reply.page) names += (names.empty() ? "" : ",") + shown.name;
    f["names"] = names;
    f["next"] = reply.next;
  }
  return told;
}

}  // namespace holdfast::scenarios
