// When which name needs a look: a wheel whose cost per timer does not grow with their number.
//
// One turn of the wheel is `slots * slot_width`, about eleven minutes. A timer further off waits in the last slot and
// is put back in when the hand gets there, which costs a day-long lease some 130 looks a day. There are no levels, so
// there is no moment in which a whole level has to be moved at once.
//
// Method: the hashed wheel of Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (SOSP 1987), scheme 6.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <memory>

#include "core/types.h"

namespace holdfast::core {

/// Something that needs a look at an instant. Taken out of its wheel when destroyed.
class Timer : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  enum class Kind : std::uint8_t { lease, waiter };
  explicit Timer(Kind kind) : kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  friend class Timers;
  Instant at_{};
  Kind kind_;
};

/// Not thread-safe. Times are lease time.
class Timers {
 public:
  static constexpr std::size_t slots = 1 << 16;
  static constexpr Duration slot_width = std::chrono::milliseconds(10);

  Timers() : wheel_(std::make_unique<Slot[]>(slots)) {}

  /// `timer` comes due at `at` or up to one slot later. Setting it to a later instant than it has costs nothing: it
  /// comes due early, and whoever looks sets it again.
  void set(Timer& timer, Instant at);

  /// Takes the next timer whose slot the hand has passed at `now`; null when there is none. Each costs one unit of
  /// `budget`; at zero the rest stays due for the next call.
  Timer* next_due(Instant now, std::size_t& budget);

 private:
  using Slot = boost::intrusive::list<Timer, boost::intrusive::constant_time_size<false>>;
  static std::size_t slot_of_past(Instant at) { return static_cast<std::size_t>(at.time_since_epoch() / slot_width); }

  std::unique_ptr<Slot[]> wheel_;
  std::size_t hand_ = 0;  ///< Every slot before this one is empty.
};

}  // namespace holdfast::core
