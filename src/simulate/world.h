// One world: a server, its clients, and what goes wrong between them, from beginning to end.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "simulate/crowd.h"
#include "simulate/server.h"

namespace holdfast::simulate {

/// What a world met, to be added up.
struct Covered {
  Nanos simulated = 0;
  std::uint64_t worlds = 0, events = 0, calls = 0, effects = 0;
  std::uint64_t grants = 0, lapses = 0, late_renewals = 0, takeovers = 0, passed_on = 0, revoked = 0;
  std::uint64_t starts = 0, recoveries_cut = 0, kills = 0, power_cuts = 0, disk_errors = 0, torn_frames = 0;
  std::uint64_t full_disks = 0, slow_disks = 0, hung_disks = 0, server_pauses = 0, wall_jumps = 0;
  std::uint64_t client_pauses = 0, client_deaths = 0, messages_lost = 0, messages_twice = 0, taken_back = 0;
  std::uint64_t writes = 0, stale_writes = 0, unknown = 0;
  Duration latest_lapse{};

  Covered& operator+=(const Covered& other);
};

/// Something that happened at the server: of a story.
struct Moment {
  enum class Kind : std::uint8_t {
    asked,     ///< `call` reached it.
    answered,  ///< And its answer left.
    vanish,    ///< It is known that whoever asks there is gone.
    leave,     ///< And acted on.
    crash,     ///< `by` is not 0: the power failed, too.
    restart,
    pause,  ///< For `by`.
    wall,   ///< The wall clock is set by `by`.
    disk,   ///< `words`: as in tests/scenarios/, or `slow`: each batch takes `by` longer, or `in_time`: it does not.
  };
  Nanos at = 0;
  Kind kind{};
  std::uint64_t id = 0;  ///< Of the call: unique in its story.
  Call call{};
  Nanos by = 0;
  std::string words;
};

struct Outcome {
  std::vector<Violation> violations;  ///< In the order in which they were seen.
  recording::Recording recording;
  Covered covered;
  std::uint64_t hash = 0;  ///< Of every event and every answer.
  std::vector<Moment> story;
};

struct WorldOptions {
  bool to_the_end = false;  ///< Go on when something is found wrong.
  bool story = false;
};

/// Runs the world of `plan`. The same plan on the same machine gives the same outcome, to the last bit.
Outcome run(const Plan& plan, const Machine& machine, const WorldOptions& options = {});

}  // namespace holdfast::simulate
