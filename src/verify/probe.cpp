#include "verify/probe.h"

#include <fmt/format.h>

#include <memory>

namespace holdfast::verify {
namespace {

using recording::Outcome;
using recording::What;

std::unexpected<Error> not_understood(std::string_view when, const Heard& heard, std::string_view wanted) {
  return fail(ErrorCode::bad_description, fmt::format("{} was answered '{}', which {}", when, heard.words, wanted));
}

/// One client that asks without taking anything down.
class Visitor {
 public:
  Visitor(Target& target, std::string client, std::string name, Duration ttl)
      : session_(target.session(client)), name_(std::move(name)), ttl_(ttl) {}

  Heard ask(What what, const Grip& grip = {}) {
    Ticket none;
    return session_->ask({.what = what, .name = name_, .grip = grip, .ttl = ttl_}, none);
  }

 private:
  std::unique_ptr<Session> session_;
  std::string name_;
  Duration ttl_;
};

/// The ttl is generous here: nothing is to lapse while things are tried out.
constexpr Duration ttl_in_peace = std::chrono::seconds(20);

}  // namespace

Result<Manner> probe(Target& target, const std::string& name, Duration ttl) {
  Manner manner{.traits = target.traits()};
  Traits& traits = manner.traits;
  if (traits.lock.leases) manner.ttl = traits.asks_ttl ? ttl : traits.ttl.value_or(ttl);
  Visitor first(target, "probe-a", name, traits.asks_ttl ? ttl_in_peace : manner.ttl);
  Visitor second(target, "probe-b", name, traits.asks_ttl ? ttl_in_peace : manner.ttl);

  const Heard granted = first.ask(What::acquire);
  if (granted.unreachable) return fail(ErrorCode::unreachable, granted.words);
  if (granted.outcome == Outcome::busy) {
    return not_understood("acquiring " + name, granted, "means that it is held; it has to be free");
  }
  if (granted.outcome != Outcome::ok) {
    return not_understood("acquiring " + name + ", which is free,", granted, "is not 'granted' as described");
  }
  if (traits.lock.tokens && granted.grip.token == 0) {
    return not_understood("acquiring " + name, granted, "has no whole number where 'token' is said to be");
  }
  const Heard refused = second.ask(What::acquire);
  if (refused.outcome != Outcome::ok && refused.outcome != Outcome::busy) {
    return not_understood("acquiring " + name + ", which is held,", refused, "is neither 'granted' nor 'held'");
  }
  const Heard again = first.ask(What::acquire);
  traits.lock.reentrant = again.outcome == Outcome::ok;
  const Grip grip = again.outcome == Outcome::ok ? again.grip : granted.grip;
  if (traits.renews) {
    const Heard renewed = first.ask(What::renew, grip);
    if (renewed.outcome != Outcome::ok) return not_understood("renewing " + name, renewed, "is not 'renewed'");
  }
  if (traits.queries) {
    const Heard seen = first.ask(What::query);
    if (seen.outcome != Outcome::ok || !seen.held) {
      return not_understood("asking who holds " + name + ", which is held,", seen, "does not say 'is_held'");
    }
  }
  const Heard released = first.ask(What::release, grip);
  if (released.outcome != Outcome::ok) return not_understood("releasing " + name, released, "is not 'released'");
  if (refused.outcome == Outcome::ok) second.ask(What::release, refused.grip);
  if (traits.lock.reentrant) {
    const Heard after = second.ask(What::acquire);
    manner.counts_grants = after.outcome == Outcome::busy;
    if (after.outcome == Outcome::ok) second.ask(What::release, after.grip);
  }
  const Heard twice = first.ask(What::release, grip);
  // Where it counts, this was the release that ended it, and nothing is known.
  manner.release_tells = !manner.counts_grants && twice.outcome != Outcome::ok;
  return manner;
}

}  // namespace holdfast::verify
