#include "simulate/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast::simulate {
namespace {

constexpr std::array<std::string_view, fault_kinds> words{
    "kill",         "power cut", "disk error",   "disk full",   "disk slow", "disk hung",
    "server pause", "wall jump", "client pause", "client dies", "network",
};

/// One of a few, so that worlds differ by much and not by little.
template <class T>
T one_of(Random& random, std::initializer_list<T> values) {
  return values.begin()[random.below(values.size())];
}

/// Each world lets some things be: what always happens hides what needs quiet.
std::uint32_t sometimes(Random& random, std::uint32_t per_mille) {
  return random.chance(300) ? 0 : per_mille;
}

Options options_of(std::uint64_t seed, const Scope& scope) {
  Random random(seed, Stream::plan);
  Options o;
  o.clients = static_cast<std::uint32_t>(random.between(3, 10));
  o.owners = std::max<std::uint32_t>(2, o.clients - static_cast<std::uint32_t>(random.below(o.clients / 2 + 1)));
  o.names = one_of<std::uint32_t>(random, {1, 2, 2, 3, 5});
  o.faulty = random.between(60, 300) * second;
  if (scope.faulty_max > 0) o.faulty = std::min(o.faulty, scope.faulty_max);
  o.think = one_of<Nanos>(random, {40, 80, 150, 300}) * milli;
  o.ttl_min = one_of<Nanos>(random, {200, 500, 1'000}) * milli;
  o.ttl_max = one_of<Nanos>(random, {3, 6, 12, 20}) * second;
  o.wait_max = one_of<Nanos>(random, {2, 5, 10}) * second;
  o.delay = one_of<Nanos>(random, {1, 1, 3, 20}) * milli;
  o.disk_sync = one_of<Nanos>(random, {1, 1, 4, 15}) * milli;
  o.fault_every = one_of<Nanos>(random, {5, 10, 20}) * second;
  o.wait = one_of<std::uint32_t>(random, {300, 500, 800});
  o.endless = sometimes(random, 30);
  o.takeover = sometimes(random, 80);
  o.flush = 500;
  o.pass_on = sometimes(random, 50);
  o.revoke = sometimes(random, 10);
  o.forget = sometimes(random, 80);
  o.late = sometimes(random, 150);
  o.guard = sometimes(random, 300);
  o.pause = sometimes(random, 40);
  o.lost = sometimes(random, 5);
  o.twice = sometimes(random, 15);
  o.slow = sometimes(random, 20);
  o.server_ppm = sometimes(random, 200);
  o.client_ppm = sometimes(random, 200);
  for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
    if (random.chance(600)) o.faults |= 1U << kind;
  }
  // From the end of the faults on: what is held ends, calls that nobody answered are given up, all are served, and
  // then what they held ends as well.
  o.calm = 2 * o.ttl_max + o.wait_max + (15 + o.clients) * second;
  return o;
}

PlannedFault fault_of(FaultKind kind, Nanos at, const Options& options, Random& random) {
  PlannedFault fault{kind, at, at, 0, static_cast<std::uint32_t>(random.below(options.clients))};
  const auto lasts = [&](Nanos least, Nanos most) { fault.until = at + random.between(least, most); };
  switch (kind) {
    case FaultKind::kill:
    case FaultKind::power_cut:
    case FaultKind::disk_error:
      lasts(20 * milli, random.chance(200) ? 8 * second : second);
      break;
    case FaultKind::disk_full:
      lasts(second, 8 * second);
      break;
    case FaultKind::disk_slow:
      lasts(second, 10 * second);
      fault.amount = random.between(50 * milli, 1500 * milli);
      break;
    case FaultKind::disk_hung:
      lasts(200 * milli, 9 * second);
      break;
    case FaultKind::server_pause:
      lasts(100 * milli, random.chance(300) ? 15 * second : 3 * second);
      break;
    case FaultKind::wall_jump:
      fault.amount = random.between(1, 100'000) * second * (random.chance(500) ? -1 : 1);
      break;
    case FaultKind::client_pause:
      lasts(options.ttl_min, options.ttl_max * 3 / 2);
      break;
    case FaultKind::client_dies:
      lasts(100 * milli, 5 * second);
      break;
    case FaultKind::network:
      lasts(second, 8 * second);
      break;
  }
  fault.until = std::min(fault.until, options.faulty - 1);
  return fault;
}

std::vector<PlannedFault> faults_of(std::uint64_t seed, const Options& options) {
  Random random(seed, Stream::faults);
  std::vector<FaultKind> kinds;
  for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
    if (options.has(static_cast<FaultKind>(kind))) kinds.push_back(static_cast<FaultKind>(kind));
  }
  std::vector<PlannedFault> faults;
  if (kinds.empty()) return faults;
  for (Nanos at = random.about(options.fault_every); at < options.faulty - second;
       at += random.about(options.fault_every)) {
    faults.push_back(fault_of(kinds[random.below(kinds.size())], at, options, random));
    // A start is short: it is rarely cut short by chance alone.
    const bool ends_it = faults.back().kind == FaultKind::kill || faults.back().kind == FaultKind::power_cut;
    if (ends_it && random.chance(200)) {
      const Nanos soon = std::min(faults.back().until + random.between(0, options.disk_sync), options.faulty - second);
      faults.push_back(fault_of(faults.back().kind, soon, options, random));
    }
    // Two at once find what neither does: a crash in a recovery, a kill while the disk hangs.
    if (random.chance(150)) {
      const Nanos soon = std::min(faults.back().until + random.between(0, 50 * milli), options.faulty - second);
      faults.push_back(fault_of(kinds[random.below(kinds.size())], soon, options, random));
    }
  }
  std::ranges::stable_sort(faults, {}, &PlannedFault::at);
  return faults;
}

double in_seconds(Nanos time) {
  return static_cast<double>(time) / static_cast<double>(second);
}

}  // namespace

std::string_view word(FaultKind kind) {
  return words[static_cast<std::size_t>(kind)];
}

std::string describe(const Options& o) {
  std::string faults;
  for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
    if (o.has(static_cast<FaultKind>(kind))) faults += (faults.empty() ? "" : ", ") + std::string{words[kind]};
  }
  return fmt::format(
      "{} clients of {} owners, {} names; {:.0f} s of faults, {:.0f} s of calm; ttl {:.1f} to {:.0f} s, waits to "
      "{:.0f} s, thinking {:.1f} s, messages {} ms, disk {} ms\n"
      "per mille: wait {}, endless {}, takeover {}, pass on {}, revoke {}, forget {}, late {}, guard {}, pause {}; "
      "lost {}, twice {}, slow {}; clocks off by {} and {} ppm\n"
      "a fault every {:.0f} s: {}",
      o.clients, o.owners, o.names, in_seconds(o.faulty), in_seconds(o.calm), in_seconds(o.ttl_min),
      in_seconds(o.ttl_max), in_seconds(o.wait_max), in_seconds(o.think), o.delay / milli, o.disk_sync / milli, o.wait,
      o.endless, o.takeover, o.pass_on, o.revoke, o.forget, o.late, o.guard, o.pause, o.lost, o.twice, o.slow,
      o.server_ppm, o.client_ppm, in_seconds(o.fault_every), faults.empty() ? "none" : faults);
}

Plan plan_of(std::uint64_t seed, const Scope& scope) {
  Plan plan;
  plan.seed = seed;
  plan.options = options_of(seed, scope);
  plan.faults = faults_of(seed, plan.options);
  return plan;
}

}  // namespace holdfast::simulate
