// Many names, and everybody goes from one to another.
#include <algorithm>

#include "verify/workload.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

void play_names(Stage& stage) {
  std::vector<recording::Index> names;
  for (std::size_t i = 0; i < stage.names_max(); ++i) names.push_back(stage.fresh_name());
  stage.together(stage.players(), [&](std::size_t i) {
    Player& player = stage.player(i);
    while (!stage.time_is_up()) {
      // Some names are wanted more than others, so that clients meet.
      const std::uint64_t among = player.chance().once_in(2) ? std::min<std::uint64_t>(names.size(), 4) : names.size();
      const recording::Index name = names[player.chance().below(among)];
      if (stage.manner().traits.queries && player.chance().once_in(8)) player.query(name);
      const std::optional<Held> held = player.acquire(name);
      if (!held) continue;
      player.count(*held, [&] { player.linger(4ms); });
      player.release(*held);
    }
  });
}

}  // namespace

const Workload names_workload{
    .name = "names", .told = "many names, everybody goes from one to another", .share = 2, .play = play_names};

}  // namespace holdfast::verify
