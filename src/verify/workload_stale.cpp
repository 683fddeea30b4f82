// What is over is released again, and renewed, while somebody else holds: it must change nothing.
#include "verify/workload.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

constexpr int stale_rounds_max = 20;  // Each is the same, and an answer that tells nothing counts against the run.

/// The holding that is over was one's own, and so is the one that is not.
void play_alone(Stage& stage, Player& first, Player& second) {
  const recording::Index name = stage.fresh_name();
  const std::optional<Held> old = first.acquire(name);
  if (!old) return;
  first.release(*old);
  const std::optional<Held> held = first.acquire(name);
  if (!held) return;
  // Without a token nobody could tell which of the two is meant.
  if (held->grip.token != 0) first.release(*old, true);
  const std::optional<Held> other = second.acquire(name);
  first.count(*held);
  if (other) second.release(*other);
  first.release(*held);
}

void play_stale_pair(Stage& stage, Player& first, Player& second) {
  const bool renews = stage.manner().traits.renews;
  for (int round = 0; round < stale_rounds_max && !stage.time_is_up(); ++round) {
    play_alone(stage, first, second);
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

void play_stale(Stage& stage) {
  stage.together(stage.players() / 2,
                 [&](std::size_t i) { play_stale_pair(stage, stage.player(2 * i), stage.player(2 * i + 1)); });
}

}  // namespace

const Workload stale_workload{
    .name = "stale", .told = "released twice, released and renewed under an old token", .share = 1, .play = play_stale};

}  // namespace holdfast::verify
