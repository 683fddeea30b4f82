// What a load came to, for people and for programs.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "cli/load.h"

namespace holdfast::cli {

/// "850 ns", "12.3 us", "1.23 ms", "2.5 s": three digits at most before it is rounded away.
std::string told_latency(Duration latency);

/// What was run, in one line; then a table of operations; then what did not go as asked.
std::string told_report(const LoadOptions& options, const LoadReport& report);

boost::json::object json_report(const LoadOptions& options, const LoadReport& report);

}  // namespace holdfast::cli
