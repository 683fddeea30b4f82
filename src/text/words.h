// Errors that several files of this room give, in one wording each.
#pragma once

#include <fmt/format.h>

#include "base/error.h"
#include "text/extent.h"

namespace holdfast::text {

inline std::unexpected<Error> lengths_differ(Units have, Units change) {
  return fail(ErrorCode::wrong_length, fmt::format("the text has {} units, the change is for {}", have, change),
              "changes");
}

inline std::unexpected<Error> cuts_character(Units at) {
  return fail(ErrorCode::bad_boundary, fmt::format("position {} is within a surrogate pair", at), "changes");
}

}  // namespace holdfast::text
