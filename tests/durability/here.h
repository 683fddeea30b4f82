// What all of these tests begin with: a data directory, a way to start a server on it, a seed.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <map>
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
  std::filesystem::path scratch() const { return scratch_.path(); }

 private:
  support::ScratchDirectory scratch_;
  std::filesystem::path data_;
};

inline bool is_root() {
  return ::geteuid() == 0;
}

}  // namespace holdfast::durability
