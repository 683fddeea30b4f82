// Between the words of a table and the fields that every door has.
#pragma once

#include <boost/json.hpp>

#include "tests/scenarios/subject.h"

namespace holdfast::scenarios {

bool asks_for_buffer(const Ask& ask);

/// The fields of a question, but the name; of a list, none.
boost::json::object body_of(const Ask& ask);

/// `body`: the fields of an answer; `code` is there where it is a refusal or an error. `wall_began`: the wall clock
/// when the run began.
Told to_told(const Ask& ask, const boost::json::object& body, WallTime wall_began);

}  // namespace holdfast::scenarios
