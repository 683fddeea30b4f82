// Somebody takes a name from its holder, who does not know it yet and goes on under its old token.
#include "verify/workload.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

void play_takeover_pair(Stage& stage, Player& first, Player& second) {
  while (!stage.time_is_up()) {
    const recording::Index name = stage.fresh_name();
    std::optional<Held> old = first.acquire(name);
    if (!old) continue;
    const std::uint64_t value = first.read(*old);
    const Heard seen = second.query(name);
    std::optional<Held> taken = second.take_over(name, seen.grip.token);
    if (taken) second.count(*taken);
    first.write_late(*old, value);
    if (stage.manner().traits.renews) first.renew(*old);
    first.release(*old, true);
    second.take_over(name, old->grip.token);  // From a holding that is over.
    if (taken) {
      if (stage.manner().traits.renews) second.renew(*taken);
      second.count(*taken);
      second.release(*taken);
    }
    first.linger(4ms);
  }
}

void play_takeover(Stage& stage) {
  stage.together(stage.players() / 2,
                 [&](std::size_t i) { play_takeover_pair(stage, stage.player(2 * i), stage.player(2 * i + 1)); });
}

std::string_view lacks_for_takeover(const Manner& manner) {
  return manner.traits.takes_over && manner.traits.queries ? "" : "it has no takeover";
}

}  // namespace

const Workload takeover_workload{.name = "takeover",
                                 .told = "taken from its holder, who goes on",
                                 .share = 1,
                                 .play = play_takeover,
                                 .lacks = lacks_for_takeover};

}  // namespace holdfast::verify
