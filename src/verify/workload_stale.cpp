// What is over is released again, and renewed, while somebody else holds: it must change nothing.
#include "verify/workload.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

constexpr int rounds_max = 20;  // Each is the same, and an answer that tells nothing counts against the run.

void play_pair(Stage& stage, Player& first, Player& second) {
  const bool renews = stage.manner().traits.renews;
  for (int round = 0; round < rounds_max && !stage.time_is_up(); ++round) {
    const recording::Index name = stage.fresh_name();
    const std::optional<Held> old = first.acquire(name);
    if (!old) continue;
    first.count(*old);
    first.release(*old);
    if (round % 2 == 0) first.release(*old, true);  // Twice, and nobody came in between.
    std::optional<Held> held = second.acquire(name);
    if (!held) continue;
    second.count(*held);
    first.release(*old, true);
    if (renews) {
      Held late = *old;
      first.renew(late);
    }
    // If that freed it, this is granted while the second still believes.
    const std::optional<Held> third = first.acquire(name);
    second.count(*held);
    if (renews) second.renew(*held);
    if (third) first.release(*third);
    second.release(*held);
    first.linger(4ms);
  }
}

void play(Stage& stage) {
  stage.together(stage.players() / 2,
                 [&](std::size_t i) { play_pair(stage, stage.player(2 * i), stage.player(2 * i + 1)); });
}

}  // namespace

const Workload stale_workload{
    .name = "stale", .told = "released twice, released and renewed under an old token", .share = 1, .play = play};

}  // namespace holdfast::verify
