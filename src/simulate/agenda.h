// What happens next.
#pragma once

#include <algorithm>
#include <vector>

#include "simulate/random.h"

namespace holdfast::simulate {

enum class Happening : std::uint8_t {
  boots,       ///< The server is started.
  committed,   ///< The batch of start `number` is through with the disk.
  ticks,       ///< The server's timer.
  arrives,     ///< Call `number` reaches the server, or the guarded store.
  answered,    ///< Its answer reaches the client.
  given_up,    ///< Its client waits no longer for call `number`.
  closed,      ///< The server hears that connection `number` of client `who` is closed.
  leaves,      ///< And acts on it: call `number` is left.
  wakes,       ///< Client `who` looks what to do, if `number` is its latest alarm.
  lost,        ///< A notice of a loss reaches its client.
  fault,       ///< The `number`th fault begins.
  relief,      ///< And ends.
  calm,        ///< From here on nothing goes wrong.
  tidies,      ///< The operator revokes what nobody will ever release.
  winds_down,  ///< Nobody begins anything any more.
  ends,
};

struct Event {
  Nanos at = 0;
  std::uint64_t order = 0;  ///< Of events at one time, the first that was put down comes first.
  std::uint64_t number = 0;
  std::uint32_t who = 0;
  Happening what{};
};

class Agenda {
 public:
  void put(Nanos at, Happening what, std::uint32_t who = 0, std::uint64_t number = 0) {
    events_.push_back({std::max(at, now_), next_++, number, who, what});
    std::ranges::push_heap(events_, later);
  }
  bool empty() const { return events_.empty(); }
  Event take() {
    std::ranges::pop_heap(events_, later);
    const Event event = events_.back();
    events_.pop_back();
    now_ = event.at;
    return event;
  }
  Nanos now() const { return now_; }

 private:
  static bool later(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  std::vector<Event> events_;  ///< A heap.
  std::uint64_t next_ = 0;
  Nanos now_ = 0;
};

}  // namespace holdfast::simulate
