// The history as people read it.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "base/time.h"

namespace holdfast::cli {

/// Several lines about one holding, as the server told of it: who, from when to when, why it ended, what happened in
/// it. `with_name`: where holdings of several names are shown.
std::string told_past(const boost::json::object& holding, bool with_name, WallTime now);

/// What the history does not have, if anything, of an answer: sentences, each on a line of its own.
std::string told_gaps(const boost::json::object& answer);

}  // namespace holdfast::cli
