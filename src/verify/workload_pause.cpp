// A holder stands still beyond its ttl, somebody else becomes the owner, and then the first one goes on as if nothing
// had happened: it writes, renews and releases under its old token.
#include <thread>

#include "verify/workload.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

/// Asks until it is granted, or had to be for long; or waits for it, where one can.
std::optional<Held> acquire_at_last(Stage& stage, Player& player, recording::Index name) {
  const Duration ttl = stage.manner().ttl;
  const bool waits = stage.manner().traits.waits && player.chance().once_in(2);
  if (waits) {
    if (std::optional<Held> held = player.acquire(name, nullptr, 2 * ttl)) return held;
  }
  const auto end = std::chrono::steady_clock::now() + 2 * ttl + 3s;
  while (std::chrono::steady_clock::now() < end) {
    if (std::optional<Held> held = player.acquire(name)) return held;
    std::this_thread::sleep_for(ttl / 50 + player.chance().rung(ttl / 3));
  }
  stage.miss("a name that becomes free when its holder's ttl is over: it was still held 3 s later");
  return std::nullopt;
}

void play_pause_pair(Stage& stage, Player& sleeper, Player& other) {
  const Manner& manner = stage.manner();
  for (int round = 0; !stage.time_is_up(); ++round) {
    const recording::Index name = stage.fresh_name();
    std::optional<Held> old = sleeper.acquire(name);
    if (!old) {
      sleeper.linger(16ms);
      continue;
    }
    const std::uint64_t value = sleeper.read(*old);
    const bool alone = round % 3 == 2;  // Nobody takes it: then it may come back to whoever had it.
    std::optional<Held> next;
    {
      const std::jthread wanting([&] {
        if (alone) return;
        next = acquire_at_last(stage, other, name);
        if (next) other.count(*next);
      });
      sleeper.pause(manner.ttl + manner.ttl / 2 + sleeper.chance().rung(manner.ttl / 4));
    }
    sleeper.write_late(*old, value);
    const bool back = manner.traits.renews && sleeper.renew(*old) == recording::Outcome::ok;
    if (next) other.count(*next);
    sleeper.release(*old, !back);
    // If any of that freed it, this is granted while the other one believes.
    if (const std::optional<Held> third = next ? sleeper.acquire(name) : std::nullopt) sleeper.release(*third);
    if (next) {
      if (manner.traits.renews) other.renew(*next);
      other.count(*next);
      other.release(*next);
    }
  }
}

void play_pause(Stage& stage) {
  stage.together(stage.players() / 2,
                 [&](std::size_t i) { play_pause_pair(stage, stage.player(2 * i), stage.player(2 * i + 1)); });
}

}  // namespace

const Workload pause_workload{.name = "pause",
                              .told = "a holder stands still beyond its ttl, then writes",
                              .share = 3,
                              .play = play_pause,
                              .lacks = lacks_leases};

}  // namespace holdfast::verify
