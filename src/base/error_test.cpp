#include "base/error.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cerrno>
#include <set>

#include "base/check.h"

namespace holdfast {
namespace {

TEST(ErrorsDef, has_no_number_and_no_name_twice) {
  std::set<int> numbers;
  std::set<std::string_view> names;
  for_each_error([&](const ErrorInfo& info) {
    EXPECT_TRUE(numbers.insert(static_cast<int>(info.code)).second) << info.name;
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_NE(info.code, ErrorCode::none) << info.name;
  });
  EXPECT_GT(numbers.size(), 40U);
}

TEST(ErrorsDef, tells_a_stranger_in_whole_sentences) {
  for_each_error([](const ErrorInfo& info) {
    ASSERT_FALSE(info.told.empty()) << info.name;
    EXPECT_TRUE(std::isupper(static_cast<unsigned char>(info.told.front()))) << info.name;
    EXPECT_TRUE(info.told.ends_with('.') || info.told.ends_with('?')) << info.name << ": " << info.told;
  });
}

TEST(ErrorsDef, has_statuses_of_failure_and_says_maybe_done_for_none_of_the_callers_mistakes) {
  for_each_error([](const ErrorInfo& info) {
    EXPECT_GE(info.http_status, 400) << info.name;
    EXPECT_LE(info.http_status, 503) << info.name;
    if (info.http_status < 500) {
      EXPECT_EQ(info.fate, Fate::not_done) << info.name;
    }
  });
}

TEST(ErrorsDef, never_calls_contention_a_failure_of_the_server) {  // L11
  for (const ErrorCode code : {ErrorCode::held, ErrorCode::held_by_you, ErrorCode::wait_over, ErrorCode::stale}) {
    EXPECT_EQ(info_of(code).http_status, 409) << info_of(code).name;
  }
}

TEST(ErrorsDef, says_maybe_done_where_nobody_can_know) {  // L12
  for (const ErrorCode code : {ErrorCode::commit_unknown, ErrorCode::internal, ErrorCode::answer_lost}) {
    EXPECT_EQ(info_of(code).fate, Fate::maybe_done) << info_of(code).name;
  }
}

TEST(ErrorInfoDeathTest, stops_rather_than_make_words_for_success) {
  EXPECT_DEATH(info_of(ErrorCode::none), "success has no row");
}

TEST(Error, puts_what_the_operator_needs_behind_what_the_caller_is_told) {
  const Error error{ErrorCode::journal_io, "write /x: No space left on device"};
  EXPECT_EQ(error.text(), "The journal could not be read or written. (write /x: No space left on device)");
  EXPECT_EQ(error.told(), "The journal could not be read or written.");
  EXPECT_EQ(error.name(), "journal_io");
  EXPECT_EQ(error.fate(), Fate::maybe_done);
  EXPECT_EQ(Error{ErrorCode::held}.text(), Error{ErrorCode::held}.told());
}

TEST(SystemWords, names_what_was_tried_and_what_the_system_said) {
  EXPECT_EQ(system_words("open /x", ENOENT), "open /x: No such file or directory");
}

Result<int> number(bool good) {
  if (good) return 7;
  return fail(ErrorCode::bad_field, "why", "token");
}
Result<void> nothing(bool good) {
  if (good) return {};
  return fail(ErrorCode::stopping);
}
Result<int> tries(bool first, bool second, int& reached) {
  HF_TRY(seven, number(first));
  ++reached;
  HF_TRY_VOID(nothing(second));
  ++reached;
  return seven + 1;
}

TEST(HfTry, goes_on_with_the_value) {
  int reached = 0;
  EXPECT_EQ(tries(true, true, reached), 8);
  EXPECT_EQ(reached, 2);
}

TEST(HfTry, returns_the_first_error_as_it_is) {
  int reached = 0;
  const Result<int> failed = tries(false, false, reached);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::bad_field);
  EXPECT_EQ(failed.error().where, "why");
  EXPECT_EQ(failed.error().field, "token");
  EXPECT_EQ(reached, 0);
  EXPECT_EQ(tries(true, false, reached).error().code, ErrorCode::stopping);
  EXPECT_EQ(reached, 1);
}

TEST(HfCheck, lets_pass_what_holds_and_looks_once) {
  int looked = 0;
  HF_CHECK(++looked == 1);
  EXPECT_EQ(looked, 1);
}

TEST(HfCheckDeathTest, stops_and_says_what_did_not_hold_and_where) {
  const int owners = 2;
  EXPECT_DEATH(HF_CHECK(owners == 1), "a promise would have been broken, stopping: owners == 1 \\(.*error_test.cpp:");
}

}  // namespace
}  // namespace holdfast
