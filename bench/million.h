// A data directory with a million leases that all lapse within a second.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "bench/run.h"
#include "core/types.h"

namespace holdfast::bench {

/// Nobody has hung up.
struct Everybody final : core::Presence {
  bool present(std::uint64_t) const override { return true; }
};

inline constexpr std::size_t million = 1'000'000;
/// From a start on: long enough to be ready and under load before the first lapses. The last one is a second later.
inline constexpr Duration first_lapse = std::chrono::seconds(4);

/// Writes it: as segments only, or folded into a snapshot. `name_of` names each of them.
void write_million(const std::filesystem::path& directory, bool folded,
                   const std::function<std::string(std::size_t)>& name_of);

/// What happened while they lapsed.
struct Lapsed {
  double seconds = 0;  ///< From the first seen lapse to the last.
  cli::LatencyHistogram others;
};

/// Others keep acquiring and releasing, at a steady rate, from before the first lapse until after the last.
Lapsed lapse(const Server& server);

}  // namespace holdfast::bench
