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

/// "alice (session s1) since 13:57:00 (3 min ago), ends in 21 s at most, 2 waiting. Note: chapter 3".
std::string told_holding(const client::Holding& holding, WallTime now);

/// How a holding ended: "lapsed", or "taken over by bob: the nightly job hangs".
std::string told_end(const std::string& because, const std::string& by, const std::string& reason);

/// "bob (session s2) takes it over in 4 s: the nightly job hangs".
std::string told_ahead(const client::TakeoverAhead& takeover);

/// "carol asks for it: may I?"
std::string told_asked(const client::AskedFor& request);

/// "14:02:16", in local time.
std::string told_clock(WallTime when);

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
