// What a line of the log may hold, whoever chose the words in it.
#include "server/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>

namespace holdfast::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view noon = "2026-06-01T12:00:00Z";

std::string line(Log::Form form, std::string_view message, const Log::Fields& fields = {}) {
  return Log::line(form, noon, Log::Level::warn, message, fields);
}

TEST(Log, is_text_for_people_and_json_for_programs) {
  const Log::Fields fields{{"owner", "alice"}, {"token", "7"}};
  EXPECT_EQ(line(Log::Form::text, "two owners", fields),
            R"(2026-06-01T12:00:00Z WARN  two owners  owner="alice"  token="7")");
  EXPECT_EQ(line(Log::Form::json, "two owners", fields),
            R"({"time":"2026-06-01T12:00:00Z","level":"WARN","message":"two owners","owner":"alice","token":"7"})");
}

// A terminal must not be driven by somebody's owner or note, nor a line be forged.
TEST(Log, shows_what_would_move_the_cursor_end_the_line_or_turn_the_text) {
  const std::string evil = "a\nb\x1b[31m\x7f\u0085\u202e\u2028\u200b\U000E0001\"\\";
  for (const Log::Form form : {Log::Form::text, Log::Form::json}) {
    const std::string said = line(form, evil, {{"owner", evil}});
    for (const char* raw : {"\n", "\x1b", "\x7f", "\u0085", "\u202e", "\u2028", "\u200b", "\U000E0001"}) {
      EXPECT_THAT(said, Not(HasSubstr(raw)));
    }
    EXPECT_THAT(said, AllOf(HasSubstr(R"(a\nb\u001b[31m\u007f\u0085\u202e\u2028\u200b\udb40\udc01\"\\)")));
  }
}

TEST(Log, replaces_bytes_that_are_no_utf8) {
  EXPECT_EQ(line(Log::Form::text,
                 "a\xff"
                 "b\xc3"),
            "2026-06-01T12:00:00Z WARN  a\uFFFDb\uFFFD");
}

TEST(Log, gives_back_in_json_exactly_what_was_said) {
  const std::string said = "tab\t newline\n escape\x1b umlaut ü \U0001F600 \"quoted\" back\\slash";
  const boost::json::value read = boost::json::parse(line(Log::Form::json, said, {{"owner", said}}));
  EXPECT_EQ(read.at("message").as_string(), said);
  EXPECT_EQ(read.at("owner").as_string(), said);
}

TEST(Log, writes_json_that_parses_whatever_the_bytes) {
  std::mt19937 chance(20260601);
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes(chance() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(chance());
    const std::string said = line(Log::Form::json, bytes, {{"owner", bytes}});
    boost::json::error_code error;
    boost::json::parse(said, error);
    ASSERT_FALSE(error) << said;
    ASSERT_EQ(said.find('\n'), std::string::npos);
  }
}

TEST(Log, leaves_out_what_is_below_its_level) {
  testing::internal::CaptureStderr();
  Log log(Log::Form::text, Log::Level::warn);
  log.write(Log::Level::info, "not this");
  log.write(Log::Level::warn, "but this {}");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, AllOf(HasSubstr("but this {}\n"), Not(HasSubstr("not this"))));
}

}  // namespace
}  // namespace holdfast::server
