#include "server/helm.h"

namespace holdfast::server {

bool Helm::await(Hand hand) {
  const std::size_t number = static_cast<std::size_t>(hand);
  threads_[number].store(std::this_thread::get_id(), std::memory_order_release);
  std::unique_lock lock(mutex_);
  away_[number] = false;
  changed_.wait(lock, [&] { return closed_ || hand_of(state_.load(std::memory_order_acquire)) == number; });
  return !closed_;
}

bool Helm::mine() const {
  const std::size_t number = hand_of(state_.load(std::memory_order_acquire));
  return threads_[number].load(std::memory_order_acquire) == std::this_thread::get_id();
}

std::uint64_t Helm::leave() {
  const std::uint64_t wait = state_.load(std::memory_order_relaxed) + one + at_disk;
  // Whatever this thread did to the loop is there for the one that may go on with it.
  state_.store(wait, std::memory_order_release);
  return wait;
}

void Helm::back(std::uint64_t wait) {
  // Fails where the other one has it: then it stays so.
  state_.compare_exchange_strong(wait, wait - at_disk, std::memory_order_acq_rel);
}

bool Helm::relieve() {
  std::uint64_t state = state_.load(std::memory_order_acquire);
  const bool still = (state & at_disk) != 0 && state == seen_;
  seen_ = state;
  if (!still) return false;
  const std::lock_guard lock(mutex_);
  if (closed_) return false;  // Nobody would take it.
  if (!state_.compare_exchange_strong(state, ((state + one) ^ whose) - at_disk, std::memory_order_acq_rel))
    return false;
  away_[hand_of(seen_)] = true;
  away_[hand_of(~seen_)] = false;  // It could not have got to the disk before this one was back.
  changed_.notify_all();
  return true;
}

bool Helm::all_back() {
  const std::lock_guard lock(mutex_);
  return !away_[0] && !away_[1];
}

void Helm::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace holdfast::server
