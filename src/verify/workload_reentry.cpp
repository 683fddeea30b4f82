// Whoever holds acquires again: granted under the same token or refused, but never a second holding.
#include "verify/workload.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

constexpr int reentry_rounds_max = 20;

void play_reentry_pair(Stage& stage, Player& first, Player& second) {
  for (int round = 0; round < reentry_rounds_max && !stage.time_is_up(); ++round) {
    const recording::Index name = stage.fresh_name();
    const std::optional<Held> held = first.acquire(name);
    if (!held) continue;
    const std::optional<Held> again = first.acquire(name);
    const std::optional<Held> other = second.acquire(name);
    first.count(*held);
    // By the newer grant, if that is another: a lock that gave two tokens must not be left with one of them held.
    first.release(again ? *again : *held);
    if (other) second.release(*other);
    if (const std::optional<Held> after = second.acquire(name)) {
      second.count(*after);
      second.release(*after);
    }
    first.linger(4ms);
  }
}

void play_reentry(Stage& stage) {
  stage.together(stage.players() / 2,
                 [&](std::size_t i) { play_reentry_pair(stage, stage.player(2 * i), stage.player(2 * i + 1)); });
}

std::string_view lacks_for_reentry(const Manner& manner) {
  return manner.counts_grants ? "it counts how often its holder acquired, which is not judged" : "";
}

}  // namespace

const Workload reentry_workload{.name = "reentry",
                                .told = "whoever holds acquires again",
                                .share = 1,
                                .play = play_reentry,
                                .lacks = lacks_for_reentry};

}  // namespace holdfast::verify
