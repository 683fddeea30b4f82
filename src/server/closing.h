// How a door's I/O threads end: their connections are given time to be told what is under way, then closed.
#pragma once

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <thread>

namespace holdfast::server {

/// What `work` says on the thread's loop; none if the loop has not got to it `until` then. It may still do so later.
template <class IoThread, class Work>
auto on_thread(IoThread& thread, std::chrono::steady_clock::time_point until, Work work)
    -> std::optional<std::invoke_result_t<Work>> {
  auto task = std::make_shared<std::packaged_task<std::invoke_result_t<Work>()>>(std::move(work));
  auto said = task->get_future();
  thread.post([task] { (*task)(); });
  if (said.wait_until(until) != std::future_status::ready) return std::nullopt;
  return said.get();
}

/// Ends pools of threads: what they have begun is done, and what waits its turn is dropped, as nobody is there to be
/// told of it.
template <class... Pools>
void end_at_once(Pools&... pools) {
  (pools.stop(), ...);
  (pools.join(), ...);
}

/// Waits until none of the thread's connections is busy, or it is `until`; then closes all of them and ends the thread.
///
/// One that waits for a disk is not waited for: only the end of the process ends that.
template <class IoThread>
void close_connections(IoThread& io, std::chrono::steady_clock::time_point until) {
  constexpr std::chrono::milliseconds patience_for_closing{100};
  std::optional<std::size_t> busy = 1;
  while (busy.value_or(0) > 0 && std::chrono::steady_clock::now() < until) {
    busy = on_thread(io, until, [&io] { return io.busy(); });
    // Polls other threads' writes: no event.
    if (busy.value_or(0) > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const auto soon = std::max(until, std::chrono::steady_clock::now() + patience_for_closing);
  if (on_thread(io, soon, [&io] { return io.close_all(); }).value_or(false)) io.join();
}

}  // namespace holdfast::server
