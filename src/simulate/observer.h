// What only whoever holds the whole world in its hand can check, at each step.
//
// It follows the effects, once they are durable, and the answers, as they leave, and keeps a view of its own: who may
// hold what, until when at least, and what was promised. Lease time it counts itself.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/effects.h"
#include "core/replies.h"
#include "core/state.h"
#include "simulate/call.h"
#include "simulate/cast.h"

namespace holdfast::simulate {

/// What is found wrong.
struct Violation {
  std::string kind;  ///< One of few words: `two_holders`, `token`, `early`, `late`, `lost`, `stale`, `order`, ...
  std::string told;  ///< A sentence.
  Nanos at = 0;
};

/// A client lost what it held, and not by its own doing.
struct Displaced {
  Index client = recording::nobody;
  Index name = 0;
  std::uint64_t token = 0;
  core::Loss why = core::Loss::none;
};

/// What a step was made for. In one step somebody may leave a queue and come back to its end.
struct Asked {
  Index name = recording::nobody;  ///< Nobody: it may have been about any.
  Index by = recording::nobody;    ///< Nobody: no client, or several.
  bool several = false;            ///< Several requests at once.
};

class Observer {
 public:
  Observer(const Cast& cast, std::vector<Violation>& violations);

  /// A start took `effect` back in.
  void recovers(const core::Effect& effect, core::Position position, Nanos now);
  /// It is through with that.
  void recovered(core::Position last, Nanos now);

  /// A step was made, at `lease`, for what was `asked`.
  void decided(const core::State& state, const Asked& asked, Nanos now, Instant lease);
  /// An answer to `call` leaves the server.
  void answered(const Call& call, const core::Reply& reply, Nanos now);
  /// The journal says that `batch` is durable; what waits for it leaves next, and then comes `all_left`.
  void durable(std::vector<core::Effect>&& batch, core::Position first);
  void all_left() { apply_up_to(recording::never); }

  /// Somebody gives up what it holds under `token`, or it is taken back.
  void asked_to_release(std::uint64_t token) { releases_.insert(token); }
  /// From now on it is known of `connection` that it is closed.
  void gone(std::uint64_t connection, Nanos now);

  /// Is anything held for longer than it may be? Only while everything that is decided is durable.
  void look(const core::State& state, Nanos now, Instant lease);
  /// The state in memory is what a replay of the journal makes. Only while everything that is decided is durable.
  void compare_with_replay(const core::State& state, Nanos now);

  std::vector<Displaced> take_displaced() { return std::exchange(displaced_, {}); }

  struct Counts {
    std::uint64_t grants = 0, lapses = 0, releases = 0, late_renewals = 0, takeovers = 0, passed_on = 0, revoked = 0;
    std::uint64_t effects = 0;
    Duration latest_lapse{};
  };
  const Counts& counts() const { return counts_; }

 private:
  /// A step, and the last effect that it decided.
  struct Decided {
    std::uint64_t position = 0;
    Nanos at = 0;
    Instant lease{};
  };
  struct Part {
    Index client = recording::nobody;
    Duration ttl{};
    Instant until{};  ///< It was told that it can rely on this.
    bool active = true;
  };
  struct Place {
    Index client = recording::nobody;
    std::uint64_t order = 0;
  };
  struct Name {
    bool held = false;
    std::uint64_t token = 0;
    std::vector<Part> parts;
    std::vector<Place> waiting;
    std::vector<std::pair<Index, Index>> overtook;  ///< Who left the queue before whom, who had come earlier.
    bool idle = false;                              ///< It was said already that somebody waits for a free name.
  };

  void violated(std::string kind, std::string told, Nanos now);
  std::string told_who(Index client) const;
  Decided when(std::uint64_t position) const;
  void apply(const core::Effect& effect, const Decided& at, bool check);
  void apply_up_to(std::int64_t position);
  void forget_beyond(std::size_t position);
  void begin(const core::Granted& grant, const Decided& at, bool check);
  void end_part(Index name, Index client, bool lapsed, const Decided& at, bool check);
  void look_at_queue(const core::State& state, Index index, const Asked& asked, Nanos now);
  void check_answer(const Call& call, const core::Reply& reply, Nanos now);
  Part* part_of(Index name, Index client);
  Index holder_called(Index name, const std::string& session) const;

  const Cast& cast_;
  std::vector<Violation>& violations_;
  std::vector<Name> names_;
  std::vector<core::Effect> durable_;  ///< All of them, position 1 first.
  std::size_t sure_ = 0;  ///< So many were said to be durable. What a start found beyond is lost if it is cut short.
  std::vector<core::Effect> coming_;  ///< Durable, and not looked at yet: what an answer shows comes before it.
  std::size_t come_ = 0;
  std::int64_t coming_first_ = 0;
  bool ahead_ = false;    ///< An answer left before its reasons were durable: what it promised cannot be followed here.
  bool differs_ = false;  ///< That what was recovered is another thing was said already.
  std::deque<Decided> decided_;
  std::uint64_t greatest_told_ = 0;   ///< Of all tokens that were shown to anybody.
  std::uint64_t greatest_begun_ = 0;  ///< Of the holdings of this start; at its beginning, of all that were told.
  std::uint64_t told_position_ = 0;   ///< Some answer relied on everything up to here.
  std::uint64_t next_place_ = 0;
  std::set<std::uint64_t> releases_;
  std::vector<Nanos> gone_;  ///< By connection.
  std::vector<Displaced> displaced_;
  Counts counts_;
};

}  // namespace holdfast::simulate
