// What a lock guards: counters of the verifier's own, which lose an update if two owners ever wrote.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "recording/recording.h"

namespace holdfast::verify {

/// A counter for each name. It keeps the greatest token that it has seen, and compares in the same step as it writes:
/// that is what a store must do for a fence to be one. Thread-safe.
class Guard {
 public:
  /// Takes note of `token`: whoever reads in order to write must be safe from those before it from here on. A late
  /// write in between would be lost under what is made of this value.
  std::uint64_t read(recording::Index name, std::uint64_t token = 0) {
    const std::scoped_lock lock(mutex_);
    Counter& counter = of(name);
    counter.greatest = std::max(counter.greatest, token);
    return counter.value;
  }

  enum class Wrote {
    done,
    stale,      ///< A greater token has been here: nothing was changed.
    not_tried,  ///< Whoever wanted to write does not believe any more that it owns.
  };

  /// Makes it `based_on` + 1.
  ///
  /// Without a token (0) there is nothing to compare: every write is carried out, a late one, too. So whoever has none
  /// asks `still_owner`, which is called in the same step, and writes only as long as it may believe.
  Wrote write(recording::Index name, std::uint64_t token, std::uint64_t based_on,
              const std::function<bool()>& still_owner = {}) {
    const std::scoped_lock lock(mutex_);
    if (still_owner && !still_owner()) return Wrote::not_tried;
    Counter& counter = of(name);
    if (token < counter.greatest) return Wrote::stale;
    counter.greatest = token;
    counter.value = based_on + 1;
    return Wrote::done;
  }

 private:
  struct Counter {
    std::uint64_t value = 0, greatest = 0;
  };
  Counter& of(recording::Index name) {
    if (name >= counters_.size()) counters_.resize(name + 1);
    return counters_[name];
  }
  std::mutex mutex_;
  std::vector<Counter> counters_;
};

}  // namespace holdfast::verify
