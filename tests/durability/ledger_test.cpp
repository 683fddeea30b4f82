// The ledger itself: told by hand what lying servers would have told, it must notice each of these lies.
#include "tests/durability/ledger.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::durability {
namespace {

using support::Response;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const Who alice{"alice", "a"};
const Who bob{"bob", "b"};

std::string previous_text(std::uint64_t previous) {
  return previous == 0 ? "null" : std::to_string(previous);
}

Response holding(int status, std::string_view more, const Who& who, std::uint64_t token, std::uint64_t previous) {
  return {.status = status,
          .headers = {},
          .body = fmt::format(R"({{{}"token":{},"previous":{},"owner":"{}","session":"{}"}})", more, token,
                              previous_text(previous), who.owner, who.session)};
}

struct LedgerLies : testing::Test {
  Ledger ledger;

  void grant(const Who& who, std::uint64_t token, std::uint64_t previous, const std::string& name = "job") {
    ledger.answered(ledger.acquires(name, who), holding(200, "", who, token, previous));
  }
  void refuse(const Who& who, const Who& holder, std::uint64_t token, std::uint64_t previous) {
    ledger.answered(ledger.acquires("job", who), holding(409, R"("code":"held",)", holder, token, previous));
  }
  void look(const Who& holder, std::uint64_t token, std::uint64_t previous) {
    ledger.answered(ledger.looks("job"), holding(200, R"("held":true,)", holder, token, previous));
  }
  void release(const Who& who, std::uint64_t token) {
    ledger.answered(ledger.releases("job", who, token), {.status = 200, .headers = {}, .body = R"({"released":true})"});
  }
  void expect(const std::string& words) { EXPECT_THAT(ledger.complaints(), Contains(HasSubstr(words))); }
};

TEST_F(LedgerLies, has_nothing_against_a_server_that_tells_the_truth) {
  grant(alice, 5, 0);
  grant(alice, 5, 0);
  refuse(bob, alice, 5, 0);
  release(alice, 5);
  grant(bob, 8, 5);
  look(bob, 8, 5);
  EXPECT_THAT(ledger.complaints(), IsEmpty());
}

TEST_F(LedgerLies, has_nothing_against_an_unanswered_request_that_was_done) {
  ledger.unanswered(ledger.acquires("job", alice));
  refuse(bob, alice, 5, 0);
  grant(alice, 5, 0);
  ledger.unanswered(ledger.releases("job", alice, 5));
  grant(bob, 6, 5);
  EXPECT_THAT(ledger.complaints(), IsEmpty());
}

TEST_F(LedgerLies, notices_a_grant_of_what_somebody_holds) {
  grant(alice, 5, 0);
  grant(bob, 6, 5);
  expect("token 5 was told of and never released, but token 6 came after it");
}

TEST_F(LedgerLies, notices_that_a_holding_which_others_were_shown_is_gone) {
  ledger.unanswered(ledger.acquires("job", alice));
  look(alice, 5, 0);
  grant(bob, 6, 5);
  expect("token 5 was told of and never released");
}

TEST_F(LedgerLies, notices_a_token_given_twice) {
  grant(alice, 5, 0);
  grant(bob, 5, 0);
  expect("token 5 was given to alice/a and to bob/b");
}

TEST_F(LedgerLies, notices_a_token_given_for_two_names) {
  grant(alice, 5, 0);
  grant(bob, 5, 0, "other");
  expect("token 5 was given for job as well");
}

TEST_F(LedgerLies, notices_a_token_given_again_that_was_only_heard_of) {
  ledger.unanswered(ledger.acquires("job", alice));
  look(alice, 5, 0);
  grant(bob, 5, 0, "other");
  expect("token 5 was given for job as well");
}

TEST_F(LedgerLies, notices_a_token_below_one_given_for_another_name) {
  grant(alice, 5, 0, "other");
  grant(bob, 4, 0);
  expect("a new grant has token 4, but 5 had been given already");
}

TEST_F(LedgerLies, notices_a_release_that_is_back) {
  grant(alice, 5, 0);
  release(alice, 5);
  refuse(bob, alice, 5, 0);
  expect("token 5 of alice/a was released, and holds again");
}

TEST_F(LedgerLies, notices_an_old_holding_shown_after_a_newer_one) {
  grant(alice, 5, 0);
  release(alice, 5);
  grant(bob, 6, 5);
  ledger.answered(ledger.releases("job", bob, 6), {.status = 503, .headers = {}, .body = R"({"fate":"maybe_done"})"});
  look(alice, 5, 0);
  expect("token 5 is shown after token 6 was");
}

TEST_F(LedgerLies, notices_a_history_that_jumps_over_a_holding) {
  grant(alice, 5, 0);
  release(alice, 5);
  grant(bob, 6, 0);
  expect("token 6 names 0 as the one before, and jumps over 5");
}

TEST_F(LedgerLies, notices_a_holder_that_never_asked) {
  look(bob, 5, 0);
  expect("token 5 was never asked for by bob/b");
}

TEST_F(LedgerLies, notices_that_a_holding_had_ended_when_its_first_release_came) {
  grant(alice, 5, 0);
  ledger.answered(ledger.releases("job", alice, 5),
                  {.status = 409, .headers = {}, .body = R"({"code":"stale","because":"lapsed","held":false})"});
  expect("asked for the first time, was answered");
}

}  // namespace
}  // namespace holdfast::durability
