// What went wrong, and the first question about it: did it happen?
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast {

/// Whether a request that failed changed anything (L12).
enum class Fate : std::uint8_t {
  not_done,    ///< Nothing changed. Asking again is safe.
  maybe_done,  ///< Unknown. Asking again under the same session gives the same grant while it lasts.
};

/// One of errors.def. `none` stands for success where an answer carries a code.
enum class ErrorCode : std::uint16_t {
  none = 0,
#define HF_ERROR(name, number, fate, http, told) name = number,
#include "base/errors.def"
#undef HF_ERROR
};

/// A row of errors.def. Views are of static storage.
struct ErrorInfo {
  ErrorCode code;
  std::string_view name;
  Fate fate;
  int http_status;
  std::string_view told;
};

/// The row of `code`, which must not be `none`.
const ErrorInfo& info_of(ErrorCode code);

/// Calls `visit(const ErrorInfo&)` for every row in the order of the file. For the generated reference.
template <class Visit>
void for_each_error(Visit&& visit) {
#define HF_ERROR(name, number, fate, http, told) visit(info_of(ErrorCode::name));
#include "base/errors.def"
#undef HF_ERROR
}

/// A failure on its way to a person or a program.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string where{};  ///< For the operator: which file, key or peer, and what the system said. May be empty.
  std::string field{};  ///< For the caller: the field of the request that is at fault. May be empty.

  Fate fate() const { return info_of(code).fate; }
  std::string_view name() const { return info_of(code).name; }
  /// One sentence for the caller; no internals.
  std::string_view told() const { return info_of(code).told; }
  /// `told` and `where` in one line, for a log or a terminal.
  std::string text() const;
};

template <class T>
using Result = std::expected<T, Error>;

/// An Error as the failing arm of any Result.
inline std::unexpected<Error> fail(ErrorCode code, std::string where = {}, std::string field = {}) {
  return std::unexpected(Error{code, std::move(where), std::move(field)});
}

/// `what`: the system's words for `error_number` (an errno), e.g. "open /x: No such file or directory".
std::string system_words(std::string_view what, int error_number);

/// Binds `name` to the value of `expression`, or returns its error. (libstdc++ 12 has no and_then.)
#define HF_TRY(name, expression)                                        \
  auto name##_or = (expression);                                        \
  if (!name##_or) return std::unexpected(std::move(name##_or).error()); \
  auto name = *std::move(name##_or)

/// Returns the error of `expression`, whose value is void.
#define HF_TRY_VOID(expression)                       \
  if (auto tried = (expression); !tried) {            \
    return std::unexpected(std::move(tried).error()); \
  }

}  // namespace holdfast
