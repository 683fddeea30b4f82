// How a journal's file is written and read: given from outside, because it is the file journal's own way.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "journal/journal.h"

namespace holdfast::simulate {

class Frames {
 public:
  virtual ~Frames() = default;

  /// A file without effects.
  virtual std::string empty_file() const = 0;
  /// The frame of `batch`, to stand at the end of a file that is `offset` bytes long. Everything up to `durable` is.
  virtual std::string frame(std::uint64_t offset, core::Position first, core::Position durable,
                            std::span<const core::Effect> batch) const = 0;

  struct Found {
    core::Position last;
    std::uint64_t end = 0;  ///< Behind the last whole frame.
    bool torn = false;      ///< Something stands there that is none.
  };
  /// Hands what is whole to `replay`. Errors: journal_damaged, where what is missing cannot be a torn end.
  virtual Result<Found> read(std::string_view file, const journal::Replay& replay) const = 0;
};

}  // namespace holdfast::simulate
