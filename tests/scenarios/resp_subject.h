// A whole server in this process, asked as clients of Redis ask, on a clock turned by hand.
#pragma once

#include "tests/scenarios/subject.h"

namespace holdfast::scenarios {

std::unique_ptr<Subject> server_over_resp(const Options& options);

}  // namespace holdfast::scenarios
