// Watches the replies that leave for two owners of one name at one time.
//
// It knows nothing of the engine's state: it believes only what clients are told, so that a bug, an injected fault or
// a damaged journal shows here whatever the engine thinks.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <mutex>
#include <string>
#include <string_view>

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
  /// The grant under `token` was taken back before anybody heard of it.
  void taken_back(std::string_view name, core::Token token);

 private:
  /// Who was told that it holds a name, and until when it may believe so.
  struct Told {
    core::Token token;
    std::size_t owner = 0;  ///< A hash, as are the keys: the monitor keeps no names.
    Instant until{};
  };
  void report(const core::Reply& reply, const Told& other);
  void sweep(Instant now);

  Log& log_;
  Metrics& metrics_;
  std::mutex mutex_;
  boost::unordered_flat_map<std::size_t, Told> told_;  ///< By the hash of the name.
  std::size_t sweep_at_ = 100'000;                     ///< Entries at which those that ran out are thrown away.
};

}  // namespace holdfast::server
