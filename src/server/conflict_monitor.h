// Watches the replies that leave for two owners of one name at one time.
//
// It knows nothing of the engine's state: it believes only what clients are told, so that a bug, an injected fault or
// a damaged journal shows here whatever the engine thinks.
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <mutex>
#include <string>

#include "core/replies.h"
#include "server/log.h"
#include "server/metrics.h"

namespace holdfast::server {

/// Thread-safe. Replies are to be observed in the order in which they were decided.
class ConflictMonitor {
 public:
  /// Names it keeps in mind; beyond that, new ones are not watched until others have ended.
  static constexpr std::size_t names_max = 2'000'000;

  ConflictMonitor(Log& log, Metrics& metrics) : log_(log), metrics_(metrics) {}

  void observe(const core::Reply& reply);
  /// The grant that `reply` tells of was taken back before anybody heard of it.
  void taken_back(const core::Reply& reply);

 private:
  /// A session that was told that it holds, and until when it may believe so: the last answer counts, also where that
  /// is the shorter time.
  struct Believer {
    std::size_t session = 0;
    Instant until{};
  };
  /// What was told of one name. All text is kept as hashes only.
  struct Told {
    core::Token token;
    std::size_t owner = 0;
    boost::container::small_vector<Believer, 1> believers;

    bool is_of(const core::Reply& reply) const;
    Instant until() const;
    void forget(std::size_t session);
  };
  using ToldOf = boost::unordered_flat_map<std::size_t, Told>;  ///< By the hash of the name.

  void granted(const core::Reply& reply, std::size_t name);
  void over(const core::Reply& reply);
  void report(const core::Reply& reply, const Told& other);
  void sweep(Instant now);

  Log& log_;
  Metrics& metrics_;
  std::mutex mutex_;
  ToldOf told_;
  std::size_t sweep_at_ = 100'000;  ///< Entries at which those that ran out are thrown away.
};

}  // namespace holdfast::server
