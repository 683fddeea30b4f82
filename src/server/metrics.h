// What is counted, and how Prometheus reads it. Never a name or an owner as a label.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "engine/runner.h"
#include "history/store.h"

namespace holdfast::server {

/// A histogram that many threads add to, over the bounds of engine::DurationHistogram.
class SharedHistogram {
 public:
  void observe(Duration duration);
  /// Not one instant, but close: each number is read by itself.
  engine::DurationHistogram read() const;

 private:
  std::array<std::atomic<std::uint64_t>, engine::DurationHistogram::bounds.size() + 1> counts_{};
  std::atomic<std::uint64_t> nanoseconds_{0};
};

/// Who was refused lately, so that asking again can be told from asking. Bounded: the newest push out the oldest.
/// Thread-safe.
class Retries {
 public:
  static std::size_t key(std::string_view name, std::string_view owner, std::string_view session);
  void refused(std::size_t key) {
    keys_[place_of(key)].store(key, std::memory_order_relaxed);
    marks_[place_of(key)].store(mark_of(key), std::memory_order_relaxed);
  }
  void granted(std::size_t key) {
    if (asked_before(key)) keys_[place_of(key)].store(0, std::memory_order_relaxed);
  }
  bool asked_before(std::size_t key) const {
    return marks_[place_of(key)].load(std::memory_order_relaxed) == mark_of(key) &&
           keys_[place_of(key)].load(std::memory_order_relaxed) == key;
  }

 private:
  static constexpr std::size_t places = 1 << 14;
  static std::size_t place_of(std::size_t key) { return key % places; }
  static std::uint8_t mark_of(std::size_t key) { return static_cast<std::uint8_t>(key / places); }

  // A byte of each key says of nearly all others that they are not there, and these bytes are few enough to stay near
  // the processor: a look at the keys is a wait for memory.
  std::array<std::atomic<std::uint8_t>, places> marks_{};
  std::array<std::atomic<std::size_t>, places> keys_{};
};

/// Thread-safe.
class Metrics {
 public:
  static constexpr std::size_t operations_max = 64;
  static constexpr std::size_t codes_max = 512;

  enum class Door : std::uint8_t { http, resp, live };
  static constexpr std::size_t doors = 3;
  /// In the place of an operation: programs on keys, which the catalogue does not have.
  static constexpr std::size_t key_programs = operations_max - 1;

  /// `operation`: its place in the catalogue, or `key_programs`.
  void count_request(std::size_t operation, ErrorCode code, Duration took, Door door = Door::http);

  /// An acquire was answered. `asker`: Retries::key of its name and session.
  void observe_acquire(std::size_t asker, ErrorCode code, Duration took);

  std::atomic<std::uint64_t> buffer_conflicts{0};
  std::atomic<std::uint64_t> buffer_lock_retries{0};
  SharedHistogram buffer_acquisition;
  std::atomic<std::uint64_t> stale_writes{0};
  std::atomic<std::int64_t> connections{0};
  std::atomic<std::int64_t> connections_max{0};
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::uint64_t> accept_failures{0};
  std::atomic<std::uint64_t> threads_relieved{0};
  std::atomic<int> accept_error{0};            ///< errno of the last of them. Not published: for the log.
  std::atomic<std::uint64_t> bad_requests{0};  ///< That no operation could be told of.
  std::atomic<std::uint64_t> grants_taken_back{0};

  std::atomic<std::int64_t> watchers{0};
  std::atomic<std::uint64_t> watchers_refused{0};  ///< Beyond the limit.
  std::atomic<std::uint64_t> watchers_cut_off{0};  ///< They took nothing any more.
  std::atomic<std::uint64_t> events_sent{0};       ///< One for each watcher that was sent it.
  std::atomic<std::uint64_t> event_resets{0};      ///< Watchers that were told of a gap.

  std::atomic<std::uint64_t> sessions{0};  ///< That hold or wait, when they were counted last.

  std::atomic<std::int64_t> live_sockets{0};
  std::atomic<std::int64_t> live_follows{0};    ///< Names that sockets follow, counted for each socket.
  std::atomic<std::uint64_t> live_messages{0};  ///< That clients sent.
  std::atomic<std::uint64_t> live_pushes{0};    ///< One for each socket that was pushed it.
  std::atomic<std::uint64_t> live_resyncs{0};   ///< Followings that were ended because something was missing.
  std::atomic<std::uint64_t> live_cursors_dropped{0};
  std::atomic<std::uint64_t> live_cut_off{0};  ///< Sockets that took or answered nothing any more.

  /// What is not counted but so.
  struct Standing {
    bool ready = false;
    std::size_t injections = 0;
    std::optional<history::Figures> history{};  ///< None: none is kept.
  };

  /// When the server began.
  WallTime started() const { return std::chrono::time_point_cast<std::chrono::microseconds>(started_); }
  Duration uptime() const { return std::chrono::steady_clock::now() - since_; }

  /// The text exposition of all of it.
  std::string render(const engine::Runner::Snapshot& engine, const Standing& standing) const;

 private:
  std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  Retries retries_;
  template <class T>
  using ByOperation = std::array<T, operations_max>;
  std::array<ByOperation<std::array<std::atomic<std::uint64_t>, codes_max>>, doors> requests_{};
  std::array<ByOperation<SharedHistogram>, doors> durations_;
};

}  // namespace holdfast::server
