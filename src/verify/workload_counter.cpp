// A counter guarded by one name: read, add one, write. It loses an update if two owners ever wrote.
#include "verify/workload.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

void play_counter(Stage& stage) {
  const recording::Index name = stage.fresh_name();
  stage.together(stage.players(), [&](std::size_t i) {
    Player& player = stage.player(i);
    while (!stage.time_is_up()) {
      const bool waits = stage.manner().traits.waits && player.chance().once_in(2);
      if (const auto held = player.acquire(name, nullptr, waits ? Duration(200ms) : Duration{})) {
        player.count(*held, [&] { player.linger(4ms); });
        player.release(*held);
      }
      player.linger(8ms);  // Whoever came again at once would get it again, and nobody else ever.
    }
  });
}

}  // namespace

const Workload counter_workload{.name = "counter",
                                .told = "a guarded counter, read and written by whoever holds",
                                .share = 3,
                                .play = play_counter};

}  // namespace holdfast::verify
