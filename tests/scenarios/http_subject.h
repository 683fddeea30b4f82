// A whole server in this process, asked over real connections, on a clock turned by hand.
#pragma once

#include "tests/scenarios/subject.h"

namespace holdfast::scenarios {

std::unique_ptr<Subject> server_over_http(const Options& options);

}  // namespace holdfast::scenarios
