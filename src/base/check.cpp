#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace holdfast {

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "holdfast: a promise would have been broken, stopping: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace holdfast
