// Writes a recording as text, a call or a return a line. docs/recording-format.md is the other half.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

#include "base/error.h"
#include "recording/recording.h"

namespace holdfast::recording {

/// Writes while things happen: the header at once, then a line for each call of a function. What was written is there
/// to read if the process ends in between; calls without a return are then of unknown outcome.
///
/// Not thread-safe: used under one lock, which is also held while the time is taken, so that lines are in order of
/// their times. `out` outlives it. Whether all was written is asked with `written`.
class Writer {
 public:
  /// Of `head`: `about`, `lock`, and the clients and names that are known so far. More may be added to it while this
  /// lives; it is looked at for each line.
  Writer(std::ostream& out, const Recording& head);

  /// At `operation.called`, before its answer is known. Of the operation: what was asked.
  void call(const Operation& operation);
  /// At `operation.returned`: what was answered. Nothing is written of what never returned.
  void ret(const Operation& operation);
  void loss(const Loss& loss);
  void sighting(const Sighting& sighting);
  void fault(const Fault& fault);

  /// Errors: recording_io.
  Result<void> written();

 private:
  void declare();
  void line(std::string& text);
  const std::string& client(Index index);
  const std::string& name(Index index);

  std::ostream& out_;
  const Recording& head_;
  std::size_t clients_ = 0;  ///< So many have been declared.
  std::size_t names_ = 0;
};

/// Writes all of `recording`. What `read` makes of it is equal to it, but for faults and losses that lie at one time
/// with a call, which may change places with it.
///
/// Errors: recording_io.
Result<void> write(const Recording& recording, std::ostream& out);
Result<void> write(const Recording& recording, const std::filesystem::path& file);

}  // namespace holdfast::recording
