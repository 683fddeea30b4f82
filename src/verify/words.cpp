#include "verify/words.h"

#include <fmt/format.h>

#include <array>

namespace holdfast::verify {

using recording::Nanos;
using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

namespace {

constexpr std::size_t name_shown = 64;

/// A name that fits into a sentence.
std::string short_name(const Recording& recording, recording::Index name) {
  std::string told = printable(recording.names[name]);
  if (told.size() <= name_shown) return told;
  std::size_t cut = name_shown;
  while (cut > 0 && (static_cast<unsigned char>(told[cut]) & 0xc0) == 0x80) --cut;  // Not inside of a character.
  return told.substr(0, cut) + "...";
}

std::string with_token(std::string told, std::uint64_t token) {
  return token == 0 ? told : fmt::format("{}, token {}", told, token);
}

std::string told_grant(const Recording& recording, const Operation& operation) {
  switch (operation.what) {
    case What::acquire:
      return with_token(operation.joined ? "granted, shared with others of its owner" : "granted", operation.shown);
    case What::takeover:
      return with_token("taken over", operation.shown);
    case What::move:
      return with_token("moved here", operation.shown);
    case What::transfer:
      return with_token(fmt::format("given to {}", told_client(recording, operation.holder)), operation.shown);
    case What::query:
      if (!operation.held) return "free";
      return with_token(fmt::format("held by {}", told_client(recording, operation.holder)), operation.shown);
    case What::read:
      return fmt::format("{}", operation.value);
    case What::write:
      return fmt::format("written: {}", operation.value + 1);
    case What::renew:
    case What::release:
    case What::revoke:
      return "done";
  }
  return {};
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string told_moment(Nanos at, Nanos step) {
  if (at == recording::never) return "the end";
  const int digits = step >= 1'000'000 ? 3 : step >= 1'000 ? 6 : 9;
  return fmt::format("{:.{}f} s", static_cast<double>(at) / 1e9, digits);
}

std::string told_span(Nanos span) {
  if (span == recording::never) return "for ever";
  const double seconds = static_cast<double>(span) / 1e9;
  if (seconds < 1e-6) return fmt::format("{} ns", span);
  if (seconds < 1e-3) return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 60) return fmt::format("{:.2f} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string told_client(const Recording& recording, recording::Index client) {
  if (client >= recording.clients.size()) return "somebody";
  return printable(recording.clients[client].name);
}

std::string told_call(const Recording& recording, const Operation& operation) {
  std::string told = fmt::format("{} {}", word(operation.what), short_name(recording, operation.name));
  if (operation.what == What::write) told += fmt::format(" = {} + 1", operation.value);
  if (operation.token != 0) told += fmt::format(", token {}", operation.token);
  const bool lasts = operation.what == What::acquire || operation.what == What::renew;
  if (lasts && operation.ttl > 0) told += fmt::format(" for {}", told_span(operation.ttl));
  return told;
}

std::string told_answer(const Recording& recording, const Operation& operation) {
  switch (operation.outcome) {
    case Outcome::ok:
      return told_grant(recording, operation);
    case Outcome::busy:
      if (operation.holder == recording::nobody) return with_token("busy", operation.shown);
      return with_token(fmt::format("busy: held by {}", told_client(recording, operation.holder)), operation.shown);
    case Outcome::stale:
      return operation.shown == 0 ? "refused: the token is old"
                                  : fmt::format("refused: the token is old, the newest is {}", operation.shown);
    case Outcome::over:
      return "waited in vain";
    case Outcome::error:
      return "an error: not done";
    case Outcome::unknown:
      return operation.returned == recording::never ? "no answer" : "an answer that does not say whether it was done";
  }
  return {};
}

std::string_view word(What what) {
  constexpr std::array words{"acquire", "renew",    "release", "query", "takeover",
                             "move",    "transfer", "revoke",  "read",  "write"};
  return words.at(static_cast<std::size_t>(what));
}

std::string_view word(Outcome outcome) {
  constexpr std::array words{"ok", "busy", "stale", "over", "error", "unknown"};
  return words.at(static_cast<std::size_t>(outcome));
}

}  // namespace holdfast::verify
