#include "verify/gate.h"

#include "base/check.h"

namespace holdfast::verify {

void Gate::pass(std::function<void()> last_step) {
  std::unique_lock lock(mutex_);
  HF_CHECK(missing_ > 0);
  if (last_step) steps_.push_back(std::move(last_step));
  if (--missing_ == 0) {
    for (const auto& step : steps_) step();  // Nobody else is there to wait for the mutex but those who wait for this.
    open_ = true;
    opened_.notify_all();
    return;
  }
  opened_.wait(lock, [this] { return open_; });
}

void Ticket::pass(const std::function<void()>& last_step) {
  if (used_) return;
  used_ = true;
  if (gate_) {
    gate_->pass(last_step);
  } else if (last_step) {
    last_step();
  }
}

bool Rounds::next(const std::function<bool()>& go_on) {
  std::unique_lock lock(mutex_);
  const std::size_t mine = round_;
  if (++here_ == clients_) {
    here_ = 0;
    ++round_;
    answer_ = go_on();
    turned_.notify_all();
    return answer_;
  }
  turned_.wait(lock, [&] { return round_ != mine; });
  return answer_;
}

}  // namespace holdfast::verify
