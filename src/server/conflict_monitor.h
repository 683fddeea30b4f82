// Watches the replies that leave for two owners of one name at one time.
//
// It knows nothing of the engine's state: it believes only what clients are told, so that a bug, an injected fault or
// a damaged journal shows here whatever the engine thinks.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/replies.h"
#include "core/rules.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/told_names.h"

namespace holdfast::server {

/// Thread-safe. Replies are to be observed in the order in which they were decided.
class ConflictMonitor {
 public:
  /// Names it keeps in mind; beyond that, new ones are not watched until others have ended.
  static constexpr std::size_t names_max = 2'000'000;

  ConflictMonitor(Log& log, Metrics& metrics) : log_(log), metrics_(metrics) {}

  void observe(const core::Reply& reply);
  /// Each of them; many at once cost less.
  void observe(std::span<const core::Answer> leaving);
  /// The grant that `reply` tells of was taken back before anybody heard of it.
  void taken_back(const core::Reply& reply);

 private:
  /// A session that was told that it holds, and until when it may believe so: the last answer counts, also where that
  /// is the shorter time.
  struct Believer {
    std::uint32_t session = 0;
    Instant until{};
  };
  /// A part of all names, so that growing and sweeping never takes long.
  struct Shard {
    ToldNames told;
    std::unordered_map<std::uint64_t, std::vector<Believer>> several;  ///< Of names that sessions share.
    std::size_t sweep_at = 1'000;  ///< Entries at which those that ran out are thrown away.
    Instant sweep_after{};         ///< Not before: nearly nothing would be found.
  };
  static constexpr std::size_t shards = 256;
  Shard& shard_of(std::uint64_t name) { return shards_[name >> 56]; }

  /// What a reply says of one lease that it granted.
  struct Grant {
    const core::LeaseView& lease;
    const core::Who& who;
    Instant granted_at{};
    Instant void_after{};
    core::Loss before = core::Loss::none;
  };
  // Everything below is called under the mutex.
  void take(const core::Reply& reply);
  void granted(const Grant& grant);
  /// Whoever held before what `lease` shows does not believe in it any more.
  void forget_displaced(const core::LeaseView& lease, core::Loss before);
  void over(std::string_view name, core::Token token, const core::Who& who);
  static void believe(Shard& shard, Told& told, std::uint32_t session, Instant until);
  static void erase(Shard& shard, Told& told);
  void report(const Grant& grant, core::Token other);
  static void sweep(Shard& shard, Instant now);

  Log& log_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::array<Shard, shards> shards_;
};

}  // namespace holdfast::server
