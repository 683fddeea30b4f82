// What several own until one of them writes.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace holdfast::text {

/// A counted pointer to a T of its own. Copies share the T; `own` makes a copy of it first if anybody else has it too.
///
/// Different copies may be used from different threads. One copy is for one thread at a time, like an int.
template <class T>
class Shared {
 public:
  Shared() : at_(new Counted) {}
  Shared(const Shared& other) noexcept : at_(other.at_) { at_->owners.fetch_add(1, std::memory_order_relaxed); }
  Shared(Shared&& other) noexcept : at_(std::exchange(other.at_, nullptr)) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(at_, other.at_);
    return *this;
  }
  ~Shared() {
    if (at_ != nullptr && at_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete at_;
  }

  const T& operator*() const { return at_->value; }
  const T* operator->() const { return &at_->value; }
  /// To write to: nobody else sees it.
  T& own() {
    // Acquire: whoever let go of it last has read from it before.
    if (at_->owners.load(std::memory_order_acquire) != 1) {
      Shared copy(at_->value);
      std::swap(at_, copy.at_);
    }
    return at_->value;
  }
  bool is_same(const Shared& other) const { return at_ == other.at_; }

 private:
  struct Counted {
    T value;
    std::atomic<std::uint32_t> owners{1};
  };
  explicit Shared(const T& value) : at_(new Counted{value}) {}

  Counted* at_;  ///< Null only after a move.
};

}  // namespace holdfast::text
