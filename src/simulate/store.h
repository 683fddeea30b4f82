// What the lock is there to guard: counters that keep the greatest token they were shown, and turn lesser ones away.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "simulate/call.h"

namespace holdfast::simulate {

class Store {
 public:
  explicit Store(std::size_t names) : counters_(names) {}

  /// The value that `ask`, a read or a write, leaves behind; none: its token is an old one.
  ///
  /// A read shows its token as well. Otherwise an earlier holder's write could come between a read and its write.
  std::optional<std::uint64_t> carry_out(const Ask& ask) {
    Counter& counter = counters_[ask.name];
    if (ask.token < counter.greatest) return std::nullopt;
    counter.greatest = ask.token;
    if (ask.what == What::write) counter.value = ask.value + 1;
    return counter.value;
  }

 private:
  struct Counter {
    std::uint64_t value = 0;
    std::uint64_t greatest = 0;
  };
  std::vector<Counter> counters_;
};

}  // namespace holdfast::simulate
