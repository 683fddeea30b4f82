// Everything that a soak does to a server. Each fault is over when it returns, but for servers that have to be started.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string_view>

#include "tests/soak/world.h"

namespace holdfast::soak {

using Chance = std::mt19937_64;

struct Fault {
  std::string_view name;
  unsigned weight;   ///< How often, next to the others.
  bool needs_disk;   ///< One of our own, which needs root.
  bool ends_server;  ///< It is to be started again.
  void (*bring_about)(World& world, Chance& chance);
};

std::span<const Fault> all_faults();

}  // namespace holdfast::soak
