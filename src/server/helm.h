// Which of two threads runs a loop. A thread that has much to do still goes to the disk itself, because handing that
// over to another thread and back costs more than most disks take. Where one takes longer, the other thread goes on.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "engine/runner.h"

namespace holdfast::server {

/// Exactly one of the two is at the helm, and only that one touches what belongs to the loop. Thread-safe.
class Helm final : public engine::DiskWait {
 public:
  enum class Hand : std::uint8_t { first = 0, second = 1 };

  /// Called by each of the two when it begins and whenever it has lost the helm. True once the helm is its own; false:
  /// there is nothing to do any more.
  bool await(Hand hand);
  /// Whether the calling thread is at the helm.
  bool mine() const;

  /// The thread at the helm goes to the disk. What is returned is for `back`.
  std::uint64_t leave() override;
  /// It is back, and at the helm if the other one has not taken it meanwhile.
  void back(std::uint64_t wait) override;

  /// To be called now and then: whoever has been at the disk for all the time since the last call loses the helm to the
  /// other one. True: so it was. Calls do not overlap.
  bool relieve();

  /// Whether nobody is at the disk who has lost the helm meanwhile.
  bool all_back();

  /// Nobody waits for the helm any more.
  void close();

 private:
  // The lowest bit: is at the disk. The next: whose helm it is. The rest counts, so that no two waits look alike.
  static constexpr std::uint64_t at_disk = 1, whose = 2, one = 4;
  static std::size_t hand_of(std::uint64_t state) { return (state & whose) != 0 ? 1 : 0; }

  std::atomic<std::uint64_t> state_ = 0;
  std::array<std::atomic<std::thread::id>, 2> threads_{};
  std::uint64_t seen_ = 0;  ///< At the last `relieve`.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;         ///< Guarded by mutex_; so is the next.
  std::array<bool, 2> away_{};  ///< Has lost the helm and not come back yet.
};

}  // namespace holdfast::server
