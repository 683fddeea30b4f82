// What the server refuses for reasons of its own: a line in the log when that begins, and one when it is over.
//
// It looks at the figures about once a second instead of being told of each refusal: a server in trouble refuses
// thousands, and two lines say more than all of them.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/runner.h"
#include "server/log.h"
#include "server/metrics.h"

namespace holdfast::server {

/// Not thread-safe.
class Refusals {
 public:
  /// A commit that takes longer than this is said to hang.
  static constexpr Duration hangs_after = std::chrono::seconds(1);

  /// Both must outlive this.
  Refusals(Log& log, const Metrics& metrics) : log_(log), metrics_(metrics) {}

  void look(const engine::Runner::Snapshot& now);

 private:
  /// Something that refuses, or does not.
  struct Trouble {
    bool on = false;
    std::uint64_t before = 0;  ///< Refusals counted before it began.
    std::uint64_t seen = 0;    ///< Counted at the last look.
  };
  void follow(Trouble& trouble, bool is_so, std::uint64_t counted, std::string_view begins, std::string_view ends,
              const Log::Fields& fields);

  Log& log_;
  const Metrics& metrics_;
  Trouble behind_, hanging_, full_, unacceptable_;
};

}  // namespace holdfast::server
