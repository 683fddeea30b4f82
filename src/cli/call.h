// A call to the server that a thread of its own makes, so that the loop goes on.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/check.h"
#include "client/lease.h"
#include "local/loop.h"

namespace holdfast::cli {

/// One call at a time. The loop is woken when the answer is there.
template <class T>
class Call {
 public:
  explicit Call(local::Loop& loop) : loop_(loop) {}
  /// Whoever may be waiting long interrupts the server first.
  ~Call() {
    if (thread_.joinable()) thread_.join();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void begin(std::function<client::Answer<T>()> call) {
    HF_CHECK(!under_way());
    thread_ = std::thread([this, call = std::move(call)] {
      auto answer = call();
      {
        const std::scoped_lock lock(guarding_answer_);
        answer_ = std::move(answer);
      }
      loop_.wake();
    });
  }

  /// Begun, and its answer not taken.
  bool under_way() const { return thread_.joinable(); }

  /// None while it is not there.
  std::optional<client::Answer<T>> take() {
    {
      const std::scoped_lock lock(guarding_answer_);
      if (!answer_) return std::nullopt;
    }
    thread_.join();
    return std::exchange(answer_, std::nullopt);
  }

 private:
  local::Loop& loop_;
  std::mutex guarding_answer_;
  std::optional<client::Answer<T>> answer_;
  std::thread thread_;
};

}  // namespace holdfast::cli
