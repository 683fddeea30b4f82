// All want one name at once. Whoever gets it keeps it until everybody has an answer: two of them at the same time is
// what must never be.
#include "verify/workload.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

/// Half of the rounds let all requests go at the same moment, to the byte. In the others everybody comes a little
/// later than the next one: what is torn apart by some milliseconds is met there.
void play_contend(Stage& stage) {
  const std::size_t clients = stage.players();
  const recording::Index name = stage.fresh_name();
  Rounds begin(clients);
  Rounds answered(clients);
  std::unique_ptr<Gate> gate;
  bool aligned = false;
  stage.together(clients, [&](std::size_t i) {
    Player& player = stage.player(i);
    const auto prepare = [&] {
      aligned = !aligned;
      gate = aligned ? std::make_unique<Gate>(clients) : nullptr;
      return !stage.time_is_up();
    };
    while (begin.next(prepare)) {
      if (!aligned) player.linger(16ms);
      const std::optional<Held> held = player.acquire(name, gate.get());
      answered.next([] { return true; });
      if (!held) continue;
      player.count(*held, [&] { player.linger(2ms); });
      player.release(*held);
    }
  });
}

}  // namespace

const Workload contend_workload{
    .name = "contend", .told = "all want one name at once", .share = 4, .play = play_contend};

}  // namespace holdfast::verify
