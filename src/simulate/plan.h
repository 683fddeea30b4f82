// What a seed expands to: who takes part, what they are like, and what goes wrong when.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/random.h"

namespace holdfast::simulate {

inline constexpr Nanos milli = 1'000'000;
inline constexpr Nanos second = 1'000 * milli;

/// What can go wrong. All of it is something that a server must survive, and that ends.
enum class FaultKind : std::uint8_t {
  kill,          ///< The process ends at once; what it wrote is still readable.
  power_cut,     ///< And what it wrote and had not synced is gone, or partly there.
  disk_error,    ///< The next sync fails: the server gives up and is started anew.
  disk_full,     ///< No room for more, but what was put aside.
  disk_slow,     ///< Each batch takes `amount` longer.
  disk_hung,     ///< No batch ends.
  server_pause,  ///< The process stands still, the world does not.
  wall_jump,     ///< Somebody sets the server's wall clock by `amount`.
  client_pause,  ///< A client stands still, whatever it holds.
  client_dies,   ///< A client ends without a word and begins anew, knowing nothing.
  network,       ///< Requests and answers are lost, late and doubled.
};
inline constexpr std::size_t fault_kinds = 11;

/// `power cut`, `disk full`, ...
std::string_view word(FaultKind kind);

struct PlannedFault {
  FaultKind kind{};
  Nanos at = 0;
  Nanos until = 0;  ///< Of a kill and its like: when the server is started again.
  Nanos amount = 0;
  std::uint32_t client = 0;
};

/// What a world is like. Chances are per mille.
struct Options {
  std::uint32_t clients = 0, owners = 0, names = 0;
  Nanos faulty = 0;  ///< How long things go wrong.
  Nanos calm = 0;    ///< How long, after that, everything has to come to an end.
  Nanos think = 0;   ///< Between two things that a client does, about.
  Nanos ttl_min = 0, ttl_max = 0;
  Nanos wait_max = 0;
  Nanos delay = 0;        ///< Of a message, about.
  Nanos disk_sync = 0;    ///< Of a batch, about.
  Nanos fault_every = 0;  ///< About.
  std::uint32_t wait = 0, endless = 0, takeover = 0, flush = 0, pass_on = 0, revoke = 0, forget = 0, late = 0,
                guard = 0, pause = 0;
  std::uint32_t lost = 0, twice = 0, slow = 0;   ///< Of messages.
  std::uint32_t server_ppm = 0, client_ppm = 0;  ///< Clocks run fast or slow by up to so many parts in a million.
  std::uint32_t faults = 0;                      ///< A bit for each FaultKind that occurs.

  bool has(FaultKind kind) const { return (faults >> static_cast<unsigned>(kind) & 1U) != 0; }
};

/// In one line or two, for people.
std::string describe(const Options& options);

/// All that decides a world. A shorter story is made by taking something away here.
struct Plan {
  std::uint64_t seed = 0;
  Options options;
  std::vector<PlannedFault> faults;  ///< In order of time.
  std::vector<bool> absent;          ///< By client: it never does anything.
  Nanos end = recording::never;      ///< Nothing happens from here on, not even the calm.

  bool present(std::uint32_t client) const { return client >= absent.size() || !absent[client]; }
};

/// Bounds for what a seed may expand to; 0: none.
struct Scope {
  Nanos faulty_max = 0;
};

Plan plan_of(std::uint64_t seed, const Scope& scope = {});

}  // namespace holdfast::simulate
