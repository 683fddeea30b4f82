// A disk of our own whose power can be cut: ext4 in a file, mounted where only this process and its children see it.
#pragma once

#include <filesystem>

#include "tests/support/process.h"

namespace holdfast::durability {

/// Needs root. Its mounts are gone with the process, whatever happens to it.
class LoopDisk {
 public:
  /// Makes the file system and mounts it. Throws std::runtime_error.
  LoopDisk();
  ~LoopDisk();
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;

  std::filesystem::path path() const { return scratch_.path() / "mounted"; }
  /// From now on nothing gets to the disk any more, not even what is under way; every write fails.
  void cut_power() const;
  /// What the power's return finds. No file may be open on it.
  void mount_again();

 private:
  void mount();
  void unmount();
  support::ScratchDirectory scratch_;
};

}  // namespace holdfast::durability
