// How the history is asked, and what it answers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "history/holding.h"

namespace holdfast::history {

/// What is asked for. Empty fields ask for nothing.
struct Query {
  std::string name;    ///< All of this name, newest first; or
  std::string prefix;  ///< of all names at or below it, by name, each newest first.
  std::string owner;
  std::optional<WallTime> from, to;  ///< Held at some time in between.
  std::string after_name;            ///< Behind this name's holding with
  std::uint64_t after_token = 0;     ///< this token (0 without a name: none given; else all of the name).
  std::size_t limit = 100;
};

struct Page {
  std::vector<Holding> holdings;
  bool more = false;             ///< There may be more behind
  std::string next_name;         ///< this
  std::uint64_t next_token = 0;  ///< and this; for `after_name` and `after_token`.
  std::vector<Gap> gaps;
  core::Position position;   ///< Everything up to here has been looked at.
  bool memory_only = false;  ///< A restart forgets it.
};

}  // namespace holdfast::history
