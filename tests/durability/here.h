// What all of these tests begin with: a data directory, a way to start a server on it, a seed.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace holdfast::durability {

/// A seed for this run, printed; HOLDFAST_SEED sets it.
std::uint64_t fresh_seed();

/// Bounds of the journal, small where a test wants many segments and snapshots.
struct Small {
  std::uint64_t segment_bytes = 32 << 20;
  std::uint64_t fold_after_bytes = 128 << 20;
};

/// As small as they may be: segments and snapshots come one after the other.
inline constexpr Small tiny{.segment_bytes = 64 << 10, .fold_after_bytes = 64 << 10};

/// A data directory, and the files to start servers on it. Everything is gone with it, unless it lies elsewhere.
class Store {
 public:
  /// In a directory of its own.
  Store() : data_(scratch_.path() / "data") {}
  /// On some disk.
  explicit Store(std::filesystem::path data) : data_(std::move(data)) {}

  const std::filesystem::path& data() const { return data_; }
  /// For ServerProcess::How.
  std::vector<std::string> arguments(const Small& bounds) const;
  /// Files and their bytes, without the lock file, whose content is no part of the journal.
  std::map<std::string, std::string> files() const;
  void write(const std::string& name, const std::string& bytes) const;
  /// Until the segment after the first is there: the thread that makes segments has nothing to do then.
  void await_prepared() const;
  std::filesystem::path scratch() const { return scratch_.path(); }

 private:
  support::ScratchDirectory scratch_;
  std::filesystem::path data_;
};

/// Until `condition` holds; throws after half a minute. For what other processes do without telling: looks every
/// millisecond.
template <class Condition>
void await(const std::string& what, Condition condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("waited in vain for " + what);
    ::usleep(1'000);
  }
}

inline bool is_root() {
  return ::geteuid() == 0;
}

}  // namespace holdfast::durability
