// A whole run: tries the lock, plays the workloads one after the other, and hands over what was recorded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "verify/faults.h"
#include "verify/target.h"
#include "verify/workload.h"

namespace holdfast::verify {

/// Where a run is.
struct Progress {
  std::string_view workload;
  std::size_t operations = 0;
  Duration since_begin{};
};

struct DriveOptions {
  std::size_t clients = 16;
  Duration time = std::chrono::seconds(10);  ///< Of all workloads together, about.
  std::size_t names = 32;                    ///< Of the workload with many.
  std::uint64_t seed = 1;                    ///< Repeats every choice; what threads and networks do, it cannot repeat.
  std::optional<Duration> ttl{};         ///< Asked for, where the lock asks. None: such that it can end several times.
  std::vector<std::string> workloads{};  ///< Empty: all.
  Faults faults{};
  std::function<void(const Progress&)> progress{};  ///< Called from a thread of its own, about five times a second.
  std::function<bool()> give_up = [] { return false; };
};

/// What came of a run.
struct Driven {
  recording::Recording recording;
  std::vector<std::string> played;  ///< Workloads.
  std::vector<std::string> notes;   ///< What a reader should know: what could not be played, and why.
  std::vector<std::string> missed;  ///< What would have to be seen for a verdict to mean something, and was not.
};

/// Errors: unreachable (nothing was done), bad_description (its answers are not what the description says), and
/// bad_configuration where a workload's name is none.
Result<Driven> drive(Target& target, const DriveOptions& options);

}  // namespace holdfast::verify
