#include "cli/history_text.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/json.hpp>
#include <ctime>

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

/// 2026-06-01T12:00:00Z.
const WallTime held_at = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1} + 12h;

std::string told(const char* holding, bool with_name = false) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  return told_past(boost::json::parse(holding).as_object(), with_name, held_at);
}

TEST(HistoryText, says_who_from_when_to_when_how_long_and_why_it_ended) {
  EXPECT_EQ(told(R"({"name":"job","token":7,"owner":"alice","session":"a","since":"2026-06-01T11:00:00.000Z",
      "until":"2026-06-01T11:30:00.000Z","open":false,"held_ms":1800000,"because":"taken_over","by":"bob",
      "reason":"on holiday","began":"granted","note":"release \u001b[31m","address":"192.0.2.7","waited_ms":1500})",
                 true),
            "job: alice (session a)\n"
            "  held      from 11:00:00 (60 min ago) until 11:30:00 (30 min ago), for 30 min\n"
            "  ended     taken over by bob: on holiday\n"
            "  waited    1 s for it\n"
            "  note      release \\x1b[31m\n"
            "  address   192.0.2.7\n"
            "  token     7\n");
}

TEST(HistoryText, does_not_say_of_what_may_be_over_that_it_is_held) {
  const std::string text = told(R"({"token":7,"owner":"alice","session":"a","since":"2026-06-01T11:00:00.000Z",
      "until":null,"open":true,"uncertain":true})");
  EXPECT_EQ(text.find("holds it now"), std::string::npos) << text;
  EXPECT_NE(text.find("perhaps still"), std::string::npos) << text;
}

TEST(HistoryText, tells_what_happened_in_between) {
  const std::string text = told(R"({"token":7,"owner":"alice","session":"a","since":null,"until":null,"open":true,
      "steps":[{"what":"requested","at":"2026-06-01T11:00:00.000Z","owner":"bob","message":"are you done?"},
               {"what":"takeover_asked","at":"2026-06-01T11:10:00.000Z","owner":"bob","reason":"urgent","flush_ms":5000},
               {"what":"takeover_dropped","at":"2026-06-01T11:10:02.000Z","owner":"bob","because":"restart"}],
      "steps_left_out":12})");
  for (const char* part : {"before the history begins, and still", "bob asked for it: are you done?",
                           "bob takes it over, with 5 s for the holder to hand in what it has: urgent",
                           "was dropped: the server restarted", "12 more like these"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(HistoryText, says_what_is_missing) {
  const auto answer = boost::json::parse(R"({"gaps":[{"after_position":3,"up_to_position":5,
      "noticed":"2026-06-01T11:00:00.000Z"}],"memory_only":true})");
  const std::string text = told_gaps(answer.as_object());
  EXPECT_NE(text.find("positions 4 to 5"), std::string::npos) << text;
  EXPECT_NE(text.find("a restart forgets it"), std::string::npos) << text;
  EXPECT_EQ(told_gaps({}), "");
}

}  // namespace
}  // namespace holdfast::cli
