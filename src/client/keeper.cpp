#include "client/keeper.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace holdfast::client {
namespace {

using namespace std::chrono_literals;

constexpr Duration pause_first = 50ms;
constexpr Duration pause_max = 1s;

}  // namespace

Duration Keeper::margin_for(Duration ttl) {
  return std::clamp<Duration>(ttl / 20, 5ms, 250ms);
}

Keeper::Keeper(Belief belief, Duration ttl, Duration grace, Duration now)
    : belief_(belief),
      ttl_(ttl),
      grace_(std::max(grace, margin_for(ttl))),
      margin_(margin_for(ttl)),
      patience_(std::clamp<Duration>(ttl / 6, 20ms, 5s)),
      last_until_(belief.until()),
      renew_at_(std::min(now + ttl / 3, belief.until() - ttl * 2 / 3)),
      pause_(std::min(pause_first, ttl / 20)) {
  HF_CHECK(ttl > Duration::zero() && grace <= ttl / 2);
}

void Keeper::end_at(Duration when) {
  if (!told_) told_ = when;
}

Duration Keeper::stop_at() const {
  const Duration last = std::min(last_until_, changes_hands_at_) - margin_;
  return told_ ? std::min(*told_ + grace_, last) : last;
}

Keeper::Stand Keeper::stand(Duration now) {
  if (!told_ && now >= tell_at()) end_at(tell_at());
  if (now >= stop_at()) return Stand::over;
  return told_ ? Stand::ending : Stand::holds;
}

bool Keeper::renewal_due(Duration now) {
  return stand(now) == Stand::holds && !sent_ && now >= renew_at_;
}

void Keeper::renewal_sent(Duration now) {
  HF_CHECK(!sent_);  // One renewal in flight.
  sent_ = now;
}

void Keeper::renewal_answered(const Answer<Holding>& answer, Duration now) {
  HF_CHECK(sent_.has_value());
  const Duration sent = *std::exchange(sent_, std::nullopt);
  if (stand(now) != Stand::holds) return;

  if (answer) {
    // What was granted counts, not what was asked for. A shorter ttl ends what was believed before, too.
    const Duration ttl = std::min(answer->ttl.value_or(ttl_), ttl_);
    if (ttl < ttl_) belief_.asking(sent, ttl);
    belief_.granted(sent, now, Duration::zero(), ttl);
    last_until_ = belief_.until();
    renew_at_ = sent + ttl_ / 3;
    pause_ = std::min(pause_first, ttl_ / 20);
    trouble_.reset();
    return;
  }
  trouble_ = answer.error();
  if (trouble_->means_lost()) {
    belief_.lost();
    end_at(now);
    return;
  }
  renew_at_ = now + pause_;
  pause_ = std::min({pause_ * 2, pause_max, ttl_ / 10});
}

Duration Keeper::next(Duration now) {
  switch (stand(now)) {
    case Stand::holds:
      return sent_ ? tell_at() : std::min(renew_at_, tell_at());
    case Stand::ending:
      return stop_at();
    case Stand::over:
      return now;
  }
  return now;
}

}  // namespace holdfast::client
