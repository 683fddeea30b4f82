// The journals that must conform. To add one: a line in kinds.cpp, and everything here is asked of it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace holdfast::conformance {

/// A place that journals of one kind can be opened on, one after the other: what stands for the disk.
using Place = std::function<std::unique_ptr<journal::Journal>()>;

struct Kind {
  std::string name;
  bool outlives_a_process = false;  ///< Else it is kept only as long as the process runs.
  std::function<Place()> new_place;
};
const std::vector<Kind>& kinds();

}  // namespace holdfast::conformance
