// What `holdfast simulate` prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "simulate/campaign.h"
#include "simulate/shrink.h"

namespace holdfast::cli {

/// The command that runs the one world of `seed` again.
std::string replay_command(std::uint64_t seed, const std::vector<std::string>& injections);

/// "12.5 of 100 h, 340 worlds, 1.2 M events". `wanted`: 0 where no time was asked for.
std::string told_progress(const simulate::Covered& covered, simulate::Nanos wanted);

/// What was covered, the verdict, and the story of a failure. `took`: seconds of real time.
std::string told(const simulate::Report& report, const std::optional<simulate::Shrunk>& shrunk,
                 const std::vector<std::string>& injections, double took);
std::string json_text(const simulate::Report& report, const std::optional<simulate::Shrunk>& shrunk,
                      const std::vector<std::string>& injections, double took);

/// Injects each known bug in turn into worlds from `seed` on, and prints how soon it is found. The exit status.
int print_table(std::uint64_t seed, bool json);

}  // namespace holdfast::cli
