// Mistakes about who is woken by a release.
#include "engine/faulty/fault.h"

namespace holdfast::engine {
namespace {

using core::Lease;
using core::WaitQueue;

/// What a release ends for good, with somebody waiting for it; null: it is no such release.
const Lease* ends_with_queue(const Hands& hands, const Request& request, std::size_t waiting) {
  const auto* release = std::get_if<core::Release>(&request.command);
  const Lease* lease = release ? std::as_const(hands.state).find(release->name) : nullptr;
  if (!lease || !lease->held() || lease->pending() || lease->waiting() < waiting) return nullptr;
  const core::Part* part = lease->only_part();
  const bool valid = part && part->ends_at > hands.now.lease && part->session == release->who.session &&
                     lease->owner == release->who.owner && lease->token == release->token;
  return valid ? lease : nullptr;
}

void release_unchecked(Hands& hands, const Lease& lease, const Request& request) {
  const core::Release& asked = std::get<core::Release>(request.command);
  hands.step.carry_out_unchecked(
      core::Released{lease.name, asked.who.session, lease.token, hands.now.wall, lease.owner, true});
  core::Reply reply;
  reply.who = asked.who;
  reply.ended = true;
  hands.step.answer(request.from, asked.name, std::move(reply));
}

bool there(const Hands& hands, const core::Waiter& waiter) {
  return waiter.until > hands.now.lease && hands.presence.present(waiter.from.client);
}

void wake(Hands& hands, const core::Waiter& waiter) {
  grant_unchecked(hands, waiter.command, waiter.from, hands.state.next_token(), hands.now.lease - waiter.since);
}

class WakeTwo final : public Fault {
  bool instead(Hands& hands, Request& request) override {
    woken_ = ends_with_queue(hands, request, 2) != nullptr;
    return false;
  }
  void afterwards(Hands& hands, const Request& request) override {
    if (!std::exchange(woken_, false)) return;
    const std::string& name = std::get<core::Release>(request.command).name;
    const Lease* lease = std::as_const(hands.state).find(name);
    if (lease && lease->held() && lease->waiting() > 0 && there(hands, lease->queue->places.front().waiter)) {
      wake(hands, hands.state.dequeue(name));
    }
  }
  bool woken_ = false;
};

/// The waiter had seen that the name is held, and was not asleep yet when the release looked whom to wake.
class LostWakeup final : public Fault {
  static constexpr Duration falls_asleep = std::chrono::milliseconds(100);

  bool instead(Hands& hands, Request& request) override {
    const std::string name{core::name_of(request.command)};
    const Lease* any = name.empty() ? nullptr : std::as_const(hands.state).find(name);
    // Whatever comes next on the name wakes whoever sleeps.
    if (any && !any->held() && any->waiting() > 0) hands.step.hand_over(name);
    const Lease* lease = ends_with_queue(hands, request, 1);
    if (!lease || hands.now.lease - lease->queue->places.front().waiter.since > falls_asleep) return false;
    release_unchecked(hands, *lease, request);
    return true;
  }
};

class LifoQueue final : public Fault {
  bool instead(Hands& hands, Request& request) override {
    const Lease* lease = ends_with_queue(hands, request, 2);
    if (!lease || !there(hands, lease->queue->places.back().waiter)) return false;
    release_unchecked(hands, *lease, request);
    wake(hands, *hands.state.leave(lease->queue->places.back().waiter.from));
    return true;
  }
};

}  // namespace

std::unique_ptr<Fault> queue_fault(Injection::Kind kind) {
  using Kind = Injection::Kind;
  switch (kind) {
    case Kind::wake_two:
      return std::make_unique<WakeTwo>();
    case Kind::lost_wakeup:
      return std::make_unique<LostWakeup>();
    case Kind::lifo_queue:
      return std::make_unique<LifoQueue>();
    default:
      return nullptr;
  }
}

}  // namespace holdfast::engine
