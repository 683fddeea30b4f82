#include "core/timers.h"

#include <algorithm>

namespace holdfast::core {

void Timers::set(Timer& timer, Instant at) {
  if (timer.is_linked() && at >= timer.at_) return;  // Comes due early, and is set again then.
  if (timer.is_linked()) timer.unlink();
  timer.at_ = at;
  // Rounded up, so that what the hand has passed is due; at most one turn ahead.
  const std::size_t exact = slot_of_past(at + slot_width - Duration(1));
  const std::size_t slot = std::clamp(exact, hand_, hand_ + slots - 1);
  wheel_[slot % slots].push_back(timer);
}

Timer* Timers::next_due(Instant now, std::size_t& budget) {
  const std::size_t past = slot_of_past(now);
  while (budget > 0) {
    Slot& slot = wheel_[hand_ % slots];
    if (!slot.empty()) {
      if (hand_ > past) return nullptr;
      --budget;
      Timer& timer = slot.front();
      slot.pop_front();
      return &timer;
    }
    if (hand_ >= past) return nullptr;
    ++hand_;
  }
  return nullptr;
}

}  // namespace holdfast::core
