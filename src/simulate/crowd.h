// What clients do: they acquire, wait, renew in time, forget to, come late, stand still, take over, give away, and
// write to what the lock guards, under whatever token they have.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "simulate/call.h"
#include "simulate/cast.h"
#include "simulate/hand_clocks.h"

namespace holdfast::simulate {

/// What a client thinks it holds.
struct Belief {
  Index name = 0;
  std::uint64_t token = 0;
  Duration ttl{};
  Nanos until = 0;  ///< World time; `never`: it does not end by itself.
  Nanos renew_at = 0;
  Nanos release_at = 0;
  bool forgotten = false;  ///< It does not renew any more.
};

class Crowd {
 public:
  /// Sends a request of a client; its answer comes by `told`.
  using Send = std::function<void(Index client, const Ask& ask)>;
  /// The client wants to be woken.
  using Wake = std::function<void(Index client, Nanos at)>;

  Crowd(const Plan& plan, const Cast& cast, Send send, Wake wake);

  /// The client looks what to do.
  void act(Index client, Nanos now);
  /// The answer to what it asked last.
  void told(const Call& call, Nanos now);
  /// There will be none: it does not know whether it was done.
  void knows_nothing_of(const Call& call, Nanos now);
  void lost(Index client, Index name, std::uint64_t token);
  void stands_still(Index client, Nanos until) { clients_[client].still_until = until; }
  Nanos still_until(Index client) const { return clients_[client].still_until; }
  /// It begins anew, knowing nothing.
  void begins_anew(Index client, Nanos at);
  /// From here on each of them behaves, and gives up soon what it gets.
  void calm() { calm_ = true; }
  /// And from here on nobody begins anything.
  void wind_down() { winding_down_ = true; }
  /// Who was granted nothing since the calm began; nobody: all were.
  Index unserved() const;

 private:
  struct Client {
    std::vector<Belief> holds;
    std::vector<std::uint64_t> seen;                     ///< By name: the newest token that it saw there.
    std::optional<std::pair<Index, std::uint64_t>> old;  ///< What it held and holds no more.
    std::optional<Ask> again;                            ///< It does not know what became of this.
    std::optional<Ask> late;                             ///< It was about to do this when it came to a stand.
    std::uint32_t acts = 0;
    Nanos still_until = 0;
    bool served = false;
    Rate rate;
  };

  void think(Index client, Nanos now, Random& random);
  bool keep_up(Index client, Nanos now);
  void act_as_holder(Index client, Nanos now, Random& random);
  void act_as_anybody(Index client, Nanos now, Random& random);
  void act_calmly(Index client, Nanos now, Random& random);
  void acquire(Index client, Random& random, bool patient);
  /// It comes to a stand until whatever it holds there is over, and does `then` as if nothing had happened.
  void comes_late(Index client, const Belief& belief, Ask then, Random& random);
  void gained(const Call& call, Nanos now);
  void gone(Client& client, Index name, std::uint64_t token);
  Duration some_ttl(Random& random) const;
  Index some_name(Random& random) const;

  const Plan& plan_;
  const Cast& cast_;
  Send send_;
  Wake wake_;
  std::vector<Client> clients_;
  bool calm_ = false;
  bool winding_down_ = false;
};

}  // namespace holdfast::simulate
