// Mistakes about who holds, until when, and under which token.
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "engine/faulty/fault.h"

namespace holdfast::engine {
namespace {

using core::Lease;
using core::Part;

/// The lease that `command` is about, if it is held.
template <class Command>
const Lease* held_lease(const Hands& hands, const Command& command) {
  const Lease* lease = std::as_const(hands.state).find(command.name);
  return lease && lease->held() ? lease : nullptr;
}

void end_unchecked(Hands& hands, const Lease& lease) {
  const std::string name = lease.name;
  while (const Part* part = lease.first_active()) {
    hands.step.carry_out_unchecked(
        core::Lapsed{name, part->session, lease.token, hands.now.wall, lease.owner, lease.active == 1});
  }
  hands.step.hand_over(name);
}

class GrantBeforeEnd final : public Fault {
  bool instead(Hands& hands, Request& request) override {
    const auto* acquire = std::get_if<core::Acquire>(&request.command);
    const Lease* lease = acquire ? held_lease(hands, *acquire) : nullptr;
    if (!lease || lease->owner == acquire->who.owner || lease->ends_at() == Instant::max()) return false;
    const auto whole = std::chrono::floor<std::chrono::seconds>(lease->ends_at().time_since_epoch());
    if (Instant{whole} <= hands.now.lease && lease->ends_at() > hands.now.lease) end_unchecked(hands, *lease);
    return false;
  }
};

class ReleaseOldToken final : public Fault {
  bool instead(Hands& hands, Request& request) override {
    auto* release = std::get_if<core::Release>(&request.command);
    const Lease* lease = release ? held_lease(hands, *release) : nullptr;
    const bool own = lease && lease->owner == release->who.owner && lease->part_of(release->who.session);
    if (own && release->token < lease->token) release->token = lease->token;
    return false;
  }
};

class RenewAnyToken final : public Fault {
  bool instead(Hands& hands, Request& request) override {
    const auto* renew = std::get_if<core::Renew>(&request.command);
    const Lease* lease = renew ? held_lease(hands, *renew) : nullptr;
    if (!lease || renew->token >= lease->token) return false;
    const Part& part = *lease->first_active();
    const Duration ttl = part.ttl;
    hands.state.move_deadline(lease->name, core::Extended{part.session, core::deadline(hands.now.lease, ttl)});
    say_held(hands, lease->name, renew->who, ttl, request.from);
    return true;
  }
};

class RenewalForgotten final : public Fault {
  bool instead(Hands& hands, Request& request) override {
    const auto* renew = std::get_if<core::Renew>(&request.command);
    const Lease* lease = renew ? held_lease(hands, *renew) : nullptr;
    if (!lease || renew->token != lease->token || lease->owner != renew->who.owner || renew->ttl) return false;
    const Part* part = renew->who.session.empty() ? lease->only_part() : lease->part_of(renew->who.session);
    if (!part || part->lapsed || part->ends_at <= hands.now.lease) return false;
    say_held(hands, lease->name, {lease->owner, part->session}, part->ttl, request.from);
    return true;
  }
};

class DoubleGrant final : public Fault {
  bool instead(Hands& hands, Request& request) override {
    const auto* acquire = std::get_if<core::Acquire>(&request.command);
    const Lease* lease = acquire ? held_lease(hands, *acquire) : nullptr;
    if (!lease || lease->owner != acquire->who.owner) return false;
    const Part* part = lease->part_of(acquire->who.session);
    if (!part || part->lapsed || part->ends_at <= hands.now.lease) return false;
    grant_unchecked(hands, *acquire, request.from, hands.state.next_token());
    return true;
  }
};

class LateRenewalSteals final : public Fault {
  bool instead(Hands& hands, Request& request) override {
    const auto* renew = std::get_if<core::Renew>(&request.command);
    const Lease* lease = renew ? held_lease(hands, *renew) : nullptr;
    if (!lease || renew->who.session.empty() || lease->loss_of(renew->token) != core::Loss::lapsed) return false;
    const core::Acquire back{
        .name = renew->name, .who = renew->who, .ttl = renew->ttl.value_or(lease->first_active()->ttl)};
    grant_unchecked(hands, back, request.from, renew->token);
    return true;
  }
};

class DeleteExpired final : public Fault {
  bool instead(Hands&, Request& request) override {
    const std::string_view name = core::name_of(request.command);
    if (!name.empty() && names_.size() < names_max) names_.emplace(name);
    return false;
  }
  void before_tick(Hands& hands) override {
    for (const std::string& name : expired_) {
      const Lease* lease = std::as_const(hands.state).find(name);
      if (lease && lease->held()) end_unchecked(hands, *lease);
    }
    expired_.clear();
    for (const std::string& name : names_) {
      const Lease* lease = std::as_const(hands.state).find(name);
      if (lease && lease->held() && lease->ends_at() <= hands.now.lease) expired_.push_back(name);
    }
  }
  static constexpr std::size_t names_max = 1'000;
  std::set<std::string> names_;
  std::vector<std::string> expired_;
};

class TakeoverKeepsBoth final : public Fault {
  struct Displaced {
    core::Token token;
    core::Who who;
    Duration ttl{};
  };
  bool instead(Hands& hands, Request& request) override {
    if (const auto* renew = std::get_if<core::Renew>(&request.command)) {
      const auto found = displaced_.find(renew->name);
      if (found == displaced_.end() || found->second.token != renew->token) return false;
      say_held(hands, renew->name, found->second.who, found->second.ttl, request.from);
      return true;
    }
    before_.reset();
    const auto* takeover = std::get_if<core::Takeover>(&request.command);
    const Lease* lease = takeover ? held_lease(hands, takeover->want) : nullptr;
    if (!lease || takeover->flush > Duration::zero()) return false;
    const Part& part = *lease->first_active();
    before_ = Displaced{lease->token, {lease->owner, part.session}, part.ttl};
    return false;
  }
  void afterwards(Hands& hands, const Request& request) override {
    if (!before_) return;
    const core::Acquire& want = std::get<core::Takeover>(request.command).want;
    const Lease* lease = held_lease(hands, want);
    if (lease && lease->token != before_->token && displaced_.size() < names_max) displaced_[want.name] = *before_;
    before_.reset();
  }
  static constexpr std::size_t names_max = 1'000;
  std::optional<Displaced> before_;
  std::map<std::string, Displaced> displaced_;
};

}  // namespace

std::unique_ptr<Fault> holding_fault(Injection::Kind kind) {
  using Kind = Injection::Kind;
  switch (kind) {
    case Kind::grant_before_end:
      return std::make_unique<GrantBeforeEnd>();
    case Kind::release_old_token:
      return std::make_unique<ReleaseOldToken>();
    case Kind::renew_any_token:
      return std::make_unique<RenewAnyToken>();
    case Kind::renewal_forgotten:
      return std::make_unique<RenewalForgotten>();
    case Kind::double_grant:
      return std::make_unique<DoubleGrant>();
    case Kind::late_renewal_steals:
      return std::make_unique<LateRenewalSteals>();
    case Kind::delete_expired:
      return std::make_unique<DeleteExpired>();
    case Kind::takeover_keeps_both:
      return std::make_unique<TakeoverKeepsBoth>();
    default:
      return nullptr;
  }
}

}  // namespace holdfast::engine
