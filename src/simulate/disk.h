// A disk on which one file is written: what a process reads of it, and what is left of it when the power fails.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "simulate/random.h"

namespace holdfast::simulate {

class Disk {
 public:
  /// What a process sees of the file.
  const std::string& file() const { return file_; }

  void write(std::string_view bytes) { file_ += bytes; }
  /// Everything written so far would outlive a power cut.
  void sync() { synced_ = file_.size(); }
  /// The file is another one from here on, as by a rename. Until `confirm` the power may bring the old one back.
  void replace(std::string bytes) {
    before_ = std::exchange(file_, std::move(bytes));
    before_synced_ = synced_;
    sync();
    replaced_ = true;
  }
  void confirm() { replaced_ = false; }

  /// Of what was not synced, some sectors are there and some are not.
  void cut_power(Random& random) {
    if (std::exchange(replaced_, false) && random.chance(500)) {
      file_ = std::move(before_);
      synced_ = before_synced_;
    }
    lose_some(random);
    sync();
  }
  /// A sync has failed: nobody knows what it did, and what is read later may be another thing than what is kept.
  void fail_sync(Random& random) {
    lose_some(random);
    sync();
  }

 private:
  static constexpr std::size_t sector = 512;

  void lose_some(Random& random) {
    const std::size_t unsynced = file_.size() - synced_;
    file_.resize(synced_ + random.below(unsynced + 1));
    // Sectors are written in any order: one may be missing before the end.
    const std::size_t kept = file_.size() - synced_;
    if (kept > sector && random.chance(300)) {
      const std::size_t hole = synced_ + random.below(kept - sector);
      file_.replace(hole, sector, sector, '\0');
    }
  }

  std::string file_;
  std::string before_;
  std::size_t synced_ = 0;
  std::size_t before_synced_ = 0;
  bool replaced_ = false;
};

}  // namespace holdfast::simulate
