#include "tests/soak/faults.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <memory>
#include <thread>
#include <vector>

#include "tests/support/http_talk.h"

namespace holdfast::soak {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using support::Talk;

milliseconds between(Chance& chance, std::int64_t least, std::int64_t most) {
  return milliseconds(least + static_cast<std::int64_t>(chance() % static_cast<std::uint64_t>(most - least + 1)));
}

void kill(World& world, Chance&) {
  world.kill();
}

/// Killed again while it reads what the first kill left.
void kill_twice(World& world, Chance& chance) {
  world.kill();
  world.start();
  std::this_thread::sleep_for(between(chance, 0, 20));
  world.kill();
}

void stop(World& world, Chance&) {
  world.stop();
}

void pause(World& world, Chance& chance) {
  world.server().signal(SIGSTOP);
  std::this_thread::sleep_for(between(chance, 5, 1'500));
  world.server().signal(SIGCONT);
}

void power_cut(World& world, Chance&) {
  world.cut_power();
}

void failing_sync(World& world, Chance&) {
  world.fail_syncs();
}

void hanging_disk(World& world, Chance& chance) {
  world.hang_disk(true);
  std::this_thread::sleep_for(between(chance, 20, 1'500));
  world.hang_disk(false);
}

void killed_while_the_disk_hangs(World& world, Chance& chance) {
  world.hang_disk(true);
  std::this_thread::sleep_for(between(chance, 20, 300));
  world.kill();
  world.hang_disk(false);
}

void full_disk(World& world, Chance& chance) {
  world.fill_disk();
  std::this_thread::sleep_for(between(chance, 100, 1'000));
  if (chance() % 3 == 0) {  // Also a start must cope with it.
    world.kill();
    world.make_room();
    return;
  }
  world.make_room();
}

void wall_clock(World& world, Chance& chance) {
  constexpr std::int64_t day = 24 * 60 * 60;
  constexpr std::int64_t jumps[] = {1, -1, 2'000, -2'000, day, -day, 400 * day, -400 * day};
  world.set_wall_clock(jumps[chance() % std::size(jumps)]);
  std::this_thread::sleep_for(between(chance, 10, 500));
  world.set_wall_clock(0);
}

/// Killed, and the wall clock is another one when it comes back.
void clock_set_while_down(World& world, Chance& chance) {
  world.kill();
  world.set_wall_clock(chance() % 2 == 0 ? 86'400 : -86'400);
  world.start();
  std::this_thread::sleep_for(between(chance, 50, 300));
  world.kill();
  world.set_wall_clock(0);
}

void out_of_descriptors(World& world, Chance& chance) {
  const pid_t server = world.server().pid();
  rlimit before{};
  if (::prlimit(server, RLIMIT_NOFILE, nullptr, &before) != 0) return;
  const rlimit few{.rlim_cur = 64, .rlim_max = before.rlim_max};
  ::prlimit(server, RLIMIT_NOFILE, &few, nullptr);
  std::vector<std::unique_ptr<Talk>> crowd;
  try {
    for (int i = 0; i < 80; ++i) crowd.push_back(std::make_unique<Talk>(world.port(), 1s));
  } catch (const std::runtime_error&) {
    // That some are not let in is what this is for.
  }
  std::this_thread::sleep_for(between(chance, 10, 300));
  crowd.clear();
  ::prlimit(server, RLIMIT_NOFILE, &before, nullptr);
}

void many_connections(World& world, Chance& chance) {
  std::vector<std::unique_ptr<Talk>> crowd;
  for (int i = 0; i < 1'000; ++i) crowd.push_back(std::make_unique<Talk>(world.port(), 5s));
  std::this_thread::sleep_for(between(chance, 10, 300));
  for (auto& each : crowd) chance() % 2 == 0 ? each->reset() : each->close();
}

/// Asks and asks and takes none of the answers; watches and takes no events.
void readers_that_never_read(World& world, Chance& chance) {
  std::vector<std::unique_ptr<Talk>> deaf;
  for (int i = 0; i < 8; ++i) {
    deaf.push_back(std::make_unique<Talk>(world.port(), 1s));
    const std::string request = support::request_text("GET", i % 2 == 0 ? "/v1/leases" : "/v1/events");
    std::string all;
    for (int times = 0; times < (i % 2 == 0 ? 50 : 1); ++times) all += request;
    deaf.back()->send(all);
  }
  std::this_thread::sleep_for(between(chance, 50, 800));
}

/// Half a request, and then nothing, or rubbish.
void broken_requests(World& world, Chance& chance) {
  for (int i = 0; i < 20; ++i) {
    Talk talk(world.port(), 1s);
    std::string bytes = support::request_text("POST", "/v1/acquire/broken", R"({"owner":"nobody"})");
    bytes.resize(chance() % bytes.size());
    if (chance() % 2 == 0 && !bytes.empty()) bytes[chance() % bytes.size()] = static_cast<char>(chance());
    talk.send(bytes);
    chance() % 2 == 0 ? talk.reset() : talk.close();
  }
}

void second_server(World& world, Chance&) {
  world.start_second();
}

constexpr Fault faults[] = {
    {"kill -9", 8, false, true, kill},
    {"kill -9 during recovery", 4, false, true, kill_twice},
    {"stop and start", 3, false, true, stop},
    {"server paused", 6, false, false, pause},
    {"power cut", 8, true, true, power_cut},
    {"failing sync", 4, false, true, failing_sync},
    {"hanging disk", 5, false, false, hanging_disk},
    {"kill -9 while the disk hangs", 3, false, true, killed_while_the_disk_hangs},
    {"full disk", 4, true, false, full_disk},
    {"wall clock set", 5, false, false, wall_clock},
    {"wall clock set while down", 2, false, true, clock_set_while_down},
    {"out of descriptors", 3, false, false, out_of_descriptors},
    {"a thousand connections", 3, false, false, many_connections},
    {"readers that never read", 3, false, false, readers_that_never_read},
    {"broken requests", 3, false, false, broken_requests},
    {"second server", 1, false, false, second_server},
};

}  // namespace

std::span<const Fault> all_faults() {
  return faults;
}

}  // namespace holdfast::soak
