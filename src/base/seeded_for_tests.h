// Properties that try the same 500 cases on every run. Include this beside rapidcheck.
//
// RC_PARAMS in the environment goes before it: RC_PARAMS="seed=1 max_success=100000" tries others, and more.
#pragma once

#include <cstdlib>

namespace holdfast {

inline const bool seeded_for_tests = ::setenv("RC_PARAMS", "seed=8812 max_success=500", 0) == 0;

}  // namespace holdfast
