// What has to hold of a refusal, whatever was refused.
#pragma once

#include "api/json_text.h"
#include "api/operations.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {

inline Taken refused(const Error& error) {
  const int status = info_of(error.code).http_status;
  HF_FUZZ_CHECK(status >= 400 && status < 500);
  HF_FUZZ_CHECK(api::read_object(api::problem(error).body));
  return Taken::no;
}

}  // namespace holdfast::fuzz
