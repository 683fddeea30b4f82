#include "cli/text.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/json.hpp>
#include <ctime>

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;
using client::Holding;
using client::Problem;

/// 2026-06-01T12:00:00Z.
const WallTime noon = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1} + 12h;

class Text : public testing::Test {
 protected:
  Text() {
    ::setenv("TZ", "UTC-2", 1);  // Two hours east.
    ::tzset();
  }
};

Holding alices() {
  return client::holding_of(boost::json::parse(R"({"name":"job","held":true,"token":8,"owner":"alice","session":"s1",
      "since":"2026-06-01T11:57:00.000Z","ttl_ms":30000,"deadline_in_ms":20001,"waiting":2,"note":"ch\u001b[31m 3"})")
                                .as_object());
}

Problem refusal(ErrorCode code, Holding holding = {}) {
  Problem problem = client::problem_of(Error{code});
  problem.status = info_of(code).http_status;
  problem.holding = std::move(holding);
  return problem;
}

TEST_F(Text, shows_control_characters_as_what_they_are) {
  EXPECT_EQ(shown("a\x1b[2J\r\n\t\x7f"), "a\\x1b[2J\\x0d\\x0a\\x09\\x7f");
  EXPECT_EQ(shown("\xC2\x9B"
                  "31m"),
            "\\x9b31m")
      << "the one-byte form of an escape";
  EXPECT_EQ(shown("grün ✓ \xC2\xA0|"), "grün ✓ \xC2\xA0|");
  EXPECT_EQ(shown("cut \xC2"), "cut \xC2");
}

TEST_F(Text, tells_since_when_in_local_time) {
  EXPECT_EQ(told_since("2026-06-01T11:57:00.000Z", noon), "13:57:00 (3 min ago)");
  EXPECT_EQ(told_since("2026-06-01T11:59:59.999Z", noon + 100ms), "13:59:59 (1 s ago)");
  EXPECT_EQ(told_since("2026-06-01T12:00:00.000Z", noon + 900ms), "14:00:00 (just now)");
}

TEST_F(Text, tells_the_day_where_it_is_not_today) {
  EXPECT_EQ(told_since("2026-05-31T21:59:00.000Z", noon), "2026-05-31 23:59:00 (14 h 1 min ago)");
}

TEST_F(Text, tells_of_no_future) {
  EXPECT_EQ(told_since("2026-06-01T12:00:09.000Z", noon), "14:00:09 (just now)");
}

TEST_F(Text, shows_a_time_that_it_cannot_read) {
  EXPECT_EQ(told_since("yesterday\x1b", noon), "yesterday\\x1b");
  EXPECT_EQ(told_since("2026-06-01T11:57:00+02:00", noon), "2026-06-01T11:57:00+02:00");
}

TEST_F(Text, tells_who_holds_it_since_when_how_long_why_and_how_many_wait) {  // L11
  EXPECT_EQ(told(refusal(ErrorCode::held, alices()), "job", noon),
            "job is held by alice (session s1) since 13:57:00 (3 min ago), ends in 21 s at most, 2 waiting. "
            "Note: ch\\x1b[31m 3");
  EXPECT_TRUE(told(refusal(ErrorCode::wait_over, alices()), "job", noon).starts_with("the wait is over: job is held"));
  EXPECT_NE(told(refusal(ErrorCode::held_by_you, alices()), "job", noon).find("another session of yours"),
            std::string::npos);
}

TEST_F(Text, tells_that_a_lease_has_no_end) {
  Holding holding = alices();
  holding.ends_in.reset();
  EXPECT_NE(told(refusal(ErrorCode::held, holding), "job", noon).find("until it is released"), std::string::npos);
}

TEST_F(Text, tells_of_a_refusal_without_a_holder) {
  EXPECT_EQ(told(refusal(ErrorCode::held), "job", noon), "job is held by somebody else");
}

TEST_F(Text, tells_why_a_token_is_stale_and_whose_is_the_newest) {  // L13
  Problem stale = refusal(ErrorCode::stale, alices());
  stale.because = "lapsed";
  EXPECT_EQ(told(stale, "job", noon),
            "the token for job is no longer current: its holding ended (lapsed). The newest token is 8, of alice "
            "(session s1)");
  EXPECT_EQ(told(refusal(ErrorCode::stale), "job", noon), "the token for job is no longer current");
}

TEST_F(Text, tells_what_the_server_says_with_the_field_at_fault_once) {
  Problem problem = refusal(ErrorCode::bad_field);
  problem.detail = "Not allowed.";
  problem.field = "ttl_ms";
  problem.retry_after = 3s;
  EXPECT_EQ(told(problem, "job", noon), "Not allowed. (field ttl_ms) The server says: again in 3 s.");
  problem.detail = "Not allowed. (ttl_ms: too small)";
  problem.retry_after.reset();
  EXPECT_EQ(told(problem, "job", noon), "Not allowed. (ttl_ms: too small)");
}

TEST_F(Text, ends_with_the_answer_to_whether_it_happened) {
  const std::pair<ErrorCode, Exit> cases[] = {
      {ErrorCode::held, Exit::refused},
      {ErrorCode::held_by_you, Exit::refused},
      {ErrorCode::wait_over, Exit::refused},
      {ErrorCode::wait_superseded, Exit::refused},
      {ErrorCode::queue_full, Exit::refused},
      {ErrorCode::takeover_pending, Exit::refused},
      {ErrorCode::stale, Exit::refused},
      {ErrorCode::nothing_held, Exit::refused},
      {ErrorCode::unknown_token, Exit::refused},
      {ErrorCode::nothing_of_session, Exit::refused},
      {ErrorCode::not_yours, Exit::not_allowed},
      {ErrorCode::foreign_host, Exit::not_allowed},
      {ErrorCode::bad_name, Exit::wrong_usage},
      {ErrorCode::owner_missing, Exit::wrong_usage},
      {ErrorCode::body_too_large, Exit::wrong_usage},
      {ErrorCode::not_supported_yet, Exit::not_done},
      {ErrorCode::journal_behind, Exit::not_done},
      {ErrorCode::stopping, Exit::not_done},
      {ErrorCode::grant_lapsed, Exit::not_done},
      {ErrorCode::commit_unknown, Exit::maybe_done},
      {ErrorCode::internal, Exit::maybe_done},
  };
  for (const auto& [code, exit] : cases) EXPECT_EQ(exit_of(refusal(code)), exit) << info_of(code).name;

  for (const auto& [code, exit] :
       {std::pair{ErrorCode::unreachable, Exit::unreachable}, std::pair{ErrorCode::answer_lost, Exit::maybe_done},
        std::pair{ErrorCode::bad_answer, Exit::maybe_done}}) {
    EXPECT_EQ(exit_of(client::problem_of(Error{code})), exit) << info_of(code).name;
  }
}

TEST_F(Text, puts_holdings_into_a_table) {
  Holding endless = alices();
  endless.name = "a/longer/name";
  endless.ends_in.reset();
  EXPECT_EQ(table_of({alices(), endless}, noon),
            "NAME           OWNER  SINCE                 ENDS IN  WAITING  TOKEN\n"
            "job            alice  13:57:00 (3 min ago)  21 s     2        8\n"
            "a/longer/name  alice  13:57:00 (3 min ago)  never    2        8\n");
}

TEST_F(Text, describes_what_is_held) {
  EXPECT_EQ(card_of(alices(), noon),
            "job is held\n"
            "  by        alice (session s1)\n"
            "  since     13:57:00 (3 min ago)\n"
            "  ends in   21 s at most, unless renewed\n"
            "  token     8\n"
            "  waiting   2\n"
            "  note      ch\\x1b[31m 3\n");
}

Holding wanted_from_alice() {
  Holding holding = alices();
  holding.takeover = {.by = "bob", .session = "s2", .reason = "it\x1b hangs", .ends_in = 3001ms};
  holding.request = {.by = "carol", .message = "may I?"};
  return holding;
}

TEST_F(Text, tells_who_wants_it_from_its_holder) {  // L9
  EXPECT_TRUE(card_of(wanted_from_alice(), noon)
                  .ends_with("  takeover  bob (session s2) takes it over in 4 s: it\\x1b hangs\n"
                             "  request   carol asks for it: may I?\n"));
  EXPECT_EQ(table_of({alices(), wanted_from_alice()}, noon),
            "NAME  OWNER  SINCE                 ENDS IN  WAITING  TOKEN  WANTED\n"
            "job   alice  13:57:00 (3 min ago)  21 s     2        8\n"
            "job   alice  13:57:00 (3 min ago)  21 s     2        8      bob (session s2) takes it over in 4 s: "
            "it\\x1b hangs; carol asks for it: may I?\n");
  EXPECT_TRUE(told(refusal(ErrorCode::takeover_pending, wanted_from_alice()), "job", noon)
                  .starts_with("job is about to change hands: bob (session s2) takes it over in 4 s: it\\x1b hangs. "
                               "It is held by alice (session s1) since"));
}

TEST_F(Text, tells_how_a_holding_ended_by_whom_and_why) {  // L13
  EXPECT_EQ(told_end("lapsed", "", ""), "lapsed");
  EXPECT_EQ(told_end("taken_over", "bob", "it hangs\n"), "taken over by bob: it hangs\\x0a");
}

TEST_F(Text, tells_by_whom_the_holding_of_a_stale_token_was_ended) {
  Problem stale = refusal(ErrorCode::stale, alices());
  stale.because = "taken_over";
  stale.holding.ended_by = "bob";
  stale.holding.ended_reason = "it hangs";
  EXPECT_NE(told(stale, "job", noon).find("its holding ended (taken over by bob: it hangs). The newest"),
            std::string::npos);
}

TEST_F(Text, describes_what_is_free_and_who_had_it_last) {
  Holding free{.name = "job"};
  EXPECT_EQ(card_of(free, noon), "job is free\n");
  free.token = 8;
  free.last_owner = "bob";
  free.ended = "lapsed";
  EXPECT_EQ(card_of(free, noon), "job is free\n  last      token 8 of bob, ended: lapsed\n");
}

}  // namespace
}  // namespace holdfast::cli
