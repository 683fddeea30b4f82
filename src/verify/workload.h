// What clients do to a lock to find out whether it is one. Each workload is a value in a file of its own
// (workload_*.cpp), and one line in workload.cpp.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verify/player.h"

namespace holdfast::verify {

/// What a workload is played with.
class Stage {
 public:
  Stage(Ground& ground, std::span<const std::unique_ptr<Player>> players, std::size_t names_max,
        std::function<std::string()> next_name)
      : ground_(ground), players_(players), names_max_(names_max), next_name_(std::move(next_name)) {}

  std::size_t players() const { return players_.size(); }
  Player& player(std::size_t index) { return *players_[index]; }
  const Manner& manner() const { return ground_.manner; }
  std::size_t names_max() const { return names_max_; }
  bool time_is_up() const { return ground_.time_is_up(); }

  /// One that nobody has used yet; or the only one there is.
  recording::Index fresh_name() { return ground_.recorder.add_name(next_name_()); }

  /// Runs `part` once for each number below `times`, each in a thread of its own, and returns when all have ended.
  void together(std::size_t times, const std::function<void(std::size_t)>& part);

  /// Says what should be known besides the recording. Once each; from any thread.
  void note(const std::string& text);
  /// The same of what would have to be seen for a verdict to mean something, and was not.
  void miss(const std::string& text);

  std::vector<std::string> notes, missed;

 private:
  Ground& ground_;
  std::span<const std::unique_ptr<Player>> players_;
  std::size_t names_max_;
  std::function<std::string()> next_name_;
  std::mutex guarding_notes_;
};

/// All text is of static storage.
struct Workload {
  std::string_view name;
  std::string_view told;  ///< What is done, in a few words.
  unsigned share;         ///< Of the time, next to the others.
  void (*play)(Stage& stage);
  /// Why it cannot be played; empty: it can.
  std::string_view (*lacks)(const Manner& manner) = [](const Manner&) { return std::string_view{}; };
};

extern const Workload contend_workload, renew_workload, pause_workload, crash_workload, stale_workload,
    reentry_workload, waiting_workload, takeover_workload, names_workload, counter_workload;

/// Every workload, in the order in which they are played.
std::span<const Workload* const> all_workloads();

/// None if there is no such workload.
const Workload* find_workload(std::string_view name);

/// For `lacks`.
std::string_view lacks_leases(const Manner& manner);

}  // namespace holdfast::verify
