// HF_CHECK: what always holds in our own code. On in every build; never about what a client sent.
#pragma once

namespace holdfast {

/// Says what did not hold and where on stderr, and aborts. A server that has broken a promise must not go on.
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace holdfast

#define HF_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::holdfast::check_failed(#expression, __FILE__, __LINE__))
