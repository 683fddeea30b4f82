// What people read: sentences about holdings and problems.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "cli/verbs.h"
#include "client/lease.h"

namespace holdfast::cli {

/// Fit for a terminal: control characters, which others may have put into a note, come as \x1b and the like.
std::string shown(std::string_view text);

/// "14:02:11" in local time; with the day where it is not today.
std::string told_clock(const std::string& rfc3339, WallTime now);

/// "14:02:11 (3 min ago)", in local time; with the day where it is not today.
std::string told_since(const std::string& rfc3339, WallTime now);

/// "alice@host (session s1)".
std::string told_holder(const client::Holding& holding);

/// One sentence or two for a person: who holds it and how long still, or what went wrong.
std::string told(const client::Problem& problem, const std::string& name, WallTime now);

/// How the process ends after `problem`.
Exit exit_of(const client::Problem& problem);

/// A table of holdings, one a line, with a heading.
std::string table_of(const std::vector<client::Holding>& holdings, WallTime now);

/// Several lines about one name.
std::string card_of(const client::Holding& holding, WallTime now);

WallTime wall_now();

}  // namespace holdfast::cli
