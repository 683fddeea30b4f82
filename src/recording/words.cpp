#include "recording/words.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace holdfast::recording {
namespace {

// In the order of the enumerations.
constexpr std::array<std::string_view, 10> whats{"acquire", "renew",    "release", "query", "takeover",
                                                 "move",    "transfer", "revoke",  "read",  "write"};
constexpr std::array<std::string_view, 6> outcomes{"ok", "busy", "stale", "over", "error", "unknown"};
constexpr std::array<std::string_view, 4> sightings{"granted", "ended", "other", "gap"};
constexpr std::array<std::string_view, 3> lock_kinds{"mutex", "shared", "permits"};

static_assert(static_cast<std::size_t>(What::write) + 1 == whats.size());
static_assert(static_cast<std::size_t>(Outcome::unknown) + 1 == outcomes.size());
static_assert(static_cast<std::size_t>(Sighting::Kind::gap) + 1 == sightings.size());
static_assert(static_cast<std::size_t>(Lock::Kind::permits) + 1 == lock_kinds.size());

template <class Value, std::size_t Size>
std::optional<Value> find(const std::array<std::string_view, Size>& words, std::string_view word) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Value>(found - words.begin());
}

}  // namespace

std::string_view word(What what) {
  return whats[static_cast<std::size_t>(what)];
}
std::string_view word(Outcome outcome) {
  return outcomes[static_cast<std::size_t>(outcome)];
}
std::string_view word(Sighting::Kind kind) {
  return sightings[static_cast<std::size_t>(kind)];
}
std::string_view word(Lock::Kind kind) {
  return lock_kinds[static_cast<std::size_t>(kind)];
}

std::optional<What> what_of(std::string_view word) {
  return find<What>(whats, word);
}
std::optional<Outcome> outcome_of(std::string_view word) {
  return find<Outcome>(outcomes, word);
}
std::optional<Sighting::Kind> sighting_of(std::string_view word) {
  return find<Sighting::Kind>(sightings, word);
}
std::optional<Lock::Kind> lock_kind_of(std::string_view word) {
  return find<Lock::Kind>(lock_kinds, word);
}

}  // namespace holdfast::recording
