// The sweep against the search, which share no idea: on random small histories of every kind of lock they must agree.
//
// HOLDFAST_HISTORIES=1000000 in the environment asks for so many instead of those few.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>

#include "verify/lock_model.h"
#include "verify/random_history_for_tests.h"
#include "verify/sweep.h"
#include "verify/telling.h"

namespace holdfast::verify {
namespace {

using recording::Lock;
using recording::Recording;

struct Kind {
  std::string name;
  RandomHistory history;
};

const std::vector<Kind> kinds{
    {"plain", {.lock = {}}},
    {"plain, unnamed", {.lock = {}, .named = false}},
    {"reentrant", {.lock = {.reentrant = true}}},
    {"tokens", {.lock = {.tokens = true}}},
    {"tokens, unnamed", {.lock = {.tokens = true}, .named = false}},
    {"dense tokens", {.lock = {.tokens = true, .dense = true}}},
    {"reentrant tokens", {.lock = {.tokens = true, .reentrant = true}}},
    {"leases", {.lock = {.leases = true, .drift = 0}}},
    {"reentrant leases", {.lock = {.leases = true, .reentrant = true, .drift = 0}}},
    {"leases, late", {.lock = {.leases = true, .late_renewal = true, .drift = 0}}},
    {"token leases", {.lock = {.tokens = true, .leases = true, .drift = 0}}},
    {"token leases, unnamed", {.lock = {.tokens = true, .leases = true, .drift = 0}, .named = false}},
    {"token leases, late", {.lock = {.tokens = true, .leases = true, .late_renewal = true, .drift = 0}}},
    {"token leases, late, reentrant",
     {.lock = {.tokens = true, .leases = true, .late_renewal = true, .reentrant = true, .drift = 0}}},
    {"displacing", {.lock = {.tokens = true, .reentrant = true}, .displacing = true}},
    {"displacing leases",
     {.lock = {.tokens = true, .leases = true, .late_renewal = true, .reentrant = true, .drift = 0},
      .displacing = true}},
    {"displacing without tokens", {.lock = {.leases = true, .drift = 0}, .displacing = true}},
    {"joins", {.lock = {.tokens = true, .joins = true}}},
    {"joins, leases", {.lock = {.tokens = true, .leases = true, .joins = true, .reentrant = true, .drift = 0}}},
    {"unknown", {.lock = {}, .unknown = true}},
    {"unknown tokens", {.lock = {.tokens = true}, .unknown = true}},
    {"unknown tokens, unnamed", {.lock = {.tokens = true}, .named = false, .unknown = true}},
    {"unknown dense tokens", {.lock = {.tokens = true, .dense = true}, .unknown = true}},
    {"unknown leases", {.lock = {.leases = true, .drift = 0}, .unknown = true}},
    {"unknown token leases",
     {.lock = {.tokens = true, .leases = true, .late_renewal = true, .reentrant = true, .drift = 0}, .unknown = true}},
    {"unknown displacing",
     {.lock = {.tokens = true, .leases = true, .late_renewal = true, .reentrant = true, .drift = 0},
      .displacing = true,
      .unknown = true}},
};

std::string word_of(const recording::Operation& o) {
  static const char* const whats[] = {"acquire", "renew", "release", "query", "takeover", "move", "transfer", "revoke"};
  static const char* const outcomes[] = {"ok", "busy", "stale", "over", "error", "unknown"};
  return fmt::format("{} {}{}", whats[static_cast<int>(o.what)], outcomes[static_cast<int>(o.outcome)],
                     o.held ? " held" : "");
}

std::string shown(const Recording& recording) {
  std::string text;
  for (const recording::Operation& o : recording.operations) {
    text +=
        fmt::format("  {:>2} {:>3}..{:<4} {} token={} shown={} prev={} ttl={} {}{}\n", recording.clients[o.client].name,
                    o.called, o.returned == recording::never ? std::string("?") : std::to_string(o.returned),
                    word_of(o), o.token, o.shown, o.previous, o.ttl, o.joined ? "joined " : "",
                    o.holder == recording::nobody ? "" : recording.clients[o.holder].name);
  }
  return text;
}

std::size_t histories() {
  const char* wanted = std::getenv("HOLDFAST_HISTORIES");
  return wanted ? std::strtoul(wanted, nullptr, 10) : 26'000;
}

TEST(SweepAgainstSearch, agree_on_small_histories_of_every_kind) {
  const std::size_t each = histories() / kinds.size() + 1;
  std::size_t all = 0, illegal = 0, missed_all = 0, unforced_all = 0;
  for (const Kind& kind : kinds) {
    std::size_t wrong = 0, missed = 0, bad = 0, unforced = 0, told = 0;
    for (std::size_t i = 0; i < each; ++i) {
      const std::uint64_t seed = 1'000'003 * i + std::hash<std::string>{}(kind.name);
      RandomHistory wanted = kind.history;
      wanted.operations = 3 + static_cast<int>(seed % 14);
      wanted.clients = 2 + static_cast<int>(seed / 14 % 4);
      wanted.changes = static_cast<int>(seed / 56 % 7);
      const Recording recording = RandomHistoryForTests(wanted, seed).make();
      std::vector<Position> operations(recording.operations.size());
      for (std::size_t p = 0; p < operations.size(); ++p) operations[p] = static_cast<Position>(p);
      const Chain made = chain(recording, operations);
      const Swept swept = sweep(recording, operations, made, Unseen::may_have_been);
      const Searched searched = search(LockModel(recording, operations), recording, operations, 200'000);
      if (searched.answer == Answer::undecided) continue;
      ++all;
      const bool legal = searched.answer == Answer::holds;
      bad += !legal;
      if (swept.violations > 0 && !swept.forced) {
        ++unforced;
      } else if (swept.violations > 0 && legal) {
        ++wrong;
        if (told++ < 2) {
          ADD_FAILURE() << kind.name << ": an order exists, but the sweep says: " << swept.flaws[0].told << "\n"
                        << shown(recording);
        }
      } else if (swept.violations == 0 && !legal && made.exact) {
        ++missed;
        if (std::getenv("HOLDFAST_SHOW_MISSED") && told++ < 2) {
          ADD_FAILURE() << kind.name << ": missed at " << searched.at << "\n" << shown(recording);
        }
      }
    }
    fmt::print("{:<32} {:>6} illegal, {:>4} missed, {:>4} not forced, {:>4} wrong\n", kind.name, bad, missed, unforced,
               wrong);
    illegal += bad;
    missed_all += missed;
    unforced_all += unforced;
  }
  fmt::print("{} histories, {} illegal, {} missed, {} not forced\n", all, illegal, missed_all, unforced_all);
}

}  // namespace
}  // namespace holdfast::verify
