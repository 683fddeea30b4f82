#include "client/retry.h"

#include <gtest/gtest.h>

namespace holdfast::client {
namespace {

using namespace std::chrono_literals;

Problem of(ErrorCode code) {
  Problem problem = problem_of(Error{code});
  const bool ours = code == ErrorCode::unreachable || code == ErrorCode::answer_lost || code == ErrorCode::bad_answer;
  problem.status = ours ? 0 : info_of(code).http_status;
  return problem;
}

TEST(Retry, never_repeats_what_may_have_happened_unless_twice_is_as_good_as_once) {  // L12
  for_each_error([](const ErrorInfo& info) {
    if (info.fate == Fate::not_done) return;
    EXPECT_EQ(next_after(of(info.code), false), Next::answer) << info.name;
  });
  EXPECT_EQ(next_after(of(ErrorCode::answer_lost), true), Next::elsewhere);
  EXPECT_EQ(next_after(of(ErrorCode::internal), true), Next::here);
}

TEST(Retry, goes_elsewhere_where_nobody_is_or_somebody_leaves) {
  for (const bool repeatable : {false, true}) {
    EXPECT_EQ(next_after(of(ErrorCode::unreachable), repeatable), Next::elsewhere);
    EXPECT_EQ(next_after(of(ErrorCode::stopping), repeatable), Next::elsewhere);
    EXPECT_EQ(next_after(of(ErrorCode::journal_behind), repeatable), Next::here);
  }
}

TEST(Retry, takes_a_refusal_for_an_answer) {  // L11
  for (const ErrorCode code : {ErrorCode::held, ErrorCode::stale, ErrorCode::queue_full, ErrorCode::bad_name,
                               ErrorCode::not_yours, ErrorCode::nothing_held, ErrorCode::not_supported_yet}) {
    EXPECT_EQ(next_after(of(code), true), Next::answer) << info_of(code).name;
  }
}

TEST(Retry, believes_the_fate_that_came_more_than_the_one_it_knows) {
  Problem told = of(ErrorCode::journal_behind);
  told.fate = Fate::maybe_done;
  EXPECT_EQ(next_after(told, false), Next::answer);
}

TEST(Backoff, doubles_up_to_two_seconds_and_is_random_by_half) {
  Backoff least, most;
  Duration step = Backoff::first;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(least.pause({}, 0), step / 2);
    EXPECT_EQ(most.pause({}, 1), step);
    step = std::min(step * 2, Backoff::most);
  }
  EXPECT_EQ(step, 2s);
}

TEST(Backoff, is_no_shorter_than_the_server_asked_for) {
  Backoff backoff;
  Problem problem;
  problem.retry_after = 7s;
  EXPECT_EQ(backoff.pause(problem, 0.5), 7s);
}

}  // namespace
}  // namespace holdfast::client
