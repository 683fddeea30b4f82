// A queue: clients wait for a name in a known order, one of them gives up, and a late-comer tries to get in between.
#include <algorithm>
#include <latch>
#include <thread>

#include "verify/workload.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t group_max = 6;
constexpr Duration wait = 4s;
constexpr Duration patience = 2s;  // For the lock to notice who comes and goes.

/// The one that holds while the others queue up, and then comes too late.
class Leader {
 public:
  Leader(Stage& stage, Player& player, Held held) : stage_(stage), player_(player), held_(std::move(held)) {}

  /// How many wait, as the lock says itself. None: it does not say.
  std::optional<unsigned> waiting() {
    if (!stage_.manner().traits.queries) return std::nullopt;
    return player_.query(held_.name).waiting;
  }

  /// Until as many wait. Where the lock does not say, a moment in which they must have come.
  void await_waiting(std::size_t expected) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
      keep();
      const std::optional<unsigned> seen = waiting();
      if (!seen) return std::this_thread::sleep_for(30ms);
      if (*seen == expected) return;
      std::this_thread::sleep_for(2ms);
    }
  }
  void release() { player_.release(held_); }

 private:
  void keep() {
    const Manner& manner = stage_.manner();
    const auto now = std::chrono::steady_clock::now();
    if (!manner.traits.renews || !manner.traits.lock.leases || now < renew_at_) return;
    player_.renew(held_);
    renew_at_ = now + manner.ttl / 4;
  }
  Stage& stage_;
  Player& player_;
  Held held_;
  std::chrono::steady_clock::time_point renew_at_ = std::chrono::steady_clock::now() + stage_.manner().ttl / 4;
};

void wait_and_count(Stage& stage, Player& player, recording::Index name) {
  const std::optional<Held> held = player.acquire(name, nullptr, wait);
  if (!held && player.acquired() == recording::Outcome::over) {
    stage.miss("that whoever waits is granted in time: somebody waited 4 s for a name that was free");
  }
  if (!held) return;
  player.count(*held, [&] { player.linger(4ms); });
  player.release(*held);
}

void play_round(Stage& stage, std::size_t first, std::size_t size, bool one_leaves, bool one_comes_late) {
  Player& player = stage.player(first);
  const recording::Index name = stage.fresh_name();
  const std::optional<Held> held = player.acquire(name);
  if (!held) return;
  Leader leader(stage, player, *held);
  // That somebody left counts only where the lock itself can say that it has noticed.
  const bool leaving = one_leaves && size > 2 && leader.waiting().has_value();
  const std::size_t leaver = leaving ? 1 + player.chance().below(size - 1) : size;
  std::latch gone(1);
  std::vector<std::jthread> waiters;
  for (std::size_t i = 1; i < size; ++i) {
    waiters.emplace_back([&, i] {
      Player& waiter = stage.player(first + i);
      i == leaver ? waiter.wait_and_leave(name, wait, [&] { gone.wait(); }) : wait_and_count(stage, waiter, name);
    });
    leader.await_waiting(i);
  }
  if (leaving) {
    stage.player(first + leaver).hang_up();
    leader.await_waiting(size - 2);
  }
  gone.count_down();
  leader.release();
  // Whoever comes now comes behind those who wait. In other rounds nobody does who might wake them.
  for (int i = 0; one_comes_late && i < 3; ++i) {
    if (const std::optional<Held> late = player.acquire(name)) player.release(*late);
    player.linger(4ms);
  }
  waiters.clear();
  // Behind all of them: it shows whether anybody had it that nobody knows of.
  if (const std::optional<Held> last = player.acquire(name, nullptr, wait)) player.release(*last);
}

void play_group(Stage& stage, std::size_t first, std::size_t size) {
  for (int round = 0; !stage.time_is_up(); ++round) play_round(stage, first, size, round % 2 == 0, round % 4 < 2);
}

void play_waiting(Stage& stage) {
  const std::size_t groups = std::max<std::size_t>(stage.players() / group_max, 1);
  const std::size_t size = std::min(stage.players(), group_max);
  stage.together(groups, [&](std::size_t i) { play_group(stage, i * size, size); });
}

std::string_view lacks_for_waiting(const Manner& manner) {
  return manner.traits.waits ? "" : "nobody can wait there";
}

}  // namespace

const Workload waiting_workload{.name = "waiting",
                                .told = "a queue, one gives up, one comes late",
                                .share = 2,
                                .play = play_waiting,
                                .lacks = lacks_for_waiting};

}  // namespace holdfast::verify
