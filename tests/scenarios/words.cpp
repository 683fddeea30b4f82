#include "tests/scenarios/words.h"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

#include "tests/scenarios/text_words.h"

namespace holdfast::scenarios {

using namespace std::chrono_literals;

std::optional<Duration> to_duration(std::string_view text) {
  if (text == "forever") return for_ever;
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

namespace {

Duration ttl_of(const Ask& ask) {
  return ask.text("ttl") == "forever" ? core::forever : ask.duration("ttl", 30s);
}
std::optional<Duration> new_ttl_of(const Ask& ask) {
  return ask.has("ttl") ? std::optional(ttl_of(ask)) : std::nullopt;
}

core::Acquire acquire_of(const Ask& ask) {
  return {.name = ask.name,
          .who = {ask.owner, ask.session},
          .ttl = ttl_of(ask),
          .wait = ask.duration("wait"),
          .holder = ask.text("holder") == "owner" ? core::HolderKind::owner : core::HolderKind::session,
          .note = ask.text("note"),
          .metadata = ask.text("metadata"),
          .from = "192.0.2.1",
          .numbered = ask.text("numbered") == "yes",
          .buffer = ask.number("buffer"),
          .anew = asks_without_reentry(ask)};
}

}  // namespace

bool is_key_verb(std::string_view verb) {
  return verb == "set" || verb == "end" || verb == "expire";
}

bool asks_without_reentry(const Ask& ask) {
  return ask.verb == "acquire" && ask.text("anew") == "yes";
}

void KeyAsk::run(core::Keys& keys) {
  const core::Key now = keys.look(ask_.name);
  const core::Proof proof = ask_.has("was") ? core::Proof::value : core::Proof::connection;
  const bool meant = !ask_.has("was") || (now.held && now.value == ask_.text("was"));
  if (!meant) {
    code_ = ErrorCode::nothing_held;
  } else if (ask_.verb == "end") {
    code_ = keys.end(ask_.name, proof);
  } else if (ask_.verb == "expire") {
    code_ = keys.renew(ask_.name, ttl_of(ask_), proof);
  } else {
    code_ = now.held ? keys.pass_on(acquire_of(ask_), proof) : keys.take(acquire_of(ask_));
  }
}

core::Reply KeyAsk::reply(const core::Reply& of_program) const {
  core::Reply reply = of_program;
  if (reply.code == ErrorCode::none) reply.code = code_;
  reply.lease.name = ask_.name;
  if (reply.granted.empty()) return reply;
  reply.lease = reply.granted[0].lease;
  reply.who = reply.granted[0].who;
  return reply;
}

core::Command to_command(const Ask& ask) {
  if (is_text_verb(ask.verb)) return text_command_of(ask);
  const core::Who who{ask.owner, ask.session};
  const core::Token token{ask.number("token")};
  if (ask.verb == "acquire") return acquire_of(ask);
  if (ask.verb == "takeover") {
    return core::Takeover{acquire_of(ask), token, ask.duration("flush"), ask.text("reason"), !ask.has("flush")};
  }
  if (ask.verb == "move") return core::Move{ask.name, token, who, "192.0.2.1"};
  if (ask.verb == "request") return core::AskHolder{ask.name, who, ask.text("message"), "192.0.2.1"};
  if (ask.verb == "transfer") {
    return core::Transfer{ask.name, token, who, ask.text("to"), ask.text("to_session"), "fresh"};
  }
  if (ask.verb == "revoke") return core::Revoke{ask.name, token, who, ask.text("reason")};
  if (ask.verb == "renew_session") return core::RenewSession{who, new_ttl_of(ask)};
  if (ask.verb == "end_session") return core::EndSession{who};
  if (ask.verb == "renew") return core::Renew{ask.name, token, who, new_ttl_of(ask)};
  if (ask.verb == "release") return core::Release{ask.name, token, who};
  if (ask.verb == "check") return core::Check{ask.name, token};
  if (ask.verb == "get") return core::Get{ask.name, ask.text("unsettled") == "yes"};
  if (ask.verb == "list") {
    return core::List{{}, ask.text("owner"), ask.text("contended") == "yes", ask.text("unsettled") == "yes", {}};
  }
  throw std::invalid_argument("no such verb: " + ask.verb);
}

namespace {

std::string milliseconds(Duration duration) {
  return duration == core::forever ? "forever" : fmt::to_string(ceil_ms(duration));
}

std::string yes(bool it) {
  return it ? "yes" : "no";
}

std::string done_word(const Ask& ask, const core::Reply& reply) {
  if (const std::string_view word = word_when_done(ask.verb); !word.empty()) return std::string{word};
  if (!reply.lease.known) return "unknown";
  return reply.lease.held ? "held" : "free";
}

}  // namespace

std::string_view word_when_done(std::string_view verb) {
  if (verb == "acquire" || verb == "takeover" || verb == "move" || verb == "set") return "granted";
  if (verb == "renew" || verb == "expire") return "renewed";
  if (verb == "end") return "ended";
  if (verb == "request") return "requested";
  if (verb == "transfer") return "transferred";
  if (verb == "revoke") return "revoked";
  if (verb == "renew_session") return "session_renewed";
  if (verb == "end_session") return "session_ended";
  if (verb == "release") return "released";
  if (verb == "check") return "current";
  if (verb == "list") return "listed";
  return text_word_when_done(verb);
}

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
  f["ttl"] = milliseconds(lease.ttl);
  f["ends_in"] = milliseconds(lease.ends_in);
  f["since"] = number(std::chrono::floor<std::chrono::milliseconds>(lease.since - wall_began).count());
  f["waited"] = number(std::chrono::floor<std::chrono::milliseconds>(reply.waited).count());
  f["joined"] = yes(reply.joined);
  f["because"] = std::string(core::word(reply.because == core::Loss::none ? lease.ended : reply.because));
  if (reply.code == ErrorCode::stale) f["because"] = std::string(core::word(reply.because));
  f["asked"] = number(reply.asked.value);
  f["ended"] = yes(reply.ended);
  f["field"] = reply.field;
  const std::shared_ptr<const core::Why> why = reply.why ? reply.why : lease.why;
  f["why_by"] = why ? why->by : "";
  f["why"] = why ? why->reason : "";
  f["taker"] = lease.wanted ? lease.wanted->taker.owner : "";
  f["taker_reason"] = lease.wanted ? lease.wanted->reason : "";
  f["window"] = milliseconds(lease.wanted ? lease.wanted->window_ends_in : Duration{});
  f["asked_by"] = lease.wanted ? lease.wanted->asked_by : "";
  f["message"] = lease.wanted ? lease.wanted->message : "";
  f["count"] = number(reply.count);
  if (done && (done_word(ask, reply) == "granted" || done_word(ask, reply) == "renewed")) {
    f["owner"] = reply.who.owner;
    f["session"] = reply.who.session;
  }
  add_text_fields(f, reply, ask);
  if (ask.verb == "list") {
    std::string names;
    for (const core::LeaseView& shown : reply.page) names += (names.empty() ? "" : ",") + shown.name;
    f["names"] = names;
    f["next"] = reply.next;
  }
  return told;
}

}  // namespace holdfast::scenarios
