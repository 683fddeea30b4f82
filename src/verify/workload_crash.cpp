// A holder dies: its connection ends and it never releases. The name must become free, not before its ttl is over, and
// then all want it at once.
#include <atomic>
#include <thread>

#include "verify/workload.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

constexpr Duration grace = 3s;
constexpr int tries_a_ttl = 16;

void play_crash(Stage& stage) {
  const std::size_t clients = stage.players();
  const Duration ttl = stage.manner().ttl;
  recording::Index name = stage.fresh_name();
  Rounds begin(clients);
  Rounds crashed(clients);
  Rounds trying(clients);
  std::unique_ptr<Gate> gate;
  std::atomic<std::size_t> winners = 0;
  std::size_t round = 0;
  std::chrono::steady_clock::time_point give_up;
  stage.together(clients, [&](std::size_t i) {
    Player& player = stage.player(i);
    const auto next_round = [&] {
      ++round;
      name = stage.fresh_name();
      winners = 0;
      return !stage.time_is_up();
    };
    const auto died = [&] {
      give_up = std::chrono::steady_clock::now() + ttl + grace;
      return true;
    };
    const auto nobody_yet = [&] {
      const bool late = std::chrono::steady_clock::now() >= give_up;
      if (late && winners == 0) {
        stage.miss(
            "a name that becomes free when its holder has died and its ttl is over: it was still held 3 s later");
      }
      gate = std::make_unique<Gate>(clients - 1);
      return winners == 0 && !late;
    };
    while (begin.next(next_round)) {
      const bool dies = round % clients == i;
      if (dies) {
        if (const std::optional<Held> held = player.acquire(name)) player.count(*held);
        player.hang_up();
      }
      crashed.next(died);
      while (trying.next(nobody_yet)) {
        if (dies) continue;
        std::this_thread::sleep_for(ttl / tries_a_ttl);
        const std::optional<Held> held = player.acquire(name, gate.get());
        if (!held) continue;
        ++winners;
        player.count(*held, [&] { player.linger(4ms); });
        player.release(*held);
      }
    }
  });
}

}  // namespace

const Workload crash_workload{.name = "crash",
                              .told = "a holder dies and never releases, then all want the name",
                              .share = 3,
                              .play = play_crash,
                              .lacks = lacks_leases};

}  // namespace holdfast::verify
