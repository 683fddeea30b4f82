// Lets several clients through at the same moment.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#include "base/time.h"

namespace holdfast::verify {

/// For one use: who comes waits until all are here. Then the last steps of all, each a byte that was held back, are
/// done by one thread, one right after the other.
class Gate {
 public:
  explicit Gate(std::size_t expected) : missing_(expected) {}
  void pass(std::function<void()> last_step);

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  std::size_t missing_;
  std::vector<std::function<void()>> steps_;
  bool open_ = false;
};

/// One client's way through a gate, or through none. It is used when it is destroyed at the latest: whoever runs into
/// trouble on the way keeps nobody waiting.
class Ticket {
 public:
  explicit Ticket(Gate* gate = nullptr) : gate_(gate) {}
  ~Ticket() { pass({}); }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  /// With a gate it returns when `last_step` has been done, together with those of the others.
  void pass(const std::function<void()>& last_step);

 private:
  Gate* gate_;
  bool used_ = false;
};

/// Where the same clients come together again and again, and learn whether there is another round.
class Rounds {
 public:
  explicit Rounds(std::size_t clients) : clients_(clients) {}
  /// Waits for all; the last to come asks `go_on`, once, and its answer is everybody's.
  bool next(const std::function<bool()>& go_on);

 private:
  std::mutex mutex_;
  std::condition_variable turned_;
  std::size_t clients_;
  std::size_t here_ = 0;
  std::size_t round_ = 0;
  bool answer_ = true;
};

}  // namespace holdfast::verify
