// Some hold for a long time and renew; others try to get it from them all the while.
#include "verify/workload.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

constexpr unsigned renewals_a_holding = 12;

void hold(Stage& stage, Player& player, recording::Index name) {
  const Duration ttl = stage.manner().ttl;
  while (!stage.time_is_up()) {
    std::optional<Held> held = player.acquire(name);
    if (!held) {
      player.linger(16ms);
      continue;
    }
    const std::uint64_t renewals = 2 + player.chance().below(renewals_a_holding);
    for (std::uint64_t i = 0; i < renewals && !stage.time_is_up(); ++i) {
      player.rest(ttl / 5 + player.chance().rung(ttl / 5));
      if (player.renew(*held) != recording::Outcome::ok) break;
      player.count(*held);
    }
    player.release(*held);
  }
}

void want(Stage& stage, Player& player, recording::Index name) {
  while (!stage.time_is_up()) {
    if (stage.manner().traits.queries && player.chance().once_in(4)) player.query(name);
    if (const std::optional<Held> held = player.acquire(name)) {
      player.count(*held);
      player.release(*held);
    }
    player.rest(2ms + player.chance().rung(16ms));
  }
}

void play_renew(Stage& stage) {
  const std::size_t pairs = stage.players() / 2;
  std::vector<recording::Index> names;
  for (std::size_t i = 0; i < pairs; ++i) names.push_back(stage.fresh_name());
  stage.together(2 * pairs, [&](std::size_t i) {
    i % 2 == 0 ? hold(stage, stage.player(i), names[i / 2]) : want(stage, stage.player(i), names[i / 2]);
  });
}

std::string_view lacks_for_renew(const Manner& manner) {
  if (!manner.traits.renews) return "it has no renewal";
  return lacks_leases(manner);
}

}  // namespace

const Workload renew_workload{.name = "renew",
                              .told = "held for long and renewed, while others want it",
                              .share = 3,
                              .play = play_renew,
                              .lacks = lacks_for_renew};

}  // namespace holdfast::verify
