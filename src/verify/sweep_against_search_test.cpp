// The sweep against the search, which share no idea: on random small histories of every kind of lock they must agree.
//
// HOLDFAST_HISTORIES=1000000 in the environment asks for so many instead of those few.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>

#include "verify/depth.h"
#include "verify/linearizable.h"
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
  bool sure = false;  ///< The sweep alone can tell.
};

const std::vector<Kind> kinds{
    {"plain", {.lock = {}}, true},
    {"plain, unnamed", {.lock = {}, .named = false}, true},
    {"reentrant", {.lock = {.reentrant = true}}},
    {"tokens", {.lock = {.tokens = true}}, true},
    {"tokens, unnamed", {.lock = {.tokens = true}, .named = false}, true},
    {"dense tokens", {.lock = {.tokens = true, .dense = true}}, true},
    {"reentrant tokens", {.lock = {.tokens = true, .reentrant = true}}, true},
    {"leases", {.lock = {.leases = true, .drift = 0}}},
    {"reentrant leases", {.lock = {.leases = true, .reentrant = true, .drift = 0}}},
    {"leases, late", {.lock = {.leases = true, .late_renewal = true, .drift = 0}}},
    {"token leases", {.lock = {.tokens = true, .leases = true, .drift = 0}}, true},
    {"token leases, unnamed", {.lock = {.tokens = true, .leases = true, .drift = 0}, .named = false}, true},
    {"token leases, late", {.lock = {.tokens = true, .leases = true, .late_renewal = true, .drift = 0}}},
    {"token leases, late, reentrant",
     {.lock = {.tokens = true, .leases = true, .late_renewal = true, .reentrant = true, .drift = 0}}},
    {"displacing", {.lock = {.tokens = true, .reentrant = true}, .displacing = true}, true},
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
    {"shared", {.lock = {.kind = Lock::Kind::shared}}},
    {"shared leases",
     {.lock = {.kind = Lock::Kind::shared, .tokens = true, .leases = true, .drift = 0}, .named = false}},
    {"two permits", {.lock = {.kind = Lock::Kind::permits, .permits = 2}}},
    {"three permits, leases, unknown",
     {.lock = {.kind = Lock::Kind::permits, .permits = 3, .leases = true, .drift = 0}, .unknown = true}},
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

/// How the two answered.
struct Tally {
  std::size_t all = 0, illegal = 0, doubted = 0;

  void add(const Tally& other) {
    all += other.all;
    illegal += other.illegal;
    doubted += other.doubted;
  }
};

RandomHistory with_size(RandomHistory wanted, std::uint64_t seed) {
  wanted.operations = 3 + static_cast<int>(seed % 14);
  wanted.clients = 2 + static_cast<int>(seed / 14 % 4);
  wanted.changes = static_cast<int>(seed / 56 % 7);
  return wanted;
}

/// One history, by the sweep alone, by both as `judge` asks them, and by the search.
void compare(const Kind& kind, std::uint64_t seed, Tally& tally) {
  const Recording recording = RandomHistoryForTests(with_size(kind.history, seed), seed).make();
  std::vector<Position> operations(recording.operations.size());
  for (std::size_t p = 0; p < operations.size(); ++p) operations[p] = static_cast<Position>(p);
  const Searched searched = search(LockModel(recording, operations), recording, operations, 200'000);
  if (searched.answer == Answer::undecided) return;
  const bool legal = searched.answer == Answer::holds;
  ++tally.all;
  tally.illegal += !legal;
  const auto which = [&] { return kind.name + ", seed " + std::to_string(seed) + ":\n" + shown(recording); };
  const Linearized found = linearized(recording, operations, 200'000);
  EXPECT_EQ(word(found.answer), word(searched.answer)) << which();
  EXPECT_EQ(found.violations > 0, !legal) << which();
  EXPECT_EQ(found.flaws.empty(), legal) << which();
  if (recording.lock.kind != Lock::Kind::mutex) {
    EXPECT_FALSE(legal && deepest(recording, operations).violations > 0) << which();
    return;
  }
  const Chain made = chain(recording, operations);
  const Swept swept = sweep(recording, operations, made, Unseen::may_have_been);
  if (swept.violations > 0 && swept.forced) {
    EXPECT_FALSE(legal) << "an order exists, but the sweep says: " << swept.flaws[0].told << "\n" << which();
  } else if (swept.violations == 0 && made.exact) {
    EXPECT_TRUE(legal) << "the sweep has missed it at " << searched.at << "; " << which();
  } else {
    ++tally.doubted;
  }
}

TEST(SweepAgainstSearch, agree_on_small_histories_of_every_kind) {
  const bool told = std::getenv("HOLDFAST_HISTORIES") != nullptr;
  const std::size_t each = histories() / kinds.size() + 1;
  Tally all, sure;
  for (const Kind& kind : kinds) {
    Tally tally;
    const std::uint64_t begin = std::hash<std::string>{}(kind.name);
    for (std::size_t i = 0; i < each && !HasFailure(); ++i) compare(kind, 1'000'003 * i + begin, tally);
    if (told) {
      fmt::print("{:<32} {:>8} histories, {:>7} illegal, {:>7} not for the sweep alone\n", kind.name, tally.all,
                 tally.illegal, tally.doubted);
    }
    EXPECT_GT(tally.illegal * 20, tally.all) << kind.name;               // At least 5 % must be refused ...
    EXPECT_GT((tally.all - tally.illegal) * 4, tally.all) << kind.name;  // ... and 25 % must not.
    all.add(tally);
    if (kind.sure) sure.add(tally);
  }
  if (told) fmt::print("{} histories, {} illegal, no disagreement\n", all.all, all.illegal);
  EXPECT_GT(all.illegal * 10, all.all);
  EXPECT_LT(sure.doubted * 20, sure.all);  // Where nothing is unknown and tokens tell the order, the sweep is enough.
}

}  // namespace
}  // namespace holdfast::verify
