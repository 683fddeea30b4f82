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
    if (slot_of(key).exchange(key, std::memory_order_relaxed) == 0) taken_.fetch_add(1, std::memory_order_relaxed);
  }
  void granted(std::size_t key) {
    if (!asked_before(key)) return;
    // Not where somebody else's refusal has pushed it out meanwhile.
    if (slot_of(key).compare_exchange_strong(key, 0, std::memory_order_relaxed)) {
      taken_.fetch_sub(1, std::memory_order_relaxed);
    }
  }
  bool asked_before(std::size_t key) const {
    // Where nobody was refused there is nothing to look for, and each look is a wait for memory.
    if (taken_.load(std::memory_order_relaxed) == 0) return false;
    return slots_[key % slots_.size()].load(std::memory_order_relaxed) == key;
  }

 private:
  std::atomic<std::size_t>& slot_of(std::size_t key) { return slots_[key % slots_.size()]; }

  std::atomic<std::size_t> taken_{0};  ///< Slots that are not 0.
  std::array<std::atomic<std::size_t>, 1 << 14> slots_{};
};

/// Thread-safe.
class Metrics {
 public:
  static constexpr std::size_t operations_max = 64;
  static constexpr std::size_t codes_max = 512;

  enum class Door : std::uint8_t { http, resp };
  static constexpr std::size_t doors = 2;
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

  /// What is not counted but so.
  struct Standing {
    bool ready = false;
    std::size_t injections = 0;
    std::optional<history::Figures> history{};  ///< None: none is kept.
  };

  /// The text exposition of all of it.
  std::string render(const engine::Runner::Snapshot& engine, const Standing& standing) const;

 private:
  std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  Retries retries_;
  template <class T>
  using ByOperation = std::array<T, operations_max>;
  std::array<ByOperation<std::array<std::atomic<std::uint64_t>, codes_max>>, doors> requests_{};
  std::array<ByOperation<SharedHistogram>, doors> durations_;
};

}  // namespace holdfast::server
