#include "client/retry.h"

#include <algorithm>

namespace holdfast::client {

Next next_after(const Problem& problem, bool repeatable) {
  if (problem.fate == Fate::maybe_done && !repeatable) return Next::answer;
  switch (problem.code) {
    case ErrorCode::unreachable:
    case ErrorCode::answer_lost:
    case ErrorCode::stopping:
    case ErrorCode::too_many_connections:
    case ErrorCode::commit_unknown:
      return Next::elsewhere;
    case ErrorCode::bad_answer:  // Whoever speaks no HTTP with JSON will not learn it.
      return Next::answer;
    case ErrorCode::request_timeout:
      return Next::here;
    default:
      return problem.status >= 500 ? Next::here : Next::answer;
  }
}

Duration Backoff::pause(const Problem& problem, double chance) {
  const Duration step = step_;
  step_ = std::min(step_ * 2, most);
  const auto random_half = std::chrono::duration_cast<Duration>(step / 2 * std::clamp(chance, 0.0, 1.0));
  return std::max<Duration>(step / 2 + random_half, problem.retry_after.value_or(std::chrono::seconds(0)));
}

}  // namespace holdfast::client
