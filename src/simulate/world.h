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
  std::uint64_t starts = 0, kills = 0, power_cuts = 0, disk_errors = 0, torn_frames = 0;
  std::uint64_t full_disks = 0, slow_disks = 0, hung_disks = 0, server_pauses = 0, wall_jumps = 0;
  std::uint64_t client_pauses = 0, client_deaths = 0, messages_lost = 0, messages_twice = 0, taken_back = 0;
  std::uint64_t writes = 0, stale_writes = 0, unknown = 0;
  Duration latest_lapse{};

  Covered& operator+=(const Covered& other);
};

/// Something that happened at the server, for a story.
struct Moment {
  enum class Kind : std::uint8_t { asked, answered, crash, restart, pause, wall, disk, leave, vanish, remark };
  Nanos at = 0;
  Kind kind{};
  std::uint64_t call = 0;
  Call what{};        ///< Of asked, answered, leave, vanish.
  Nanos by = 0;       ///< Of pause and wall.
  std::string words;  ///< Of disk and remark.
};

struct Outcome {
  std::vector<Violation> violations;  ///< In the order in which they were seen.
  recording::Recording recording;
  Covered covered;
  std::uint64_t hash = 0;  ///< Of every event and every answer.
  std::vector<Moment> story;
  std::vector<std::uint32_t> acts;  ///< By client: how often it did something.
};

struct WorldOptions {
  bool to_the_end = false;  ///< Go on when something is found wrong.
  bool story = false;
};

/// Runs the world of `plan`. The same plan on the same machine gives the same outcome, to the last bit.
Outcome run(const Plan& plan, const Machine& machine, const WorldOptions& options = {});

}  // namespace holdfast::simulate
