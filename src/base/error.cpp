#include "base/error.h"

#include <array>
#include <system_error>

#include "base/check.h"

namespace holdfast {

const ErrorInfo& info_of(ErrorCode code) {
  static constexpr std::array rows{
#define HF_ERROR(name, number, fate, http, told) ErrorInfo{ErrorCode::name, #name, Fate::fate, http, told},
#include "base/errors.def"
#undef HF_ERROR
  };
  for (const ErrorInfo& row : rows) {
    if (row.code == code) return row;
  }
  HF_CHECK(code != ErrorCode::none && "success has no row in errors.def");
  std::abort();
}

std::string Error::text() const {
  std::string out{told()};
  if (!where.empty()) out += " (" + where + ")";
  return out;
}

std::string system_words(std::string_view what, int error_number) {
  return std::string{what} + ": " + std::generic_category().message(error_number);
}

}  // namespace holdfast
