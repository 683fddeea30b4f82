// Everybody who watches (L14): a thread of their own, so that grants never wait for a watcher.
//
// It reads each durable batch once, finds whom an event concerns by the prefixes of its name, and writes the event once
// for all of them. A watcher whose peer is slow is left to read from the ring at its own pace; one that takes nothing
// any more is cut off. So what a watcher can cost is bounded, in memory and in time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/events.h"
#include "engine/event_ring.h"
#include "server/event_bounds.h"
#include "server/event_stream.h"
#include "server/metrics.h"
#include "server/newcomer.h"
#include "server/watch_index.h"

namespace holdfast::server {

/// `start` and `stop` are for one thread, `reserve`, `cancel` and `take` for any.
class EventStreams final : engine::EventRing::Reader {
 public:
  /// `events` and `metrics` must outlive it.
  EventStreams(engine::EventRing& events, Metrics& metrics, EventBounds bounds);
  ~EventStreams() override;

  void start();
  /// Ends every stream, at once. Nobody is let in any more: `reserve` refuses, and what `take` is given it closes.
  void stop();

  /// Keeps a place. False: there are as many watchers as may be, or it has been stopped. Else `take` or `cancel` must
  /// follow.
  bool reserve();
  void cancel();
  void take(Newcomer newcomer);

 private:
  using Number = WatchIndex::Watcher;  ///< A place in `streams_`.

  void wake() override;
  void poke() const;

  void run();
  bool wait(int timeout_ms);
  void take_newcomers();
  void begin(Newcomer newcomer);
  /// `begins`: it is the first that it is told.
  void reset(EventStream& stream, ErrorCode why, const api::GivenPosition& asked, bool begins);
  bool tell_live();
  void tell(const core::Effect& effect, core::Position position);
  bool catch_up();
  bool catch_up(Number number);
  void write(const core::Effect& effect, core::Position position);
  const std::string& text_for(const EventSpelling& spelling);
  bool add_event(EventStream& stream);
  void flush(Number number);
  void go_live(Number number);
  void fall_behind(Number number, core::Position seen);
  void look_at_times();
  void remove_gone();
  void end_all();
  void mark_gone(Number number);
  api::GivenPosition given(core::Position position) const { return {incarnation_, position}; }

  engine::EventRing& events_;
  Metrics& metrics_;
  const EventBounds bounds_;
  std::atomic<std::size_t> places_ = 0;  ///< Taken or reserved.
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> woken_ = false;  ///< The thread has been poked, and has not looked yet.
  int poll_ = -1;
  int poke_ = -1;
  std::thread thread_;

  std::mutex newcomers_mutex_;
  std::vector<Newcomer> newcomers_;  // Guarded by newcomers_mutex_.
  bool closed_ = true;               // Guarded by newcomers_mutex_: nobody would take them.

  // The thread's own.
  std::uint64_t incarnation_ = 0;
  core::Position told_;  ///< Everything up to here has been told to all who are live.
  WatchIndex index_;     ///< Of those who are live.
  std::vector<std::unique_ptr<EventStream>> streams_;
  std::vector<Number> free_;
  std::size_t open_ = 0;
  std::vector<Number> dirty_, behind_, slow_, gone_;
  Steady::time_point now_;
  Steady::time_point next_look_;

  // The event under way.
  bool written_ = false;
  std::string at_, line_;  ///< Its position and its line of JSON.
  std::string_view word_;
  struct Spelled {
    const EventSpelling* by = nullptr;
    bool done = false;
    std::string text{};
  };
  std::vector<Spelled> spelled_;  ///< As all watchers are sent it who are told in the same words.
  std::string text_;              ///< What is for one of them only.
};

}  // namespace holdfast::server
