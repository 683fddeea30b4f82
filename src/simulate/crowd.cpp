#include "simulate/crowd.h"

#include <algorithm>
#include <utility>

namespace holdfast::simulate {
namespace {

constexpr Nanos calm_hold = 400 * milli;

Duration in(Nanos time) {
  return Duration{time / milli * milli};  // Requests speak of milliseconds.
}

}  // namespace

Crowd::Crowd(const Plan& plan, const Cast& cast, Send send, Wake wake)
    : plan_(plan), cast_(cast), send_(std::move(send)), wake_(std::move(wake)) {
  clients_.resize(cast.clients());
  for (Index client = 0; client < clients_.size(); ++client) {
    Random random(plan.seed, Stream::client, client);
    clients_[client].seen.resize(cast.names());
    const auto ppm = static_cast<Nanos>(plan.options.client_ppm);
    clients_[client].rate = Rate(random.between(-ppm, ppm));
  }
}

Duration Crowd::some_ttl(Random& random) const {
  const Options& o = plan_.options;
  if (!calm_ && random.chance(o.endless)) return core::forever;
  // Short ones more often: they are what runs out.
  return in(random.chance(500) ? random.between(o.ttl_min, std::min(o.ttl_max, 4 * o.ttl_min))
                               : random.between(o.ttl_min, o.ttl_max));
}

Index Crowd::some_name(Random& random) const {
  return static_cast<Index>(random.chance(600) ? 0 : random.below(cast_.names()));
}

void Crowd::think(Index client, Nanos now, Random& random) {
  Nanos at = now + random.about(plan_.options.think);
  for (const Belief& belief : clients_[client].holds) {
    if (!belief.forgotten) at = std::min(at, belief.renew_at);
    at = std::min(at, belief.release_at);
  }
  wake_(client, std::max(at, now + milli));
}

void Crowd::act(Index client, Nanos now) {
  Client& self = clients_[client];
  const std::uint32_t number = self.acts++;
  Random random(plan_.seed, Stream::act, client, number);
  if (!plan_.present(client)) return think(client, now, random);
  if (self.late) return send_(client, *std::exchange(self.late, std::nullopt));
  std::erase_if(self.holds, [&](const Belief& belief) {
    if (belief.until > now) return false;
    self.old = {belief.name, belief.token};
    return true;
  });
  if (calm_) return act_calmly(client, now, random);
  if (self.again && random.chance(700)) return send_(client, *std::exchange(self.again, std::nullopt));
  self.again.reset();
  if (keep_up(client, now)) return;
  if (!self.holds.empty() && random.chance(700)) return act_as_holder(client, now, random);
  act_as_anybody(client, now, random);
}

/// Renews and releases what is due.
bool Crowd::keep_up(Index client, Nanos now) {
  for (Belief& belief : clients_[client].holds) {
    if (!belief.forgotten && belief.renew_at <= now) {
      send_(client, {.what = What::renew, .name = belief.name, .token = belief.token});
      return true;
    }
    if (belief.release_at <= now) {
      send_(client, {.what = What::release, .name = belief.name, .token = belief.token});
      return true;
    }
  }
  return false;
}

void Crowd::act_as_holder(Index client, Nanos now, Random& random) {
  const Options& o = plan_.options;
  Client& self = clients_[client];
  Belief& belief = self.holds[random.below(self.holds.size())];
  if (random.chance(o.guard)) {
    const Ask read{.what = What::read, .name = belief.name, .token = belief.token};
    if (random.chance(o.pause)) return comes_late(client, belief, read, random);
    return send_(client, read);
  }
  if (random.chance(o.forget)) {
    belief.forgotten = true;
    belief.release_at = recording::never;
    return think(client, now, random);
  }
  if (random.chance(o.pass_on)) {
    const Index to = static_cast<Index>(random.below(plan_.options.clients));
    if (cast_.who(to).owner != cast_.who(client).owner) {
      return send_(client, {.what = What::transfer, .name = belief.name, .token = belief.token, .to = to});
    }
  }
  switch (random.below(8)) {
    case 0:
      return send_(client, {.what = What::renew, .name = belief.name, .token = belief.token, .ttl = some_ttl(random)});
    case 1:  // Asks again for what it holds.
      return send_(client, {.what = What::acquire, .name = belief.name, .ttl = some_ttl(random)});
    case 2:
      if (self.holds.size() < 2 && cast_.names() > 1) return acquire(client, random, false);
      break;
    case 3:
    case 4:
      return send_(client, {.what = What::release, .name = belief.name, .token = belief.token});
    default:
      break;
  }
  think(client, now, random);
}

void Crowd::comes_late(Index client, const Belief& belief, Ask then, Random& random) {
  if (belief.until == recording::never || calm_) return send_(client, then);
  clients_[client].late = then;
  clients_[client].still_until = belief.until + random.between(0, 2 * second);
  wake_(client, clients_[client].still_until);
}

void Crowd::acquire(Index client, Random& random, bool patient) {
  const Options& o = plan_.options;
  const Nanos wait = patient ? random.between(100 * milli, o.wait_max) : 0;
  send_(client, {.what = What::acquire, .name = some_name(random), .ttl = some_ttl(random), .wait = in(wait)});
}

void Crowd::act_as_anybody(Index client, Nanos now, Random& random) {
  const Options& o = plan_.options;
  Client& self = clients_[client];
  const Index name = some_name(random);
  if (self.old && random.chance(o.late)) {  // As if it still held.
    const auto [what, token] = *self.old;
    switch (random.below(3)) {
      case 0:
        return send_(client, {.what = What::release, .name = what, .token = token});
      case 1:
        return send_(client, {.what = What::renew, .name = what, .token = token});
      default:
        return send_(client, {.what = What::read, .name = what, .token = token});
    }
  }
  if (random.chance(o.takeover)) {
    const Duration flush = random.chance(o.flush) ? in(random.between(200 * milli, 3 * second)) : Duration{};
    return send_(
        client,
        {.what = What::takeover, .name = name, .token = self.seen[name], .ttl = some_ttl(random), .flush = flush});
  }
  if (random.chance(o.pass_on)) {  // What another session of the same owner holds.
    return send_(client, {.what = What::move, .name = name, .token = self.seen[name]});
  }
  if (random.chance(o.revoke) && self.seen[name] != 0) {
    return send_(client, {.what = What::revoke, .name = name, .token = self.seen[name]});
  }
  if (self.holds.size() >= 2) return think(client, now, random);
  if (random.chance(100)) return send_(client, {.what = What::query, .name = name});
  acquire(client, random, random.chance(o.wait));
}

/// Holds for a moment, gives it up, and so on: all must have their turn.
void Crowd::act_calmly(Index client, Nanos now, Random& random) {
  Client& self = clients_[client];
  self.again.reset();
  if (!self.holds.empty()) {
    Belief& belief = self.holds.front();
    const bool over =
        winding_down_ || self.holds.size() > 1 || belief.release_at > now + calm_hold || belief.release_at <= now;
    if (over) return send_(client, {.what = What::release, .name = belief.name, .token = belief.token});
    return think(client, now, random);
  }
  if (winding_down_) return;
  if (self.served && random.chance(500)) return think(client, now, random);
  send_(client, {.what = What::acquire,
                 .name = static_cast<Index>(random.below(cast_.names())),
                 .ttl = in(plan_.options.ttl_max),
                 .wait = in(10 * 60 * second)});
}

void Crowd::gained(const Call& call, Nanos now) {
  Client& self = clients_[call.client];
  const Told& told = call.told;
  Random random(plan_.seed, Stream::client, call.client, call.number + 1);
  std::erase_if(self.holds, [&](const Belief& belief) { return belief.name == call.ask.name; });
  Belief belief{.name = call.ask.name, .token = told.token, .ttl = told.ttl};
  const bool ends = told.ttl != core::forever;
  // Counted from before it was sent, on its own clock (belief, on the client's side).
  belief.until = ends ? call.sent + told.waited.count() + self.rate.world(told.ttl.count()) : recording::never;
  belief.renew_at = ends ? std::max(now, call.sent + told.waited.count()) + told.ttl.count() / 3 : recording::never;
  belief.release_at = now + (calm_ ? random.between(50 * milli, calm_hold) : 4 * random.about(plan_.options.think));
  self.holds.push_back(belief);
  if (calm_) self.served = true;
}

void Crowd::gone(Client& client, Index name, std::uint64_t token) {
  std::erase_if(client.holds, [&](const Belief& belief) { return belief.name == name && belief.token == token; });
  client.old = {name, token};
}

void Crowd::lost(Index client, Index name, std::uint64_t token) {
  gone(clients_[client], name, token);
}

void Crowd::told(const Call& call, Nanos now) {
  Client& self = clients_[call.client];
  Random random(plan_.seed, Stream::client, call.client, ~std::uint64_t{call.number});
  const Told& told = call.told;
  const bool done = told.code == ErrorCode::none && !told.refused_connection;
  const Index name = call.ask.name;
  if (told.token != 0) self.seen[name] = std::max(self.seen[name], told.token);
  switch (call.ask.what) {
    case What::acquire:
    case What::takeover:
    case What::move:
      if (done) gained(call, now);
      break;
    case What::renew:
      if (done) {
        const auto held = std::ranges::find(self.holds, name, &Belief::name);
        const Nanos release_at = held != self.holds.end() ? held->release_at : recording::never;
        gained(call, now);
        if (release_at != recording::never) self.holds.back().release_at = release_at;
      } else if (told.code == ErrorCode::stale || told.code == ErrorCode::not_yours ||
                 told.code == ErrorCode::nothing_held) {
        gone(self, name, call.ask.token);
      }
      break;
    case What::release:
    case What::transfer:
      if (done || told.code == ErrorCode::stale) gone(self, name, call.ask.token);
      break;
    case What::read:
      if (done) {
        const Ask write{.what = What::write, .name = name, .token = call.ask.token, .value = told.value};
        const auto held = std::ranges::find(self.holds, call.ask.token, &Belief::token);
        if (held == self.holds.end() || !random.chance(plan_.options.pause)) return send_(call.client, write);
        return comes_late(call.client, *held, write, random);  // The very moment that a lock alone cannot guard.
      }
      gone(self, name, call.ask.token);
      break;
    case What::write:
      if (!done) gone(self, name, call.ask.token);
      break;
    case What::query:
    case What::revoke:
      break;
  }
  think(call.client, now, random);
}

void Crowd::knows_nothing_of(const Call& call, Nanos now) {
  Client& self = clients_[call.client];
  Random random(plan_.seed, Stream::client, call.client, ~std::uint64_t{call.number});
  // L12: under the same session it may ask again. A transfer is not asked again: by then it may be somebody else's.
  const bool asks_again = call.ask.what != What::transfer && call.ask.what != What::revoke;
  if (asks_again) self.again = call.ask;
  think(call.client, now, random);
}

void Crowd::begins_anew(Index client, Nanos at) {
  Client& self = clients_[client];
  self.holds.clear();
  self.again.reset();
  self.late.reset();
  self.old.reset();
  self.still_until = at;
  wake_(client, at);
}

Index Crowd::unserved() const {
  for (Index client = 0; client < plan_.options.clients; ++client) {
    if (plan_.present(client) && !clients_[client].served) return client;
  }
  return recording::nobody;
}

}  // namespace holdfast::simulate
